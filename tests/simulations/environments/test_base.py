from __future__ import annotations

import numpy as np
import pytest

from simulations.environments.base import DRAWS, SLOTS, Round, stream

CHANCES = np.array([0.1, 0.4, 0.9])


def visit(draws: float) -> Round:
    pairs = (("a", "main"), ("b", "main"), ("c", "main"))
    return Round(0, {}, pairs, CHANCES, np.full(3, 0.5), np.full(3, 20.0), np.full((SLOTS, DRAWS), draws))


@pytest.mark.parametrize(("purpose", "seed", "t"), [(2, 7, 3), (1, 8, 3), (1, 7, 4)])
def test_streams_differ_by_purpose_seed_and_round(purpose: int, seed: int, t: int) -> None:
    assert not np.array_equal(stream(1, 7, 3).random(8), stream(purpose, seed, t).random(8))


def test_a_stream_is_the_same_on_every_machine() -> None:
    assert stream(1, 7, 3).bit_generator.random_raw(2).tolist() == [3845544696532098304, 9931676275916508706]


def test_a_better_candidate_is_clicked_whenever_a_worse_one_is() -> None:
    assert [visit(0.3).outcome(template, "main").click for template in "abc"] == [False, True, True]


def test_a_purchase_needs_a_click() -> None:
    assert visit(0.3).outcome("c", "main").purchase_value == 20.0
    assert visit(0.3).outcome("a", "main").purchase_value is None


def test_clicks_and_purchases_come_within_the_demo_s_horizon() -> None:
    slowest = visit(0.999999).outcome("a", "main")
    assert slowest.delay_s + slowest.purchase_delay_s < 2.0


def test_a_pair_that_was_no_candidate_has_no_outcome() -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        visit(0.3).outcome("z", "main")


def test_oracle_and_uniform_are_the_best_and_the_mean_candidate() -> None:
    assert (visit(0.3).oracle, visit(0.3).uniform) == (0.9, pytest.approx(1.4 / 3))
