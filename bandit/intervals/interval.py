"""What every method gives, and what every method asks of what it is given."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bandit.errors import BadInput
from bandit.estimators.terms import Terms


class Interval(NamedTuple):
    """An estimate and how far from it the truth may lie."""

    value: float
    low: float
    high: float
    level: float  # coverage promised, in (0, 1)
    method: str = "t"


def check_level(level: float) -> None:
    """Raises BadInput unless 0 < level < 1."""
    if not 0.0 < level < 1.0:
        raise BadInput("#/level", "bound", f"level is {level}; it lies between 0 and 1")


def check_terms(terms: Terms) -> int:
    """How many rounds there are. Raises BadInput unless there are two or more, of equal length, finite and defined."""
    n = len(terms.plain)
    if n < 2:
        raise BadInput("#/rows", "bound", f"an interval needs two rounds or more, not {n}")
    if (terms.weighted is None) != (terms.weight is None):
        raise BadInput("#/rows", "type", "a ratio has both a numerator and a denominator")
    for name, part in zip(terms._fields, terms, strict=True):
        if part is None:
            continue
        if len(part) != n:
            raise BadInput("#/rows", "bound", f"{name} has {len(part)} rounds and plain has {n}")
        if not np.isfinite(part).all():
            at = int(np.flatnonzero(~np.isfinite(part))[0])
            raise BadInput(f"#/rows/{at}/{name}", "bound", f"a term is finite, not {part[at]}")
    if terms.weight is not None and not terms.weight.sum() > 0.0:
        raise BadInput("#/rows", "bound", "the weights sum to 0, so the estimate is not defined")
    return n
