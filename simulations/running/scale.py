"""What was earned, on a scale that means the same in every world."""

from __future__ import annotations

from typing import TypeVar

import polars as pl

from bandit.arrays import Doubles

Sums = TypeVar("Sums", float, Doubles, pl.Expr)


def regret(earned: Sums, oracle: Sums, uniform: Sums) -> Sums:
    """How far from the best, as a share of how far an even draw is: 0 for the oracle, 1 for an even draw.

    Never below 0; above 1 where less is earned than by an even draw. Where every choice earns the same there is
    nothing to measure, and 0 is divided by 0: NaN of arrays and columns, ZeroDivisionError of floats.

    earned   sum over rounds of the true value of what was shown (`Round.value`)
    oracle   sum over the same rounds of `Round.oracle`
    uniform  sum over the same rounds of `Round.uniform`

    All three are to be summed alike, so that the sum of who always shows the best is the oracle's to the last bit.
    In a world that wears each run has an oracle and an even draw of its own, since its rounds are worn by what it
    showed.

    >>> regret(30.0, oracle=50.0, uniform=10.0)
    0.5
    """
    return (oracle - earned) / (oracle - uniform)
