"""Random streams for worlds that ask for one each round: the numbers of `base.stream`, with one generator."""

from __future__ import annotations

import threading

import numpy as np


class Streams(threading.local):
    """The streams of one purpose and seed. A thread has one of them in use at a time."""

    def __init__(self, purpose: int, seed: int) -> None:
        self._made_of = purpose, seed
        self._bits = np.random.Philox(key=np.zeros(2, np.uint64))
        self._chance = np.random.Generator(self._bits)
        self._state = self._bits.state
        self._state["state"]["counter"][:] = (0, 0, 0, purpose)
        self._key = self._state["state"]["key"]
        self._key[0] = seed

    def __reduce__(self) -> tuple[type[Streams], tuple[int, int]]:
        return Streams, self._made_of

    def at(self, t: int) -> np.random.Generator:
        """What `stream(purpose, seed, t)` gives, at its start. It ends where this thread asks for the next one.

        >>> from simulations.environments.base import stream
        >>> Streams(1, 7).at(3).random() == stream(1, 7, 3).random()
        True
        """
        self._key[1] = t
        self._bits.state = self._state
        return self._chance
