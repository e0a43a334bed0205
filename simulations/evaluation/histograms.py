"""What a log's probabilities and weights look like, counted."""

from __future__ import annotations

import numpy as np

from bandit import calibration
from bandit.arrays import Doubles
from bandit.calibration import EDGES, LEVEL
from simulations.evaluation.evaluated import Bar, Bin

BARS = 24  # each reaches twice as far as the one before


def bins(counts: Doubles | None) -> tuple[Bin, ...]:
    """Every offer, by class of its probability.

    counts  sum over the log of what `bandit.estimators.propensities.counted` gives
    """
    if counts is None:
        return ()
    seen = np.flatnonzero(counts[0, :, 1] > 0.0)
    offered, expected, drawn = counts[0, seen].T
    low, high = calibration.intervals(offered, expected, drawn, (1.0 - LEVEL) / counts[0].size)
    bounds = [0.0, *EDGES.tolist(), 1.0]
    return tuple(
        Bin(bounds[place], bounds[place + 1], int(m), float(e), int(d), float(least), float(most))
        for place, m, e, d, least, most in zip(seen.tolist(), offered, expected, drawn, low, high, strict=True)
    )


def bars(weight: Doubles) -> tuple[Bar, ...]:
    """How many rounds have which weight: none, then doublings up to the largest.

    >>> [(bar.most, bar.rounds) for bar in bars(np.array([0.0, 0.5, 0.6, 1.0, 1.5]))]
    [(0.0, 1), (0.5, 1), (1.0, 2), (2.0, 1)]
    """
    positive = weight[weight > 0.0]
    found = [Bar(0.0, 0.0, int(len(weight) - len(positive)))]
    if len(positive):
        top = int(np.ceil(np.log2(positive.max()) + 1e-12))
        edges = np.concatenate([[0.0], 2.0 ** np.arange(top - BARS + 1, top + 1)])
        counts = np.bincount(np.searchsorted(edges, positive, side="left").clip(1, BARS), minlength=BARS + 1)[1:]
        first = int(np.flatnonzero(counts)[0])
        found += [Bar(float(edges[at]), float(edges[at + 1]), int(counts[at])) for at in range(first, BARS)]
    return tuple(found)
