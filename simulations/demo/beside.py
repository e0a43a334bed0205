"""The comparison that runs beside a demo: a process of its own that gives way to the service."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import msgspec

from simulations.adding.comparing import Added
from simulations.demo.tether import tethered

SEEDS = 20  # at most; a demo shows as many as it gets done
ROUNDS = 2_000  # enough to learn from, few enough that a minute has several seeds
_GIVING_WAY = ("nice", "-n", "10")

_decoder = msgspec.json.Decoder(list[Added])


class Beside:
    """What the comparison has found so far."""

    def __init__(self) -> None:
        self.found: list[Added] = []  # swapped in whole

    def read(self, lines: IO[bytes]) -> None:
        """Take in what it prints until it ends."""
        for line in lines:
            self.found = _decoder.decode(line)


@contextmanager
def beside(*, seeds: int = SEEDS, rounds: int = ROUNDS) -> Iterator[Beside]:
    """Compare until the block ends, or all seeds are done; nothing where there are none."""
    found = Beside()
    if not seeds:
        yield found
        return
    command = [*_GIVING_WAY, sys.executable, "-m", "simulations.adding.cli", "adds", "--lines", "--workers", "1"]
    process = subprocess.Popen(
        tethered([*command, "--seeds", str(seeds), "--rounds", str(rounds)]),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        process_group=0,  # so that Ctrl-C reaches us alone
    )
    assert process.stdout is not None
    reader = threading.Thread(target=found.read, args=(process.stdout,), daemon=True)
    reader.start()
    try:
        yield found
    finally:
        process.kill()
        process.wait()
        reader.join()
        process.stdout.close()
