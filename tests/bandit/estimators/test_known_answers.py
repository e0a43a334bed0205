"""Cases whose exact values are worked out on paper."""

from collections.abc import Callable

import numpy as np
import pytest

from bandit.estimators.clipped import clipped
from bandit.estimators.diagnostics import diagnose
from bandit.estimators.dm import dm
from bandit.estimators.dr import dr
from bandit.estimators.dros import dros
from bandit.estimators.ips import ips
from bandit.estimators.sndr import sndr
from bandit.estimators.snips import snips
from bandit.estimators.sub_gaussian import sg_ips
from bandit.estimators.switch_dr import switch_dr
from bandit.estimators.terms import Terms
from bandit.estimators.verdict import judge
from bandit.estimators.weigh_table import weigh_table
from bandit.estimators.weighed import Weighed

# Four rounds, two actions; weights are 0.5, 2, 0.5, 3 and DM is 0.31125.
FOUR = weigh_table(
    np.array([[0.25, 0.75], [0.5, 0.5], [0.4, 0.6], [0.4, 0.6]]),
    np.array([0, 1, 0, 1]),
    np.array([0.5, 0.25, 0.8, 0.2]),
    np.array([1.0, 0.0, 1.0, 0.0]),
    q=np.array([[0.5, 0.2], [0.4, 0.3], [0.6, 0.1], [0.2, 0.4]]),
)
DM = 0.31125


def test_weights_are_target_over_propensity() -> None:
    assert FOUR.weight == pytest.approx([0.5, 2, 0.5, 3])


@pytest.mark.parametrize(
    ("estimate", "value"),
    [
        (ips, 0.25),
        (snips, 1 / 6),
        (lambda rounds: clipped(rounds, largest=2.0), 0.25),
        (dm, DM),
        (dr, DM - 0.3375),
        (sndr, DM - 1.35 / 6),
        (lambda rounds: switch_dr(rounds, tau=2.5), DM + (0.5 * 0.5 - 2 * 0.3 + 0.5 * 0.4) / 4),
        (lambda rounds: dros(rounds, shrinkage=4.0), DM + (8 / 17 * 0.5 - 0.3 + 8 / 17 * 0.4 - 12 / 13 * 0.4) / 4),
        (lambda rounds: sg_ips(rounds, smoothing=0.5), (2 / 3 + 2 / 3) / 4),
    ],
)
def test_four_rounds_give_what_paper_gives(estimate: Callable[[Weighed], Terms], value: float) -> None:
    assert estimate(FOUR).value == pytest.approx(value, abs=1e-12)


def test_effective_sample_size_of_four_rounds() -> None:
    assert diagnose(FOUR).ess == pytest.approx(36 / 13.5)


def test_control_variate_is_what_dr_adds_to_dm() -> None:
    assert diagnose(FOUR).control_variate == pytest.approx(-0.3375)


# Each outcome of a fair coin of two actions and a fair coin of rewards once; the target always takes the first.
COIN = Weighed(
    np.full(4, 0.5), np.array([1.0, 1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0, 1.0]), np.full(4, 0.5), np.full(4, 0.5)
)


def test_variance_of_ips_and_dr_is_exact() -> None:
    assert ips(COIN).plain.var() == pytest.approx(0.75)
    assert dr(COIN).plain.var() == pytest.approx(0.5)


def test_asymptotic_variance_of_snips_is_exact() -> None:
    terms = snips(COIN)
    influence = terms.weighted - terms.value * terms.weight
    assert (influence**2).mean() / terms.weight.mean() ** 2 == pytest.approx(0.5)


def missing_support() -> Weighed:
    """Served evenly are two of three ads with rewards 0.1 and 0.2; half of the target is on the third."""
    action = np.repeat([0, 1], 10)
    reward = np.concatenate([np.eye(10)[0], np.eye(10)[:2].sum(axis=0)])
    tables = {"served": np.tile([0.5, 0.5, 0.0], (20, 1))}
    return weigh_table(np.tile([0.2, 0.3, 0.5], (20, 1)), action, np.full(20, 0.5), reward, **tables)


def test_missing_support_leaves_ips_short_and_snips_of_another_policy() -> None:
    rounds = missing_support()
    assert ips(rounds).value == pytest.approx(0.08)
    assert snips(rounds).value == pytest.approx(0.16)
    assert rounds.weight.mean() == pytest.approx(0.5)


def test_missing_support_is_measured_bounded_and_refused() -> None:
    found = diagnose(missing_support())
    assert found.unsupported == pytest.approx(0.5)
    assert [0.08 + found.unsupported_low, 0.08 + found.unsupported_high] == pytest.approx([0.08, 0.58])
    assert judge(found).kind == "refused"


# Logged nine to one, wanted one to nine, every reward a half.
TURNED = Weighed(np.repeat([0.9, 0.1], [9, 1]), np.repeat([0.1, 0.9], [9, 1]), np.full(10, 0.5))


def test_clipping_is_biased_by_what_it_cuts_off() -> None:
    assert clipped(TURNED, largest=5.0).value == pytest.approx(0.3)
    assert clipped(TURNED, largest=5.0).value - ips(TURNED).value == pytest.approx(-0.2)


def test_share_of_effective_rounds_is_one_over_the_mean_squared_weight() -> None:
    assert diagnose(TURNED).ess / 10 == pytest.approx(1 / (0.1**2 / 0.9 + 0.81 / 0.1))
