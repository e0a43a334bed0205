"""What holds of the estimators for every log."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandit.estimators.clipped import clipped, clipped_dr
from bandit.estimators.dm import dm
from bandit.estimators.dr import dr
from bandit.estimators.dros import dros
from bandit.estimators.ips import ips
from bandit.estimators.single_slot import SINGLE_SLOT
from bandit.estimators.sndr import sndr
from bandit.estimators.snips import snips
from bandit.estimators.sub_gaussian import sg_dr, sg_ips
from bandit.estimators.switch_dr import switch_dr
from bandit.estimators.weighed import Weighed

share = st.floats(0.01, 1)
number = st.floats(-100, 100)
quick = settings(max_examples=40)
CLOSE = {"rel": 1e-9, "abs": 1e-9}


@st.composite
def weighed(draw: st.DrawFn) -> Weighed:
    """Two rounds or more; the target would have shown the first."""
    rows = draw(st.lists(st.tuples(share, st.floats(0, 1), number, number, number), min_size=2, max_size=30))
    propensity, target, reward, predicted, expected = (np.array(column) for column in zip(*rows, strict=True))
    target[0] = max(target[0], 0.01)
    return Weighed(propensity, target, reward, predicted, expected)


@quick
@given(weighed())
def test_the_logging_policy_earns_what_it_earned(rounds: Weighed) -> None:
    itself = replace(rounds, target=rounds.propensity)
    for estimate in (ips, snips, clipped, sg_ips):
        assert estimate(itself).value == pytest.approx(rounds.reward.mean(), **CLOSE)


@quick
@given(weighed())
def test_dr_without_predictions_is_ips(rounds: Weighed) -> None:
    nothing = replace(rounds, predicted=np.zeros(rounds.n), expected=np.zeros(rounds.n))
    assert dr(nothing).value == pytest.approx(ips(rounds).value, **CLOSE)
    assert sndr(nothing).value == pytest.approx(snips(rounds).value, **CLOSE)


@quick
@given(weighed())
def test_a_model_that_foresees_every_reward_is_not_corrected(rounds: Weighed) -> None:
    foreseen = replace(rounds, predicted=rounds.reward)
    for estimate in (dr, sndr, clipped_dr, switch_dr, dros, sg_dr):
        assert estimate(foreseen).value == pytest.approx(dm(foreseen).value, **CLOSE)


@quick
@given(weighed())
def test_snips_stays_within_the_rewards_seen(rounds: Weighed) -> None:
    assert rounds.reward.min() - 1e-9 <= snips(rounds).value <= rounds.reward.max() + 1e-9


@quick
@given(weighed(), number)
def test_a_constant_added_to_every_reward_adds_just_that(rounds: Weighed, constant: float) -> None:
    more = replace(rounds, reward=rounds.reward + constant)
    assert snips(more).value - snips(rounds).value == pytest.approx(constant, **CLOSE)
    assert sndr(more).value - sndr(rounds).value == pytest.approx(constant, **CLOSE)


@quick
@given(weighed(), st.floats(0.1, 10))
def test_rewards_in_another_unit_give_estimates_in_that_unit(rounds: Weighed, unit: float) -> None:
    other = replace(
        rounds, reward=rounds.reward * unit, predicted=rounds.predicted * unit, expected=rounds.expected * unit
    )
    for name, estimator in SINGLE_SLOT.items():
        if not name.endswith("slope"):  # a tie of rounded widths may go either way
            assert estimator.estimate(other).value == pytest.approx(estimator.estimate(rounds).value * unit, **CLOSE)


@quick
@given(weighed())
def test_without_a_bound_every_family_is_ips_or_dr(rounds: Weighed) -> None:
    for unbounded in (clipped(rounds, largest=np.inf), sg_ips(rounds, smoothing=0.0)):
        assert unbounded.value == pytest.approx(ips(rounds).value, **CLOSE)
    bounds = (clipped_dr(rounds, largest=np.inf), switch_dr(rounds, tau=np.inf), dros(rounds, shrinkage=np.inf))
    for unbounded in (*bounds, sg_dr(rounds, smoothing=0.0)):
        assert unbounded.value == pytest.approx(dr(rounds).value, **CLOSE)


@quick
@given(weighed())
def test_with_the_strongest_bound_the_model_stands_alone(rounds: Weighed) -> None:
    for bounded in (clipped_dr(rounds, largest=0.0), switch_dr(rounds, tau=0.0), dros(rounds, shrinkage=0.0)):
        assert bounded.value == pytest.approx(dm(rounds).value, **CLOSE)


@quick
@given(weighed(), st.integers(0, 2**32 - 1))
def test_the_order_of_rounds_does_not_matter(rounds: Weighed, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(rounds.n)
    columns = (rounds.propensity, rounds.target, rounds.reward, rounds.predicted, rounds.expected)
    other = Weighed(*(column[order] for column in columns))
    for estimate in (ips, snips, dm, dr, sndr, clipped, switch_dr, dros, sg_ips, sg_dr):
        assert estimate(other).value == pytest.approx(estimate(rounds).value, **CLOSE)


def exact(rng: np.random.Generator, k: int) -> tuple[Weighed, float]:
    """Rounds in which every action of one context is shown as often as its propensity says, and the true value."""
    counts = rng.integers(1, 8, k)
    served, target, worth = counts / counts.sum(), rng.dirichlet(np.ones(k)), rng.random(k)
    action = np.repeat(np.arange(k), counts)
    q = rng.random(k)
    expected = np.full(len(action), target @ q)
    return Weighed(served[action], target[action], worth[action], q[action], expected), float(target @ worth)


@quick
@given(st.integers(0, 2**32 - 1), st.integers(2, 6))
def test_ips_snips_dr_and_sndr_are_exact_on_a_log_without_chance(seed: int, k: int) -> None:
    rounds, truth = exact(np.random.default_rng(seed), k)
    for estimate in (ips, snips, dr, sndr):
        assert estimate(rounds).value == pytest.approx(truth)
