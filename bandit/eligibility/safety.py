"""Brand safety: what a placement does not show, and which pages a campaign keeps away from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bandit.eligibility.texts import fold

REASON: Final = "brand_safety"  # of a campaign that avoids a label of the page


def clash(labels: Sequence[str], refused: Sequence[str]) -> bool:
    """Whether something with these labels is refused, whatever their case.

    >>> clash(["Alcohol"], ["gambling", "alcohol"]), clash([], ["alcohol"])
    (True, False)
    """
    return bool(refused) and not {fold(label) for label in labels}.isdisjoint(map(fold, refused))
