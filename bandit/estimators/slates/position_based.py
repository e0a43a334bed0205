"""Several slots, each looked at with its own probability, and clicked if what is in it pleases."""

from __future__ import annotations

import numpy as np

from bandit.arrays import Doubles
from bandit.errors import BadInput
from bandit.estimators.slates.slates import Slates, column
from bandit.estimators.terms import Terms


def position_based(slates: Slates, examination: Doubles) -> Terms:
    """PBM-IPS: each reward, weighted by how much likelier the target policy has this ad looked at, in whatever slot.

    Right if a reward's mean is the slot's examination times something of the ad alone; then its variance is the least
    of all, since an ad may have moved to another slot. Needs `placed` and `target_placed`.

    examination  [places] probability that each slot is looked at, up to a common factor: finite, not negative

    Raises BadInput without those columns, or for an ad that the log cannot have had looked at.
    Source: Li et al., KDD 2018.

    >>> one = np.ones(1)
    >>> moved = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])
    >>> pages = Slates(np.array([0]), np.array([0]), one, one, one, placed=moved[0], target_placed=moved[1])
    >>> position_based(pages, np.array([1.0, 0.5])).value
    0.5
    """
    why = "the position-based estimator takes the probability of the shown in every slot, which `placed` works out"
    placed, target = column(slates, "placed", why), column(slates, "target_placed", why)
    _refuse(examination, placed, target)
    seen = placed @ examination
    never = seen <= 0
    if never.any():
        raise BadInput(
            f"#/rows/{int(never.argmax())}/placed", "bound", "the log can have shown it only where nobody looks"
        )
    return Terms(slates.each(target @ examination / seen * slates.reward))


def examination(slates: Slates) -> Doubles:
    """[places] how likely each slot is looked at, as multiples of the first slot's, from a log that shuffles.

    Each reward counts one over its probability to be in its slot, so that every ad stands in every slot alike; what
    is left of a difference between slots is the slots'. In a log of uniform shuffles that is the ratio of click rates.
    Every ad must be able to stand in every slot. Needs `marginal`.

    Raises BadInput without it, if decisions differ in their number of slots, or if the first slot earned nothing.
    Source: Joachims, Swaminathan & Schnabel, WSDM 2017.

    >>> shuffled = np.full(4, 0.5)
    >>> ones, clicks = np.ones(4), np.array([1.0, 0.0, 1.0, 1.0])
    >>> pages = Slates(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), shuffled, ones, clicks, marginal=shuffled)
    >>> examination(pages).tolist()
    [1.0, 0.5]
    """
    marginal = column(slates, "marginal", "rewards are weighed by it")
    if np.any(slates.length != slates.length[0]):
        raise BadInput("#/slot", "bound", "decisions differ in how many slots they have; take those of one length")
    earned = np.bincount(slates.slot, slates.reward / marginal).astype(np.float64)
    if not earned[0] > 0:
        raise BadInput("#/reward", "bound", "the first slot earned nothing to compare the others with")
    ratio: Doubles = earned / earned[0]
    return ratio


def _refuse(examination: Doubles, placed: Doubles, target: Doubles) -> None:
    wrong = ~(np.isfinite(examination) & (examination >= 0))
    if wrong.any():
        place = int(wrong.argmax())
        raise BadInput(f"#/examination/{place}", "bound", f"{examination[place]} is not a number of 0 or more")
    if not placed.shape == target.shape == (len(placed), len(examination)):
        shapes = f"{placed.shape} and {target.shape} for {len(examination)} places"
        raise BadInput("#/placed", "bound", f"a probability is wanted for each place, given are {shapes}")
