"""Estimates of a log drawn again and again, and the standard error of each."""

from __future__ import annotations

from itertools import combinations_with_replacement
from typing import NamedTuple

import numpy as np

from bandit.arrays import Doubles
from bandit.errors import BadInput
from bandit.estimators.logged import Indices
from bandit.estimators.terms import Terms
from bandit.intervals.interval import check_terms
from bandit.intervals.linear import by_unit
from bandit.kernels.resampling import poisson_sums

SAMPLES = 1_000


class Resampled(NamedTuple):
    """An estimate of each sample; NaN where a sample holds nothing that the estimate is defined by."""

    value: Doubles  # [samples]
    error: Doubles  # [samples] standard error, linearised, told from the sample alone


def resampled(terms: Terms, *, samples: int = SAMPLES, seed: int = 0, user: Indices | None = None) -> Resampled:
    """The estimate and its standard error of samples that take each round, or each user, Poisson(1) times.

    terms    of n rounds
    samples  at least 1
    seed     in [0, 2**63); it and the number of units decide what a sample holds, whatever the terms
    user     [n] the unit of chance, where rounds of one user hang together; else each round is one

    Raises BadInput for no samples, or fewer than two rounds or users.
    Source: Chamandy, Muralidharan, Najmi & Naidu, Estimating uncertainty for massive data streams, Google, 2012.
    """
    ratios = _ratios(terms, user)
    d = len(ratios)
    pairs = list(combinations_with_replacement(range(d), 2))
    # The product of a row and ones is that row, whose sums are at hand.
    ones = [i for i in range(d) if (ratios[i] == 1.0).all()]
    products = {pair: ratios[pair[0]] * ratios[pair[1]] for pair in pairs if not set(pair) & set(ones)}
    drawn = _drawn(np.concatenate([ratios, *(row[None] for row in products.values())]), samples, seed)
    crossed = dict(zip(products, drawn[d:], strict=True))
    for i, j in pairs:
        if (i, j) not in crossed:
            crossed[i, j] = drawn[i if j in ones else j]
    value, slopes = _estimate(drawn[:d])
    with np.errstate(invalid="ignore"):
        variance = sum((2 - (i == j)) * slopes[i] * slopes[j] * crossed[i, j] for i, j in pairs)
        return Resampled(value, np.sqrt(np.maximum(variance, 0.0)))


def _ratios(terms: Terms, user: Indices | None) -> Doubles:
    """[2 or 4, m] numerator and denominator of each ratio the estimate is a sum of, summed by unit."""
    n = check_terms(terms)
    parts = [terms.plain, np.ones(n)] if terms.weight is None or terms.plain.any() else []
    parts += [part for part in (terms.weighted, terms.weight) if part is not None]
    rows = np.stack([by_unit(part, user) for part in parts])
    if rows.shape[1] < 2:
        raise BadInput("#/user", "bound", "an interval needs two users or more, not 1")
    return rows


def _estimate(sums: Doubles) -> tuple[Doubles, Doubles]:
    """(the estimate [samples] of sums [d, samples], its slope [d, samples] in each)."""
    above, below = sums[0::2], sums[1::2]
    slopes = np.empty_like(sums)
    with np.errstate(invalid="ignore", divide="ignore"):
        slopes[0::2] = 1.0 / below
        slopes[1::2] = -above / below**2
        return (above / below).sum(axis=0), slopes


def _drawn(rows: Doubles, samples: int, seed: int) -> Doubles:
    if samples < 1:
        raise BadInput("#/samples", "bound", f"samples is {samples}; at least one is drawn")
    if not 0 <= seed < 2**63:
        raise BadInput("#/seed", "bound", f"seed is {seed}; it lies in [0, 2**63)")
    return poisson_sums(rows, samples, np.uint64(seed))
