"""What target policies would have earned on a log: the whole way from rows to numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bandit.estimators.diagnostics import Diagnostics, diagnose
from bandit.estimators.single_slot import SINGLE_SLOT
from bandit.estimators.slates.slates import Slates
from bandit.estimators.terms import Terms
from bandit.estimators.verdict import Verdict, judge
from bandit.estimators.weighed import Weighed
from simulations.evaluation import estimating, pages
from simulations.evaluation.estimating import REPLAY, How, around, counted
from simulations.evaluation.evaluated import Estimate, Evaluated
from simulations.evaluation.gathering import Asked, Progress, Rounds, gather
from simulations.evaluation.histograms import bars, bins
from simulations.evaluation.options import Options
from simulations.evaluation.pages import MARGINAL, PAGES
from simulations.evaluation.targets.base import Target
from simulations.evaluation.targets.function import Called, Function
from simulations.evaluation.targets.named import target as named
from simulations.logs.base import Log

Given = Target | Function | str  # a target, a function of context and candidates, or a name `targets.named` knows


def evaluate(log: Log, target: Given, **options: Any) -> Evaluated:
    """What a target policy would have earned.

    options  of `Options`: estimators, reward_model, folds, interval, level, seed, ...

    Raises BadInput, naming row and column where there is one, for what cannot be evaluated.
    """
    return evaluate_all(log, [target], Options(**options))[0]


def evaluate_all(
    log: Log,
    targets: Sequence[Given],
    options: Options,
    *,
    truth: Estimate | None = None,
    progress: Progress = lambda rounds: None,
) -> list[Evaluated]:
    """The same of several policies, asked about the same rounds.

    truth     what the target is known to earn
    progress  told of rounds gone through; with a reward model there are two passes
    """
    return [_evaluated(answer, options, truth) for answer in answers(log, targets, options, progress=progress)]


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a log says of one target, before any estimate is made."""

    log: Log
    target: str
    rounds: Rounds
    asked: Asked
    slates: Slates | None  # where the unit is a decision with all its slots
    weighed: Weighed  # a row a unit
    found: Diagnostics
    verdict: Verdict


def answers(
    log: Log, targets: Sequence[Given], options: Options, *, progress: Progress = lambda rounds: None
) -> list[Answer]:
    """Ask a log about targets. Raises as `evaluate` does."""
    policies = [_target(each) for each in targets]
    wanted = options.wanted(log.rounds)
    marginals = options.slots != "rounds" and any(name in MARGINAL for name in wanted)
    modelling = options.modelling(wanted)
    rounds, asked = gather(log, policies, modelling, last=options.last, marginals=marginals, progress=progress)
    together = options.slots == "pages" or (options.slots == "auto" and pages.has_pages(rounds))
    return [_answer(log, policy.name, rounds, each, together) for policy, each in zip(policies, asked, strict=True)]


def _answer(log: Log, target: str, rounds: Rounds, asked: Asked, together: bool) -> Answer:
    slates = pages.pages(rounds, asked) if together else None
    weighed = asked.plain if slates is None else pages.whole(slates)
    found = diagnose(weighed, rounds.calibration)
    return Answer(log, target, rounds, asked, slates, weighed, found, judge(found))


def _target(given: Given) -> Target:
    if isinstance(given, str):
        return named(given)
    return Called(given) if callable(given) else given


def _evaluated(answer: Answer, options: Options, truth: Estimate | None) -> Evaluated:
    found, verdict, how = answer.found, answer.verdict, how_of(answer, options)
    estimates = dict(_estimates(answer, options.wanted(answer.log.rounds), how))
    if verdict.kind == "refused":
        estimates = {each: Estimate(None, None, None, estimate.method) for each, estimate in estimates.items()}
    earned = Terms(answer.weighed.reward)
    logged = counted(earned, options.level) or around(earned, how)
    modelled = answer.asked.plain.predicted is not None or answer.asked.mrdr is not None
    return Evaluated(
        log=answer.log.name,
        target=answer.target,
        rounds=answer.asked.plain.n,
        decisions=len(np.unique(answer.rounds.decision)),
        actions=len(answer.log.actions),
        unit="round" if answer.slates is None else "decision",
        level=options.level,
        seed=options.seed,
        verdict=verdict.kind,
        reasons=verdict.reasons,
        estimates=estimates,
        logged=logged,
        truth=truth,
        relative=_relative(estimates, logged),
        mean_weight=found.mean_weight,
        ess=found.ess,
        max_weight=found.max_weight,
        unsupported_mass=found.unsupported,
        control_variate=found.control_variate,
        calibration=bins(answer.rounds.calibration),
        weights=bars(answer.weighed.weight),
        reward_model=options.model_told if modelled else None,
    )


def _estimates(answer: Answer, wanted: Sequence[str], how: How) -> Iterator[tuple[str, Estimate]]:
    rounds, asked = answer.rounds, answer.asked
    for name in wanted:
        if answer.slates is not None:
            if name in PAGES and (found := pages.estimated(name, answer.slates, how)) is not None:
                yield name, found
        elif name == REPLAY:
            if (found := estimating.replayed(asked.plain, rounds.decision, rounds.slot, how)) is not None:
                yield name, found
        elif name in SINGLE_SLOT and (weighed := weighed_for(name, asked)) is not None:
            yield name, estimating.estimated(name, weighed, how)


def weighed_for(name: str, asked: Asked) -> Weighed | None:
    """Rounds with the predictions an estimator asks for; None if there are none."""
    model = SINGLE_SLOT[name].model
    weighed = asked.mrdr if model == "mrdr" else asked.plain
    return weighed if weighed is not None and (model == "none" or weighed.predicted is not None) else None


def how_of(answer: Answer, options: Options) -> How:
    """What intervals are told. Slots of a decision hang together, and decisions of a user."""
    rounds, reward = answer.rounds, answer.weighed.reward
    user = rounds.user
    if user is None and answer.slates is None and pages.has_pages(rounds):
        user = rounds.decision
    if user is not None and answer.slates is not None:
        user = user[answer.slates.first]
    return How(
        method=options.interval,
        level=options.level,
        seed=options.seed,
        samples=options.samples,
        user=user,
        rewards=options.rewards or (min(0.0, float(reward.min())), max(1.0, float(reward.max()))),
        most=answer.asked.most,
    )


def _relative(estimates: dict[str, Estimate], logged: Estimate) -> dict[str, float | None]:
    base = logged.value
    return {name: each.value / base if base and each.value is not None else None for name, each in estimates.items()}
