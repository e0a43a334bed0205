"""Estimates of several slots together: the unit is a decision, its reward that of all its slots."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from bandit.errors import BadInput
from bandit.estimators.slates.cascade_dr import cascade_dr
from bandit.estimators.slates.independent import independent
from bandit.estimators.slates.position_based import examination, position_based
from bandit.estimators.slates.reward_interaction import reward_interaction
from bandit.estimators.slates.slates import Slates
from bandit.estimators.slates.standard import standard
from bandit.estimators.terms import Terms
from bandit.estimators.weighed import Weighed
from simulations.evaluation.estimating import How, around
from simulations.evaluation.evaluated import Estimate
from simulations.evaluation.gathering import Asked, Rounds


def has_pages(rounds: Rounds) -> bool:
    """Whether some decision has more than one slot."""
    return bool((np.diff(rounds.decision) == 0).any())


def pages(rounds: Rounds, asked: Asked) -> Slates:
    """Rounds as pages. Raises BadInput where slots do not count 0, 1, 2 and so on."""
    weighed, ours, theirs = asked.plain, rounds.placed, asked.placed
    return Slates(
        rounds.decision,
        rounds.slot,
        weighed.propensity,
        weighed.target,
        weighed.reward,
        predicted=weighed.predicted,
        expected=weighed.expected,
        marginal=None if ours is None else ours.marginal,
        target_marginal=None if theirs is None else theirs.marginal,
        placed=None if ours is None else ours.placed,
        target_placed=None if theirs is None else theirs.placed,
    )


def _position_based(slates: Slates) -> Terms:
    return position_based(slates, examination(slates))


def whole(slates: Slates) -> Weighed:
    """Each page as one round: what diagnostics are told of."""
    last = slates.first + slates.length - 1
    propensity = np.exp(slates.each(np.log(slates.propensity)))
    return Weighed(propensity, np.minimum(slates.prefix[last] * propensity, 1.0), slates.each(slates.reward))


def estimated(name: str, slates: Slates, how: How) -> Estimate | None:
    """An estimator of PAGES; None where the rounds lack what it asks for, its numbers null where it has no value."""
    if (name in MARGINAL and slates.marginal is None) or (name == "cascade_dr" and slates.predicted is None):
        return None
    try:
        return around(PAGES[name](slates), how)
    except BadInput:
        return Estimate(None, None, None, how.method)


PAGES: Mapping[str, Callable[[Slates], Terms]] = MappingProxyType(
    {
        "standard": standard,
        "independent": independent,
        "reward_interaction": reward_interaction,
        "position_based": _position_based,
        "cascade_dr": cascade_dr,
    }
)
MARGINAL = ("independent", "position_based")  # those that ask for probabilities whatever stands before
