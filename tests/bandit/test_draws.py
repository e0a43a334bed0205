"""A draw can be looked up again, and is fair."""

import subprocess
import sys

import numpy as np
from scipy.stats import kstest

from bandit.draws import uniform


def test_draws_are_evenly_spread_over_decisions_slots_and_versions():
    for numbers in (
        [uniform(i.to_bytes(16, "big"), 0, 0) for i in range(20_000)],
        [uniform(b"decision", slot, 0) for slot in range(20_000)],
        [uniform(b"decision", 0, version) for version in range(20_000)],
    ):
        assert min(numbers) >= 0.0
        assert max(numbers) < 1.0
        assert kstest(numbers, "uniform").pvalue > 1e-4


def test_slots_of_one_decision_are_independent():
    first, second = ([uniform(i.to_bytes(16, "big"), slot, 3) for i in range(20_000)] for slot in (0, 1))
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.03


def test_another_process_draws_the_same():
    code = "from bandit.draws import uniform; print(repr(uniform(b'x' * 16, 2, 412)))"
    elsewhere = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(elsewhere.stdout) == uniform(b"x" * 16, 2, 412)
