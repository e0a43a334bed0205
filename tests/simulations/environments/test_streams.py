from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from simulations.environments.base import stream
from simulations.environments.streams import Streams


def drawn(chance: np.random.Generator) -> list[float]:
    """Draws of every kind, among them half a word that is kept for the next one."""
    return [
        chance.integers(5_000),
        chance.random(),
        chance.normal(3.0, 2.0),
        *chance.permutation(9),
        chance.integers(9),
    ]


@pytest.mark.parametrize("t", [0, 3, 2**62])
def test_a_stream_is_the_one_made_anew(t: int) -> None:
    assert drawn(Streams(1, 7).at(t)) == drawn(stream(1, 7, t))


def test_another_thread_has_a_stream_of_its_own() -> None:
    streams = Streams(1, 7)
    ours = streams.at(3)
    with ThreadPoolExecutor(1) as pool:
        theirs = pool.submit(lambda: drawn(streams.at(8))).result()
    assert (drawn(ours), theirs) == (drawn(stream(1, 7, 3)), drawn(stream(1, 7, 8)))


def test_streams_can_be_sent_to_another_process() -> None:
    assert drawn(pickle.loads(pickle.dumps(Streams(1, 7))).at(3)) == drawn(stream(1, 7, 3))


def test_what_was_drawn_before_leaves_no_trace() -> None:
    streams = Streams(1, 7)
    first = drawn(streams.at(3))
    streams.at(8).integers(5_000)
    assert drawn(streams.at(3)) == first
