"""What an evaluation says: estimates with their intervals, and how far the log can be believed.

As JSON it is flat: each estimator's name with `value`, `low`, `high` and `method`, and beside them everything else.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec


class Estimate(msgspec.Struct, frozen=True):
    """One estimator's number; all null where the log cannot answer."""

    value: float | None  # mean reward, see `unit`
    low: float | None
    high: float | None
    method: str  # of the interval


class Bin(msgspec.Struct, frozen=True):
    """Rounds in which a candidate was offered with a probability of this class: were they drawn as often?"""

    least: float  # bounds of the logged probability
    most: float
    offered: int
    expected: float  # draws, had all been as logged
    drawn: int
    low: float  # of the ratio of drawn to expected
    high: float


class Bar(msgspec.Struct, frozen=True):
    """One bar of the histogram of weights; the first holds weights of exactly 0."""

    least: float
    most: float
    rounds: int


class Evaluated(msgspec.Struct, frozen=True, kw_only=True):
    """One target policy on one log."""

    log: str  # where it is
    target: str  # the policy asked about
    rounds: int  # a round is one slot of a decision
    decisions: int
    actions: int
    unit: str = "round"  # what the estimates are the mean reward of: `round`, or `decision` with all its slots
    level: float  # coverage the intervals promise
    seed: int  # of folds and resampling
    verdict: str  # `answers`, `weak` or `refused`, see docs/estimators/README.md
    reasons: tuple[str, ...] = ()  # why it is not `answers`, one sentence each
    estimates: dict[str, Estimate] = {}  # by estimator: ips, snips, clipped, dm, dr, ...
    logged: Estimate  # mean reward of the log itself
    truth: Estimate | None = None  # mean reward of the target's own log, where there is one
    relative: dict[str, float | None] = {}  # estimate over `logged`, by estimator
    mean_weight: float | None  # of target over propensity; 1 up to chance if the log's probabilities are right
    ess: float | None  # effective sample size: even-weighted rounds that know as much
    max_weight: float | None
    unsupported_mass: float | None  # share of the target's choices the log never shows; null: not known
    control_variate: float | None = None  # mean of weighted residuals of the reward model; null without one
    calibration: tuple[Bin, ...] = ()
    weights: tuple[Bar, ...] = ()
    reward_model: str | None = None  # which, and how it was fitted
    command: str | None = None  # what made this

    @property
    def answers(self) -> bool:
        """Whether there are numbers."""
        return self.verdict != "refused"


def flat(evaluated: Evaluated) -> dict[str, Any]:
    """As JSON has it; a number that is not finite is null.

    >>> known = Estimate(0.5, 0.25, 0.75, "normal")
    >>> found = Evaluated(log="a", target="b", rounds=4, decisions=4, actions=2, level=0.95, seed=1, verdict="answers",
    ...     estimates={"ips": known}, logged=known, mean_weight=1.0, ess=4.0, max_weight=1.0, unsupported_mass=0.0)
    >>> flat(found)["ips"]
    {'value': 0.5, 'low': 0.25, 'high': 0.75, 'method': 'normal'}
    >>> unflat(flat(found)) == found
    True
    """
    written: dict[str, Any] = msgspec.to_builtins(evaluated)
    estimates = written.pop("estimates")
    return {name: _finite(value) for name, value in {**estimates, **written}.items()}


def unflat(written: dict[str, Any]) -> Evaluated:
    """What `flat` was given. Raises msgspec.ValidationError for what `flat` does not write."""
    fields = set(Evaluated.__struct_fields__)
    estimates = {name: value for name, value in written.items() if name not in fields}
    others = {name: value for name, value in written.items() if name in fields}
    return msgspec.convert({**others, "estimates": estimates}, Evaluated)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
