"""Successive halving over configs, each told by doubly robust estimates of what it would have done as it learned.

A config meets the log's decisions in order. Of each it is asked, with what it has learned of those before, how likely
it would have shown every candidate; then it learns what was logged. So no decision is judged by a model that had seen
it, and what a stretch of the log says is what the config earns while it is learning from logs like these.

Every config is tried on a short beginning, those that seem best on a longer one, and so on; of the last stage's the
one whose gain is surest is left. The last part of the log is not looked at before; what that one earns there is the
answer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import msgspec

from bandit.errors import BadInput
from bandit.estimators.selection import Compared, compare, gain
from bandit.estimators.single_slot import SINGLE_SLOT
from bandit.estimators.terms import Terms
from bandit.intervals.bootstrap import bootstrap
from bandit.intervals.interval import Interval, check_level
from simulations.evaluation.evaluate import Answer, answers, how_of
from simulations.evaluation.gathering import Progress
from simulations.evaluation.options import Options
from simulations.evaluation.pages import PAGES
from simulations.evaluation.targets.engine import Engine
from simulations.logs.base import Log
from simulations.tuning.beginning import Beginning
from simulations.tuning.space import Changes, changed

SHRINK = 3  # a stage keeps a third of the configs, on three times the rounds
SHORTEST = 1_000  # rounds of the first stage at least; fewer tell nothing
JUDGED = 0.5  # share of a stage's rounds, at its end, that judge; on those before, a config is still new
ESTIMATOR, OF_PAGES = "dr", "cascade_dr"


class Tried(msgspec.Struct, frozen=True):
    """How a config did in the last stage it took part in."""

    name: str
    changes: dict[str, object]
    rounds: int  # of that stage
    value: float | None  # reward a round (or page); null where the log cannot answer
    gain: float | None  # over the log's own
    low: float | None  # of the gain, by intervals that hold for all that were tried together
    high: float | None
    reasons: tuple[str, ...] = ()  # why the log cannot answer


class Final(msgspec.Struct, frozen=True):
    """What the winner does on rounds that did not choose it."""

    rounds: int
    logged: float  # mean reward of the log there
    value: Interval
    gain: Interval
    verdict: str  # of the diagnostics: answers, weak or refused
    reasons: tuple[str, ...]

    @property
    def surely_better(self) -> bool:
        """Whether the log can answer, and the gain's whole interval is above 0."""
        return self.verdict != "refused" and self.gain.low > 0.0


def search(
    log: Log,
    configs: Mapping[str, Changes],
    *,
    held_out: float = 0.3,
    options: Options,
    progress: Progress = lambda rounds: None,
) -> list[Tried]:
    """All configs: those of the last stage by how sure their gain is, then those of earlier stages by gain.

    Raises BadInput as `evaluate` does.

    held_out  share of the log, at its end, that is not looked at
    """
    rounds = _searched(log, held_out)
    alive, found = list(configs), {}
    for length, kept in stages(rounds, len(configs)):
        told = _stage(Beginning(log, length), {name: configs[name] for name in alive}, len(configs), options, progress)
        found.update({one.name: one for one in told})
        # Where a stage is too short to say anything of any, all go on.
        alive = [one.name for one in sorted(told, key=_by_gain) if one.gain is not None][:kept] or alive
    last = [one for one in found.values() if one.rounds == rounds]
    earlier = [one for one in found.values() if one.rounds < rounds]
    return sorted(last, key=_by_low) + sorted(earlier, key=lambda one: (-one.rounds, _by_gain(one)))


def stages(rounds: int, configs: int) -> list[tuple[int, int]]:
    """(rounds, configs kept afterwards) of each stage; the last is of all rounds and keeps one.

    >>> stages(90_000, 24)
    [(10000, 8), (30000, 3), (90000, 1)]
    >>> stages(2_000, 24)
    [(2000, 1)]
    """
    lengths = [rounds]
    while lengths[0] // SHRINK >= SHORTEST and math.ceil(configs / SHRINK ** len(lengths)) > 1:
        lengths.insert(0, lengths[0] // SHRINK)
    kept = [math.ceil(configs / SHRINK**stage) for stage in range(1, len(lengths))]
    return list(zip(lengths, [*kept, 1], strict=True))


def final(
    log: Log, changes: Changes, *, held_out: float, options: Options, progress: Progress = lambda rounds: None
) -> Final:
    """A config on the part of the log that was kept apart; it learns all of the log as it goes.

    Raises BadInput as `evaluate` does.
    """
    _searched(log, held_out)
    engine = Engine(changed(log.policy, changes))
    (answer,) = answers(log, [engine], _told(options, held_out), progress=progress)
    how, baseline = how_of(answer, options), Terms(answer.weighed.reward)
    terms = _terms(answer)
    value, more = (
        bootstrap(some, level=options.level, samples=options.samples, seed=options.seed, user=how.user)
        for some in (terms, gain(terms, baseline))
    )
    return Final(answer.weighed.n, baseline.value, value, more, answer.verdict.kind, answer.verdict.reasons)


def _searched(log: Log, held_out: float) -> int:
    """Rounds that are searched."""
    if not 0.0 < held_out < 1.0:
        raise BadInput("#/held_out", "bound", f"held_out is {held_out}; it lies between 0 and 1")
    rounds = log.rounds - math.ceil(held_out * log.rounds)
    if rounds < 2:
        raise BadInput("#/rows", "bound", f"a log of {log.rounds} rounds is too short to search and to judge")
    return rounds


def _stage(
    log: Log, configs: Mapping[str, Changes], tried: int, options: Options, progress: Callable[[int], object]
) -> list[Tried]:
    """Surest gain first, then those the log cannot answer for."""
    engines = [Engine(changed(log.policy, changes), name=name) for name, changes in configs.items()]
    found = answers(log, engines, _told(options, JUDGED), progress=progress)
    answered = {answer.target: _terms(answer) for answer in found if answer.verdict.kind != "refused"}
    # Whoever goes on is looked at again: each may be wrong with its share of what all that were tried may be.
    level = 1.0 - (1.0 - options.level) * len(answered) / tried
    told = [_tried(one, configs, log.rounds) for one in _compared(answered, found[0], level, options)]
    silent = [answer for answer in found if answer.target not in answered]
    return told + [_unanswered(answer, configs, log.rounds) for answer in silent]


def _by_gain(one: Tried) -> float:
    return math.inf if one.gain is None else -one.gain


def _by_low(one: Tried) -> float:
    return math.inf if one.low is None else -one.low


def _compared(answered: Mapping[str, Terms], one: Answer, level: float, options: Options) -> Sequence[Compared]:
    if not answered:
        return ()
    check_level(level)
    baseline = Terms(one.weighed.reward)
    return compare(answered, baseline, level=level, seed=options.seed, user=how_of(one, options).user)


def _tried(one: Compared, configs: Mapping[str, Changes], rounds: int) -> Tried:
    return Tried(one.name, dict(configs[one.name]), rounds, one.value, one.gain, one.low, one.high)


def _unanswered(answer: Answer, configs: Mapping[str, Changes], rounds: int) -> Tried:
    changes = dict(configs[answer.target])
    return Tried(answer.target, changes, rounds, None, None, None, None, answer.verdict.reasons)


def _terms(answer: Answer) -> Terms:
    if answer.slates is not None:
        return PAGES[OF_PAGES](answer.slates)
    return SINGLE_SLOT[ESTIMATOR].estimate(answer.asked.plain)


def _told(options: Options, last: float) -> Options:
    return replace(options, estimators=(ESTIMATOR, OF_PAGES), last=last)
