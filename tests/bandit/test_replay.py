"""Which past outcomes are learned again is a function of the log."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from bandit.config import Replay
from bandit.replay import Buffer, depth, positions


@given(size=st.integers(1, 50), n=st.integers(0, 200), key=st.binary(max_size=20))
def test_a_buffer_holds_the_last_items_oldest_first(size, n, key):
    buffer: Buffer[int] = Buffer(size)
    for item in range(n):
        buffer.add(item)
    kept = range(n)[-size:]
    assert len(buffer) == len(kept)
    assert buffer.draw(key, 5) == [kept[p] for p in positions(key, 5, len(kept)) if kept]


def test_positions_are_spread_evenly_and_differ_by_key():
    drawn = [p for i in range(4_000) for p in positions(f"1700000000000-{i}".encode(), 16, 100)]
    assert chisquare(np.bincount(drawn, minlength=100)).pvalue > 1e-4
    assert list(positions(b"a", 8, 4096)) != list(positions(b"b", 8, 4096))


def test_the_depth_falls_in_proportion_and_stays_within_its_bounds():
    replay = Replay(depth=16, full_until=1_000, least=2)
    depths = [depth(replay, seen, seen) for seen in range(0, 20_000, 10)]
    assert depths == sorted(depths, reverse=True)
    assert [depth(replay, seen, seen) for seen in (0, 1_000, 4_000, 10**9)] == [16, 16, 4, 2]


def test_the_depth_is_in_proportion_to_the_rewards():
    replay = Replay(depth=16, full_until=1_000, least=2)
    assert [depth(replay, 999, rewarded) for rewarded in (999, 499, 249, 0)] == [16, 8, 4, 2]


def test_a_depth_of_zero_switches_replay_off():
    assert depth(Replay(depth=0), 0, 0) == depth(Replay(depth=0), 10**6, 10**6) == 0
