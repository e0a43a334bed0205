"""Which of many policies surely beats a baseline, told from one log that they all were asked about.

Whoever looks at twenty policies that are all no better finds one that seems so in 64 of 100 logs. So gains over the
baseline are told from paired rounds, and their intervals hold for all policies together: each is as wide as the
largest of all t values asks for, in samples that keep how the policies hang together (max-t, multiplier bootstrap).

And whoever reports what the best seemed to earn reports too much: of ten equal ones the best seems better by 1.5
standard errors. So a winner is chosen on one part of the rounds, and what it earns is told from the others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from bandit.arrays import Doubles, Flags
from bandit.errors import BadInput
from bandit.estimators.logged import Indices
from bandit.estimators.terms import Terms
from bandit.estimators.verdict import Verdict
from bandit.intervals.bootstrap import bootstrap
from bandit.intervals.interval import Interval, check_level, check_terms
from bandit.intervals.linear import by_unit, influence
from bandit.intervals.normal import standard_error
from bandit.kernels.resampling import poisson_sums

SAMPLES = 2_000
NONE = 1e-12  # of the baseline's standard error: two policies no further apart are one


class Candidate(NamedTuple):
    """A policy's estimate on the log, and what it is worth."""

    terms: Terms
    verdict: Verdict = Verdict("answers", ())


class Compared(NamedTuple):
    """A policy against the baseline."""

    name: str
    value: float  # estimate, reward units a round
    gain: float  # over the baseline's
    low: float  # of the gain; all policies' intervals hold together
    high: float


class Selection(NamedTuple):
    """What came of it."""

    winner: str | None  # None: no policy surely beats the baseline
    compared: tuple[Compared, ...]  # on the rounds that chose, best first
    refused: dict[str, tuple[str, ...]]  # policies the log cannot answer for, and why; never the winner
    value: Interval | None = None  # what the winner earns, told from rounds that did not choose it
    gain: Interval | None = None  # the same of its gain over the baseline


def compare(
    policies: Mapping[str, Terms],
    baseline: Terms,
    *,
    level: float = 0.95,
    samples: int = SAMPLES,
    seed: int = 0,
    user: Indices | None = None,
) -> tuple[Compared, ...]:
    """Every policy's gain over the baseline, with intervals that hold for all of them together; surest gain first.

    policies, baseline  terms of the same n rounds; of the logging policy `Terms(reward)`
    user                [n] the unit of chance, where rounds of one user hang together

    Raises BadInput for a level outside (0, 1), no samples, or terms of different rounds.
    Source: Chernozhukov, Chetverikov & Kato, Ann. Stat. 2013; Romano & Wolf, Econometrica 2005.

    >>> reward = np.tile([0.0, 1.0], 100)
    >>> found = compare({"same": Terms(reward), "better": Terms(np.sqrt(reward + 0.1))}, Terms(reward))
    >>> [(one.name, one.low > 0.0) for one in found]
    [('better', True), ('same', False)]
    """
    check_level(level)
    if samples < 1:
        raise BadInput("#/samples", "bound", f"samples is {samples}; at least one is drawn")
    if not policies:
        return ()
    gains = np.array([terms.value for terms in policies.values()]) - baseline.value
    moved = np.stack([_gap(terms, baseline, user) for terms in policies.values()])
    m = moved.shape[1]
    errors = np.sqrt(m / (m - 1) * (moved**2).sum(axis=1)) / len(baseline.plain)
    apart = errors > NONE * standard_error(baseline, user=user)[0]
    reach = np.where(apart, errors * _largest(moved[apart], level, samples, seed), 0.0)
    found = [
        Compared(name, terms.value, float(gain), float(gain - far), float(gain + far))
        for (name, terms), gain, far in zip(policies.items(), gains, reach, strict=True)
    ]
    return tuple(sorted(found, key=lambda one: -one.low))


def select(
    candidates: Mapping[str, Candidate],
    baseline: Terms,
    *,
    level: float = 0.95,
    samples: int = SAMPLES,
    seed: int = 0,
    user: Indices | None = None,
    share: float = 0.5,
) -> Selection:
    """The policy whose gain over the baseline is surest, if any is sure; and what it earns, honestly.

    candidates  by name, of the same n rounds; those whose verdict is `refused` are left out
    share       of the rounds, or users, that choose, in (0, 1); the others tell what the winner earns

    The chance that any winner is named when none is better is at most (1 - level) / 2, as the rounds grow many.
    Raises BadInput as `compare` does, and for a share outside (0, 1).
    """
    if not 0.0 < share < 1.0:
        raise BadInput("#/share", "bound", f"share is {share}; it lies between 0 and 1")
    refused = {name: one.verdict.reasons for name, one in candidates.items() if one.verdict.kind == "refused"}
    answered = {name: one.terms for name, one in candidates.items() if name not in refused}
    choosing = _part(check_terms(baseline), user, share, seed)
    chosen = {name: _of(terms, choosing) for name, terms in answered.items()}
    who = None if user is None else user[choosing]
    compared = compare(chosen, _of(baseline, choosing), level=level, samples=samples, seed=seed, user=who)
    if not compared or compared[0].low <= 0.0:
        return Selection(None, compared, refused)
    winner, rest = compared[0].name, ~choosing
    held, others = _of(answered[winner], rest), None if user is None else user[rest]
    gap = gain(held, _of(baseline, rest))
    return Selection(
        winner,
        compared,
        refused,
        bootstrap(held, level=level, seed=seed, user=others),
        bootstrap(gap, level=level, seed=seed, user=others),
    )


def gain(terms: Terms, baseline: Terms) -> Terms:
    """An estimate less the baseline's, to first order a mean of the same rounds. Raises BadInput for different rounds.

    >>> gain(Terms(np.array([1.0, 3.0])), Terms(np.array([0.0, 1.0]))).plain.tolist()
    [1.0, 2.0]
    """
    return Terms(terms.value - baseline.value + _gap(terms, baseline, None))


def _gap(terms: Terms, baseline: Terms, user: Indices | None) -> Doubles:
    """[m] how far each unit moves the gain."""
    if check_terms(terms) != check_terms(baseline):
        raise BadInput("#/rows", "bound", "policies that are compared are told from the same rounds")
    return by_unit(influence(terms) - influence(baseline), user)


def _largest(moved: Doubles, level: float, samples: int, seed: int) -> float:
    """What the largest t value of all policies stays below in `level` of the samples, were there no gains at all."""
    if not len(moved):
        return 0.0
    spread = np.sqrt((moved**2).sum(axis=1, keepdims=True))
    # `moved` sums to 0, so counts weigh it as counts less 1 would: multipliers of mean 0, variance 1 and skewness 1.
    drawn = poisson_sums(moved / spread, samples, np.uint64(seed))
    m = moved.shape[1]
    return float(np.quantile(np.abs(drawn).max(axis=0), level)) * math.sqrt((m - 1) / m)


def _part(n: int, user: Indices | None, share: float, seed: int) -> Flags:
    """[n] the rounds that choose: whole users, by lot."""
    of = np.arange(n) if user is None else np.unique(user, return_inverse=True)[1]
    units = int(of.max()) + 1
    lot = np.random.default_rng(seed).permutation(units)
    chosen: Flags = (lot < round(share * units))[of]
    return chosen


def _of(terms: Terms, rounds: Flags) -> Terms:
    if terms.weighted is None or terms.weight is None:
        return Terms(terms.plain[rounds])
    return Terms(terms.plain[rounds], terms.weighted[rounds], terms.weight[rounds])
