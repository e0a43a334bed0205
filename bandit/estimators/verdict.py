"""Whether a log can answer for a target policy at all. Each threshold has its reason in docs/estimators/README.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from bandit.estimators.diagnostics import Diagnostics

LEAST_ESS = 10.0  # below, no method knows how wide an interval should be
GOOD_ESS = 100.0  # a standard error is then a tenth of the spread, and no round has more than a tenth of the weight
GOOD_REWARDS = 100.0  # the same of rewards: clicks are few where rounds are many
MOST_UNSUPPORTED = 0.05  # target's mass never served: the estimate is short by so much of what that mass would earn
FAR_ERRORS, DOUBTFUL_ERRORS = 4.0, 3.0  # standard errors of the mean weight: chance does it once in 16,000, in 370
SLACK = 0.01  # of the mean weight and of calibration: what rounding of logged propensities may do
_ROUNDING = 1e-6


class Verdict(NamedTuple):
    """What an estimate is worth, and why."""

    kind: Literal["answers", "weak", "refused"]  # refused: no number is to be given
    reasons: tuple[str, ...]  # none for `answers`


def judge(found: Diagnostics) -> Verdict:
    """The verdict on what was diagnosed.

    >>> import numpy as np
    >>> from bandit.estimators.diagnostics import diagnose
    >>> from bandit.estimators.weighed import Weighed
    >>> judge(diagnose(Weighed(np.full(9, 0.5), np.zeros(9), np.ones(9))))
    Verdict(kind='refused', reasons=('the target would never have shown what was logged',))
    """
    refusals = tuple(_refusals(found))
    if refusals:
        return Verdict("refused", refusals)
    doubts = tuple(_doubts(found))
    return Verdict("weak" if doubts else "answers", doubts)


def _refusals(found: Diagnostics) -> Iterator[str]:
    if not found.matched:
        yield "the target would never have shown what was logged"
        return
    if found.ess < LEAST_ESS:
        yield f"the effective sample size is {found.ess:.1f} of {found.n} rounds; below {LEAST_ESS:.0f} nothing is said"
    if found.unsupported is not None and found.unsupported > MOST_UNSUPPORTED:
        yield (
            f"{found.unsupported:.1%} of what the target would show was never served; it could add from "
            f"{found.unsupported_low:.6g} to {found.unsupported_high:.6g}; above {MOST_UNSUPPORTED:.0%} nothing is said"
        )
    if _off(found, FAR_ERRORS):
        yield _mean_weight(found)
    low, high = found.calibration_low, found.calibration_high
    if low is not None and high is not None and not (low <= 1 + SLACK and high >= 1 - SLACK):
        yield (
            f"ads were drawn {found.calibration:.3f} times as often as the log's propensities say, or at least "
            f"{low:.3f} and at most {high:.3f} times; the propensities are wrong"
        )


def _doubts(found: Diagnostics) -> Iterator[str]:
    if found.ess < GOOD_ESS:
        yield f"the effective sample size is {found.ess:.1f} of {found.n} rounds; {GOOD_ESS:.0f} is wanted"
    if found.effective_rewards < GOOD_REWARDS:
        yield f"few rewards decide: as many as {found.effective_rewards:.1f} alike; {GOOD_REWARDS:.0f} are wanted"
    if found.unsupported is not None and found.unsupported > _ROUNDING:
        yield (
            f"{found.unsupported:.2%} of what the target would show was never served; it could add from "
            f"{found.unsupported_low:.6g} to {found.unsupported_high:.6g}"
        )
    if _off(found, DOUBTFUL_ERRORS):
        yield _mean_weight(found)


def _off(found: Diagnostics, errors: float) -> bool:
    return abs(found.mean_weight - _wanted(found)) > max(SLACK, errors * found.mean_weight_error)


def _wanted(found: Diagnostics) -> float:
    return 1.0 - (found.unsupported or 0.0)


def _mean_weight(found: Diagnostics) -> str:
    cause = "propensities are wrong" if found.unsupported is not None else "propensities are wrong or ads never served"
    return (
        f"the mean weight is {found.mean_weight:.4f} with a standard error of {found.mean_weight_error:.4f}, "
        f"not {_wanted(found):.4g}: {cause}"
    )
