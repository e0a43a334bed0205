"""Are logged propensities the probabilities that ads were drawn with? Counted, without trusting whoever logged them.

Of m rounds in which an ad was offered with probability p it should be drawn in sum(p). The ratio of the two is the
mean of 1{drawn} / p, weighted by p so that no single draw of a tiny p decides it; it should be 1. It is taken for each
ad and each class of p: one sum over all p hides a softmax that was logged while the best was served. Two groups more
span all ads: every offer, and the likeliest ad of each round, which such a log shows far too often.

Classes of p are fixed beforehand, since deciles of what was seen would depend on later draws.

The interval holds however the p of a round came of earlier draws, as they do where a model learns, and whenever one
looks. With `theta` the true ratio,

    M(theta) = mean over lambda of exp(lambda * drawn) / (1 + theta * mean p * (exp(lambda) - 1)) ** m

is below a martingale of mean 1, so by Ville's inequality it ever reaches 1 / a with probability a at most; the interval
is of all theta with M(theta) < 1 / a. Rounds count by their mean p, which makes it wider, never narrower: log(1 + p c)
is concave in p. `a` is divided by the number of cells there can be (Bonferroni), so all intervals hold together.
Source: Ville 1939; Howard, Ramdas, McAuliffe & Sekhon, Annals of Statistics 2021.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bandit.arrays import Doubles, Flags, Floats
from bandit.errors import BadInput

LEVEL = 0.999  # of all intervals together
EDGES = np.array([0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.9])  # between the ten classes
CLASSES = len(EDGES) + 1
# What each lambda sees best, either way.
_RATIOS = np.array([1.003, 1.01, 1.03, 1.1, 1.3, 2.0, 4.0, 16.0, 256.0, 65_536.0])
_LAMBDAS = np.concatenate([-np.log(_RATIOS), np.log(_RATIOS)])
_HALVINGS = 60
_TINY = 1e-300

EVERY, LIKELIEST = ("", ""), ("", "likeliest")  # groups that no ad's name is
Group = tuple[str, str]


class Cell(NamedTuple):
    """One group's offers in one class of propensities."""

    group: Group  # (template, placement), or EVERY or LIKELIEST
    least: float  # bounds of the class
    most: float
    offered: int
    expected: float  # draws, had all been as logged
    drawn: int
    ratio: float
    low: float  # of the interval
    high: float

    @property
    def holds(self) -> bool:
        """Whether 1 is in the interval."""
        return self.low <= 1.0 <= self.high


class Calibration:
    """Counts of offers and draws.

    >>> counts = Calibration()
    >>> number = counts.number(("sale", "hero"))
    >>> counts.add(np.full(400, number), np.full(400, 0.5, np.float32), np.arange(400) % 2 == 0)
    >>> [(cell.offered, cell.drawn, cell.ratio, cell.holds) for cell in counts.cells()]
    [(400, 200, 1.0, True)]
    """

    def __init__(self) -> None:
        self._numbers: dict[Group, int] = {}
        self._counts = np.zeros((0, CLASSES, 3))  # offered, sum of p, drawn

    def number(self, group: Group) -> int:
        """What `add` knows a group by."""
        return self._numbers.setdefault(group, len(self._numbers))

    def add(self, groups: npt.NDArray[np.int64], p: Floats, drawn: Flags) -> None:
        """Count offers.

        groups  [m] numbers
        p       [m] probability each was offered with, in [0, 1]; what could not be drawn is passed over unless it was
        drawn   [m] whether it was the choice
        """
        missing = len(self._numbers) - len(self._counts)
        if missing:
            self._counts = np.concatenate([self._counts, np.zeros((missing, CLASSES, 3))])
        cell = groups * CLASSES + np.searchsorted(EDGES, p, side="right")
        flat = self._counts.reshape(-1, 3)
        for column, weights in enumerate((np.ones(len(p)), p.astype(np.float64), drawn.astype(np.float64))):
            flat[:, column] += np.bincount(cell, weights, minlength=len(flat))

    def cells(self, level: float = LEVEL) -> list[Cell]:
        """Every cell with an offer, each with its interval.

        level  probability that all intervals hold, if the propensities do; in (0, 1)
        """
        if not 0.0 < level < 1.0:
            raise BadInput("#/level", "bound", f"level is {level}; it lies between 0 and 1")
        seen = np.argwhere(self._counts[:, :, 1] > 0.0)
        offered, expected, drawn = self._counts[seen[:, 0], seen[:, 1]].T
        low, high = intervals(offered, expected, drawn, (1.0 - level) / max(self._counts[:, :, 0].size, 1))
        names, bounds = list(self._numbers), [0.0, *EDGES.tolist(), 1.0]
        return [
            Cell(names[g], bounds[c], bounds[c + 1], int(m), float(e), int(n), float(n / e), float(lo), float(hi))
            for (g, c), m, e, n, lo, hi in zip(seen.tolist(), offered, expected, drawn, low, high, strict=True)
        ]


def intervals(offered: Doubles, expected: Doubles, drawn: Doubles, a: float) -> tuple[Doubles, Doubles]:
    """Bounds of the ratio of true to logged probability.

    offered, expected, drawn  [c] rounds, sum of logged probabilities (above 0), draws
    a                         probability that a single one of the intervals fails
    """
    wall = math.log(1.0 / a)
    best = np.maximum(drawn / expected, _TINY)
    most = np.maximum(offered / expected, best)  # no probability is above 1
    low = _edge(np.full_like(best, _TINY), best, offered, expected, drawn, wall)
    high = _edge(most, best, offered, expected, drawn, wall)
    return np.where(drawn == 0, 0.0, low), high


def _edge(out: Doubles, within: Doubles, offered: Doubles, expected: Doubles, drawn: Doubles, wall: float) -> Doubles:
    """Where M reaches the wall between a theta outside and one within; the outer one if it never does."""
    outside = _log_m(out, offered, expected, drawn) >= wall
    low, high = np.log(out), np.log(within)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        beyond = _log_m(np.exp(middle), offered, expected, drawn) >= wall
        low, high = np.where(beyond, middle, low), np.where(beyond, high, middle)
    edge: Doubles = np.where(outside, np.exp(low), out)
    return edge


def _log_m(theta: Doubles, offered: Doubles, expected: Doubles, drawn: Doubles) -> Doubles:
    p = np.minimum(theta * expected / offered, 1.0)[:, None]
    each = _LAMBDAS * drawn[:, None] - offered[:, None] * np.log1p(p * np.expm1(_LAMBDAS))
    largest = each.max(axis=1)
    mean: Doubles = largest + np.log(np.exp(each - largest[:, None]).mean(axis=1))
    return mean
