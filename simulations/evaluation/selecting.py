"""Which of many target policies surely beats what served the log, however many were looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bandit.errors import BadInput
from bandit.estimators.selection import Candidate, Selection, select
from bandit.estimators.single_slot import SINGLE_SLOT
from bandit.estimators.terms import Terms
from simulations.evaluation.evaluate import Answer, Given, answers, how_of, weighed_for
from simulations.evaluation.gathering import Progress
from simulations.evaluation.options import Options
from simulations.evaluation.pages import PAGES
from simulations.logs.base import Log


def select_among(
    log: Log,
    targets: Sequence[Given],
    options: Options,
    *,
    estimator: str = "dr",
    share: float = 0.5,
    progress: Progress = lambda rounds: None,
) -> Selection:
    """The target whose gain over the log's own policy is surest, if any is sure; see `bandit.estimators.selection`.

    estimator  of SINGLE_SLOT; of pages `cascade_dr`, or another of PAGES
    share      of the rounds, or users, that choose; the others say what the winner earns

    Raises BadInput as `evaluate` does, and for two targets of one name.
    """
    found = answers(log, targets, _just(options, estimator), progress=progress)
    if len({answer.target for answer in found}) < len(found):
        raise BadInput("#/target", "duplicate", "targets have names of their own")
    candidates = {answer.target: Candidate(_terms(answer, estimator), answer.verdict) for answer in found}
    how = how_of(found[0], options)
    baseline = Terms(found[0].weighed.reward)
    return select(candidates, baseline, level=options.level, seed=options.seed, user=how.user, share=share)


def _just(options: Options, estimator: str) -> Options:
    return replace(options, estimators=(estimator, "cascade_dr"))


def _terms(answer: Answer, estimator: str) -> Terms:
    if answer.slates is not None:
        return PAGES[estimator if estimator in PAGES else "cascade_dr"](answer.slates)
    if estimator not in SINGLE_SLOT:
        raise BadInput("#/estimator", "unknown", f"{estimator!r} is for pages, and every decision has one slot")
    weighed = weighed_for(estimator, answer.asked)
    if weighed is None:
        raise BadInput("#/reward_model", "unknown", f"{estimator} stands on a reward model's predictions")
    return SINGLE_SLOT[estimator].estimate(weighed)
