"""Draws are counted against what the log says they were drawn with."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from bandit.calibration import EDGES, LIKELIEST
from bandit.estimators.logged import Logged
from bandit.estimators.propensities import counted, worst


def test_counts_are_numpys(log: Callable[..., Logged]) -> None:
    logged = log(1)
    drawn = np.isin(np.arange(len(logged.action)), logged.chosen)
    of, columns = np.searchsorted(EDGES, logged.served, side="right"), (drawn | True, logged.served, drawn)
    wanted = [np.bincount(of, column, minlength=len(EDGES) + 1) for column in columns]
    counts = counted(logged)
    assert counts[0] == pytest.approx(np.stack(wanted, axis=1))
    assert counts[2:].sum(axis=0) == pytest.approx(counts[0])
    likeliest = sum(logged.served[begin:end].max() for begin, end in pairwise(logged.start))
    assert counts[1, :, 1].sum() == pytest.approx(likeliest)


def test_the_worst_class_is_the_one_drawn_too_often() -> None:
    counts = np.zeros((4, 10, 3))
    counts[0, 5], counts[1, 7] = [1_000, 70, 75], [1_000, 300, 900]
    counts[3, 5] = [1_000, 70, 75]
    cell = worst(counts)
    assert (cell.group, cell.least, cell.ratio) == (LIKELIEST, 0.2, 3.0)
    assert not cell.holds


def test_nothing_offered_says_nothing() -> None:
    assert worst(np.zeros((3, 10, 3))) is None
