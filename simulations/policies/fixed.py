"""One ad for everybody: what a shop shows that does not learn."""

from __future__ import annotations

from simulations.environments.base import Round
from simulations.policies.base import Choice


class Fixed:
    """The first candidate of the named template and placement; where none is named or eligible, the first of all.

    template   id, or None for any
    placement  id, or None for any
    """

    def __init__(self, seed: int, *, template: str | None = None, placement: str | None = None) -> None:
        """
        seed  not used: nothing is left to chance
        """
        self._template = template
        self._placement = placement

    def choose(self, visit: Round) -> Choice:
        for at, (template, placement) in enumerate(visit.candidates):
            if self._template in (None, template) and self._placement in (None, placement):
                return Choice(at, 1.0)
        return Choice(0, 1.0)

    def learn(self, visit: Round, choice: Choice, reward: float) -> None:
        """Nothing."""
