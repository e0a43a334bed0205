"""How likely each candidate is in each slot, when slots are drawn one after another and what is used is taken out.

A log of such pages keeps probabilities given the slots before. Estimators that weigh slots one by one need them
whatever stands before: a sum over all pages.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bandit.arrays import Doubles, Flags
from bandit.errors import BadInput

Spread = Callable[[Flags], Doubles]  # [b, k] what is left on b pages -> [b, k] probability of the next draw there

MOST = 2**21  # page beginnings times candidates that are gone through; 16 MB a table of them
DRAWS = 4_096  # pages drawn where there are more


def placed(spread: Spread, clash: Flags, slots: int, *, draws: int = DRAWS, seed: int = 0) -> Doubles:
    """[slots, k] probability of each candidate in each slot.

    Exact, by going through every beginning of a page, if k to the power of `slots` is at most 2**21 (20 candidates in
    4 slots, 128 in 3); else the mean over drawn beginnings of the exact probabilities that follow them, in which case
    the first slot alone is exact and a standard error is at most 1 / (2 sqrt(draws)).

    spread  of the draw after what is left; a row of zeros ends a page. It may be called with any number of rows
    clash   [k, k] whether drawing the row takes out the column; always itself
    slots   at least 1
    draws   beginnings drawn where there are too many to go through
    seed    of those; the same candidates and seed give the same numbers

    Raises BadInput if slots is not positive or a candidate does not take out itself.
    """
    k = len(clash)
    if slots < 1:
        raise BadInput("#/slots", "bound", f"{slots} slots; at least 1")
    if not clash.diagonal().all():
        raise BadInput("#/clash", "bound", "a candidate is drawn once a page: it clashes with itself")
    everything = float(k) ** slots <= MOST
    generator = np.random.default_rng([seed, k, slots])
    left, mass = np.ones((1, k), bool), np.ones(1)
    table = np.zeros((slots, k))
    for place in range(slots):
        probability = spread(left) * left
        table[place] = mass @ probability
        if place + 1 < slots:
            page, drawn, mass = _all(probability, mass) if everything else _some(probability, mass, draws, generator)
            left = left[page] & ~clash[drawn]
    return table


def renormalised(probability: Doubles) -> Spread:
    """A spread that takes the first slot's probabilities [k] and divides them by what is left of them.

    >>> placed(renormalised(np.array([4.0, 2.0, 1.0])), np.eye(3, dtype=bool), 2)[0] * 7
    array([4., 2., 1.])
    """

    def spread(left: Flags) -> Doubles:
        mass = left * probability
        total = mass.sum(axis=1, keepdims=True)
        shares: Doubles = np.divide(mass, total, out=np.zeros(mass.shape), where=total > 0)
        return shares

    return spread


def afresh(explore: Callable[[np.ndarray], Doubles]) -> Spread:
    """A spread of a policy that explores anew over what is left, as ours does on a page.

    explore  positions of the m candidates left -> [m] their probabilities
    """

    def spread(left: Flags) -> Doubles:
        probability = np.zeros(left.shape)
        for row, here in zip(probability, left, strict=True):
            if here.any():
                row[here] = explore(np.flatnonzero(here))
        return probability

    return spread


def clashes(template: np.ndarray, placement: np.ndarray) -> Flags:
    """[k, k] on a page each template and each placement is used once.

    >>> clashes(np.array([0, 0, 1]), np.array([0, 1, 2])).astype(int).tolist()
    [[1, 1, 0], [1, 1, 0], [0, 0, 1]]
    """
    same: Flags = (template[:, None] == template) | (placement[:, None] == placement)
    return same


def _all(probability: Doubles, mass: Doubles) -> tuple[np.ndarray, np.ndarray, Doubles]:
    """(page, candidate, probability) of every beginning that is one longer."""
    page, drawn = np.nonzero(probability)
    return page, drawn, mass[page] * probability[page, drawn]


def _some(
    probability: Doubles, mass: Doubles, draws: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, Doubles]:
    """The same for drawn ones; a page that has ended weighs nothing from then on."""
    page = np.zeros(draws, np.int64) if len(mass) == 1 else np.arange(draws)
    mass = np.full(draws, 1.0 / draws) if len(mass) == 1 else mass
    cumulated = probability.cumsum(axis=1)[page]
    ended = cumulated[:, -1] <= 0
    below = cumulated <= (generator.random(draws) * cumulated[:, -1])[:, None]
    drawn = np.where(ended, 0, np.minimum(below.sum(axis=1), probability.shape[1] - 1))
    return page, drawn, np.where(ended, 0.0, mass)
