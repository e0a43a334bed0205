"""Each estimator's number with an interval around it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from bandit.errors import BadInput
from bandit.estimators.logged import Indices, Logged
from bandit.estimators.replay import rejection
from bandit.estimators.single_slot import SINGLE_SLOT
from bandit.estimators.snips import snips
from bandit.estimators.terms import Terms
from bandit.estimators.weighed import Weighed
from bandit.intervals.betting import betting
from bandit.intervals.bootstrap import bootstrap
from bandit.intervals.clopper_pearson import of_clicks
from bandit.intervals.empirical_bernstein import empirical_bernstein
from bandit.intervals.empirical_likelihood import empirical_likelihood
from bandit.intervals.hoeffding import hoeffding
from bandit.intervals.interval import Interval
from bandit.intervals.normal import normal
from bandit.intervals.sequence import sequence
from simulations.evaluation.evaluated import Estimate

Method = Literal[
    "auto",
    "normal",
    "bootstrap",
    "empirical_bernstein",
    "hoeffding",
    "empirical_likelihood",
    "betting",
    "sequence",
]
METHODS: tuple[str, ...] = get_args(Method)
RESAMPLED = 200_000  # rounds up to which `auto` is the bootstrap; of more, the normal interval says the same, sooner

REPLAY = "replay"  # rejection sampling, which is no function of weighed rounds alone
NAMES: tuple[str, ...] = (*SINGLE_SLOT, REPLAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """What intervals are told."""

    method: Method = "auto"
    level: float = 0.95
    seed: int = 0  # of the bootstrap
    samples: int = 1_000
    user: Indices | None = None  # [n] the unit of chance
    rewards: tuple[float, float] = (0.0, 1.0)  # bounds of a reward
    most: float | None = None  # bound of a weight; None: the log does not say


def estimated(name: str, rounds: Weighed, how: How) -> Estimate:
    """An estimator of SINGLE_SLOT on rounds weighed with the reward model it asks for.

    The value is null where there is none: nothing to divide by. An interval that cannot be had of this estimator is
    replaced by the normal one, and says so.
    """
    estimator = SINGLE_SLOT[name]
    try:
        terms = estimator.estimate(rounds)
        value = terms.value
    except BadInput:
        return Estimate(None, None, None, how.method)
    if not math.isfinite(value):
        return Estimate(None, None, None, how.method)
    return around(terms, how, bounds=_bounds(name, how), weighed=rounds if name in ("ips", "snips") else None)


def replayed(rounds: Weighed, decision: Indices, slot: Indices, how: How) -> Estimate | None:
    """Rejection sampling: the mean reward of a fair sample of the target's own rounds; None where M is not known."""
    if how.most is None or not math.isfinite(how.most):
        return None
    n = rounds.n
    alone = Logged(
        start=np.arange(n + 1),
        action=np.zeros(n, np.int64),
        actions=1,
        served=None,
        chosen=np.arange(n),
        propensity=rounds.propensity,
        reward=rounds.reward,
        slot=slot,
        decision=decision,
        shared=np.zeros((n, 0)),
    )
    kept = rejection(alone, rounds.target, how.most, seed=how.seed).kept
    if len(kept) < 2:
        return Estimate(None, None, None, how.method)
    terms = Terms(rounds.reward[kept])
    return counted(terms, how.level) or around(terms, _of(how, kept))


def counted(terms: Terms, level: float) -> Estimate | None:
    """Clopper and Pearson's interval, if every term is 0 or 1."""
    try:
        return _estimate(of_clicks(terms, level=level))
    except BadInput:
        return None


def around(
    terms: Terms, how: How, *, bounds: tuple[float, float] | None = None, weighed: Weighed | None = None
) -> Estimate:
    """The estimate with the interval that is wanted, or the normal one where that is not for these terms."""
    for method in (_wanted(how, len(terms.plain)), "normal"):
        try:
            return _estimate(_interval(method, terms, how, bounds, weighed))
        except BadInput:
            continue
    return Estimate(terms.value, None, None, "none")


def _wanted(how: How, n: int) -> str:
    return how.method if how.method != "auto" else "bootstrap" if n <= RESAMPLED else "normal"


def _interval(
    method: str, terms: Terms, how: How, bounds: tuple[float, float] | None, weighed: Weighed | None
) -> Interval:
    if method == "bootstrap":
        return bootstrap(terms, samples=how.samples, seed=how.seed, level=how.level, user=how.user)
    if method == "normal":
        return normal(terms, level=how.level, user=how.user)
    if method == "sequence":
        return sequence(terms, level=how.level, user=how.user)
    if method == "empirical_likelihood" and weighed is not None and how.most is not None:
        found = empirical_likelihood(snips(weighed), most=how.most, rewards=how.rewards, level=how.level)
        return found._replace(value=terms.value, low=min(found.low, terms.value), high=max(found.high, terms.value))
    bounded: dict[str, Callable[..., Interval]] = {
        "empirical_bernstein": empirical_bernstein,
        "hoeffding": hoeffding,
        "betting": betting,
    }
    if method in bounded and bounds is not None:
        return bounded[method](terms, bounds=bounds, level=how.level)
    raise BadInput("#/interval", "unknown", f"{method} is not for this estimator")


def _bounds(name: str, how: How) -> tuple[float, float] | None:
    """Bounds of IPS's terms, which are those of a reward times a weight."""
    if name != "ips" or how.most is None:
        return None
    low, high = how.rewards
    return min(0.0, low) * how.most, max(0.0, high) * how.most


def _of(how: How, kept: Indices) -> How:
    user = None if how.user is None else how.user[kept]
    return How(method=how.method, level=how.level, seed=how.seed, samples=how.samples, user=user, rewards=how.rewards)


def _estimate(found: Interval) -> Estimate:
    return Estimate(found.value, found.low, found.high, found.method)
