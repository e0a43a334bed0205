"""How often intervals hold what they promise: measured, on logs whose truth is known.

Student's t and the bootstrap promise 95 % only where no handful of rounds decides, so in `heavy` they promise nothing
and what they do there is shown. The direct method has no interval that holds anywhere: its error is its model's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Literal

import msgspec
from rich.table import Table

from bandit.estimators.dm import dm
from bandit.estimators.dr import dr
from bandit.estimators.ips import ips
from bandit.estimators.sndr import sndr
from bandit.estimators.snips import snips
from bandit.estimators.terms import Terms
from bandit.intervals.betting import betting
from bandit.intervals.bootstrap import bootstrap
from bandit.intervals.clopper_pearson import clopper_pearson, of_clicks
from bandit.intervals.empirical_bernstein import empirical_bernstein
from bandit.intervals.empirical_likelihood import empirical_likelihood
from bandit.intervals.hoeffding import hoeffding
from bandit.intervals.interval import Interval
from bandit.intervals.normal import normal
from bandit.intervals.sequence import sequence
from simulations.evaluation.coverage_worlds import WORLDS, CoverageWorld, Drawn

LEVEL = 0.95
BETWEEN = 0.93, 0.97  # what counts as 95 %
LOOKS = 5  # a sequence is looked at after each fifth of the log, and must hold at all of them
LOGS = 1_000

Promise = Literal["95", "at least 95", "none"]
ESTIMATORS = {"ips": ips, "snips": snips, "dr": dr, "sndr": sndr, "dm": dm}


class Coverage(msgspec.Struct, frozen=True):
    """One method around one estimator in one world."""

    world: str
    method: str
    estimator: str
    promise: Promise
    logs: int
    covered: float  # share of the logs whose interval holds the truth
    low: float  # of that share, by Clopper and Pearson at 95 %
    high: float
    width: float  # mean, reward units

    @property
    def holds(self) -> bool:
        """Whether it does what it promises; what promises at least 95 % must not surely stay below it."""
        if self.promise == "95":
            return BETWEEN[0] <= self.covered <= BETWEEN[1]
        return self.promise == "none" or self.high >= LEVEL


class _Case:
    """One method around one estimator, and how it has done so far."""

    def __init__(
        self, method: str, estimator: str, promise: Promise, truth: float, of: Callable[[Drawn], Sequence[Interval]]
    ) -> None:
        self._named, self._truth, self._of = (method, estimator, promise), truth, of
        self._logs = self._covered = 0
        self._width = 0.0

    def look(self, drawn: Drawn) -> None:
        found = self._of(drawn)
        self._logs += 1
        self._covered += all(one.low <= self._truth <= one.high for one in found)
        self._width += found[-1].high - found[-1].low

    def coverage(self, world: str) -> Coverage:
        share = clopper_pearson(self._covered, self._logs)
        return Coverage(world, *self._named, self._logs, *share[:3], self._width / self._logs)


def measured(
    logs: int = LOGS, seed: int = 1, worlds: Sequence[str] = tuple(WORLDS), looked: Callable[[], object] = lambda: None
) -> list[Coverage]:
    """Coverage of every method in every world.

    logs    drawn in each world
    looked  called after each log, for a progress bar
    """
    found = []
    for name in worlds:
        cases = list(_cases(name, WORLDS[name]))
        for drawn in WORLDS[name].logs(logs, seed):
            for case in cases:
                case.look(drawn)
            looked()
        found += [case.coverage(name) for case in cases]
    return found


def table(found: Sequence[Coverage]) -> Table:
    """A row a method, estimator and world; what does not hold is marked."""
    drawn = Table(title=f"share of logs whose {LEVEL:.0%} interval holds the truth")
    for heading in ("world", "method", "estimator", "promise"):
        drawn.add_column(heading)
    for heading in ("coverage", "itself within", "mean width", ""):
        drawn.add_column(heading, justify="right")
    for one in found:
        named = one.world, one.method, one.estimator, one.promise
        drawn.add_row(
            *named,
            f"{one.covered:.1%}",
            f"{one.low:.1%} to {one.high:.1%}",
            f"{one.width:.4f}",
            "" if one.holds else "[red]does not hold[/red]",
        )
    return drawn


def _cases(name: str, world: CoverageWorld) -> Iterator[_Case]:
    tame: Promise = "none" if name == "heavy" else "95"
    bounds = (0.0, world.most)
    for estimator in ESTIMATORS:
        of = _terms(estimator)
        promise: Promise = "none" if estimator == "dm" else tame
        yield _Case("normal", estimator, promise, world.truth, _once(of, normal))
        if estimator != "dm":
            yield _Case("bootstrap", estimator, promise, world.truth, _once(of, bootstrap))
    for estimator in ("ips", "dr"):
        at_least: Promise = "none" if name == "heavy" else "at least 95"
        looks = _looks(_terms(estimator), partial(sequence, planned=world.rounds))
        yield _Case("sequence", estimator, at_least, world.truth, looks)
    weights = _once(_terms("snips"), partial(empirical_likelihood, most=world.most))
    yield _Case("empirical_likelihood", "snips", "at least 95", world.truth, weights)
    for method in (empirical_bernstein, hoeffding):
        once = _once(_terms("ips"), partial(method, bounds=bounds))
        yield _Case(method.__name__, "ips", "at least 95", world.truth, once)
    bets = _looks(_terms("ips"), partial(betting, bounds=bounds))
    yield _Case("betting", "ips", "at least 95", world.truth, bets)
    counted = _once(lambda drawn: Terms(drawn.rounds.reward), of_clicks)
    yield _Case("clopper_pearson", "log", "at least 95", world.rate, counted)
    if name == "even":
        replayed = _once(lambda drawn: Terms(drawn.rounds.reward[drawn.matched]), of_clicks)
        yield _Case("clopper_pearson", "replay", "at least 95", world.truth, replayed)


def _terms(estimator: str) -> Callable[[Drawn], Terms]:
    return lambda drawn: ESTIMATORS[estimator](drawn.rounds)


def _once(of: Callable[[Drawn], Terms], method: Callable[[Terms], Interval]) -> Callable[[Drawn], Sequence[Interval]]:
    return lambda drawn: [method(of(drawn))]


def _looks(of: Callable[[Drawn], Terms], method: Callable[[Terms], Interval]) -> Callable[[Drawn], Sequence[Interval]]:
    """The method after each fifth of a mean's rounds."""

    def looked(drawn: Drawn) -> Sequence[Interval]:
        plain = of(drawn).plain
        return [method(Terms(plain[: len(plain) * look // LOOKS])) for look in range(1, LOOKS + 1)]

    return looked
