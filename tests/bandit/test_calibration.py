"""Honest propensities pass whatever drew them; those of another policy than the one served are found out."""

from __future__ import annotations

import numpy as np
import pytest

from bandit.calibration import EVERY, LIKELIEST, Calibration, intervals
from bandit.kernels.exploring import floored, softmax

ADS = 6


def _logged(rounds: int, seed: int, *, serve_best: bool = False, learns: bool = False) -> Calibration:
    """A log of softmax choices over scores that differ from request to request.

    serve_best  log the softmax, show the best
    learns      scores follow what was drawn, so that later propensities hang on earlier draws
    """
    chance = np.random.default_rng(seed)
    counts, believed = Calibration(), np.zeros(ADS)
    ads = np.array([counts.number((f"ad{i}", "hero")) for i in range(ADS)])
    every, likeliest = counts.number(EVERY), counts.number(LIKELIEST)
    offers: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for _ in range(rounds):
        scores = (believed + chance.normal(size=ADS) * 0.3).astype(np.float32)
        p = floored(softmax(scores, 3.0), 0.001)
        chosen = int(np.argmax(p)) if serve_best else int(chance.choice(ADS, p=p / p.sum(dtype=np.float64)))
        if learns:
            believed[chosen] += 0.05 * (0.5 - chance.random())
        drawn = np.arange(ADS) == chosen
        best = int(np.argmax(p))
        offers += [(ads, p, drawn), (np.full(ADS, every), p, drawn), (np.array([likeliest]), p[[best]], drawn[[best]])]
    counts.add(*(np.concatenate(parts) for parts in zip(*offers, strict=True)))
    return counts


def test_false_alarms_are_as_rare_as_was_said() -> None:
    """At a level of 90 % at most a tenth of honest logs may fail; the bound is wide, so fewer do."""
    alarms = [not all(cell.holds for cell in _logged(300, seed, learns=True).cells(0.9)) for seed in range(100)]
    assert sum(alarms) <= 10


def test_a_softmax_logged_while_the_best_is_served_fails() -> None:
    for seed in range(20):
        assert not all(cell.holds for cell in _logged(300, seed, serve_best=True).cells())


def test_a_tenth_more_than_logged_is_found_in_an_ads_own_cell() -> None:
    chance = np.random.default_rng(3)
    counts, p = Calibration(), np.full(40_000, 0.3, np.float32)
    counts.add(np.full(40_000, counts.number(("sale", "hero"))), p, chance.random(40_000) < 0.33)
    (cell,) = counts.cells()
    assert 1.0 < cell.low < 1.1 < cell.high


@pytest.mark.parametrize("p", [0.001, 0.1, 0.5, 0.97])
def test_an_interval_misses_the_truth_seldomer_than_it_may(p: float) -> None:
    drawn = np.random.default_rng(4).binomial(500, p, 4_000).astype(float)
    low, high = intervals(np.full(4_000, 500.0), np.full(4_000, 500 * p), drawn, 0.05)
    assert np.mean((low > 1) | (high < 1)) <= 0.05
    assert np.all((low <= drawn / (500 * p)) & (drawn / (500 * p) <= high + 1e-9))


def test_the_interval_shrinks_with_what_is_known() -> None:
    few = intervals(np.array([100.0]), np.array([50.0]), np.array([50.0]), 1e-6)
    many = intervals(np.array([1e6]), np.array([5e5]), np.array([5e5]), 1e-6)
    assert few[0] < many[0] < 1 < many[1] < few[1]
    assert many[1] - many[0] < 0.02


def test_an_ad_drawn_at_odds_of_nothing_is_seen() -> None:
    low, _ = intervals(np.array([50.0]), np.array([1e-6]), np.array([3.0]), 1e-6)
    assert low > 1
