"""Logged rounds as a target policy weighs them: all that an estimator for single slots needs."""

from __future__ import annotations

from dataclasses import dataclass

from bandit.arrays import Doubles


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """n rounds, 48 bytes each however many candidates they had, so that a log of any length fits into memory."""

    propensity: Doubles  # [n] probability the choice was drawn with, in (0, 1]
    target: Doubles  # [n] probability the target policy gives it, in [0, 1]
    reward: Doubles  # [n] reward units, finite
    predicted: Doubles | None = None  # [n] a reward model's prediction for the choice
    expected: Doubles | None = None  # [n] its prediction for what the target policy would have shown
    unsupported: Doubles | None = None  # [n] target's mass on candidates that were never served; None: not known

    @property
    def n(self) -> int:
        """Rounds."""
        return len(self.reward)

    @property
    def weight(self) -> Doubles:
        """[n] target over propensity."""
        weight: Doubles = self.target / self.propensity
        return weight
