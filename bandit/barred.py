"""What a record says was kept out, and what could be shown: each candidate of the shelf in one place at most."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bandit.arrays import Flags, Positions
from bandit.errors import Damaged
from bandit.faults import Fault
from bandit.records import Decision, unpacked
from bandit.shelf import Shelf

TIME_OFF_S = 1e-6  # archived times are whole microseconds
ABSENT = ("unknown_template", "unknown_placement")  # reasons that count what no shelf has


def eligibility_faults(decision: Decision, shelf: Shelf) -> Iterator[Fault]:
    """What is wrong with the candidates of a record and with those it says were kept out.

    Positions of its rounds are those of the shelf. A record without `barred` is of before there was any: it said only
    how many were kept out.
    """
    shown = decision.rounds[0].positions()
    if len(decision.rounds) > 1:
        shown = np.unique(np.concatenate([given.positions() for given in decision.rounds]))
    of = shelf.template[shown]
    if (out := shelf.paused[of] | ~_in_flight(shelf, decision.time, shown)).any():
        at = int(np.flatnonzero(out)[0])
        yield Fault(0, f"candidates[{at}]", "active and in flight", shelf.templates[of[at]].id)
    if shelf.levels > 1 and not _one_level(shelf, shown):
        yield Fault(0, "candidates", "one level of each template", str(shown.tolist()))
    if decision.barred:
        yield from _barred_faults(decision, shelf)


def _barred_faults(decision: Decision, shelf: Shelf) -> Iterator[Fault]:
    counted = {reason for reason in decision.excluded if reason not in ABSENT}
    if counted != decision.barred.keys():
        yield Fault(0, "barred", str(sorted(counted)), str(sorted(decision.barred)))
        return
    taken = np.zeros(shelf.pairs, np.int64)
    taken[decision.rounds[0].positions() // shelf.levels] += 1
    for reason, stored in decision.barred.items():
        try:
            positions = unpacked(stored, decision.excluded[reason])
        except Damaged as fault:
            yield Fault(0, f"barred.{reason}", f"{decision.excluded[reason]} positions", str(fault))
            return
        if (positions >= shelf.n).any() or (positions % shelf.levels).any():
            yield Fault(0, f"barred.{reason}", f"positions at level 0, below {shelf.n}", str(positions.tolist()))
            return
        taken[positions // shelf.levels] += 1
        if not _true_of(reason, positions, shelf, decision.time).all():
            yield Fault(0, f"barred.{reason}", "what the catalog keeps out so", str(positions.tolist()))
    if (taken > 1).any():
        pair = int(np.flatnonzero(taken > 1)[0])
        yield Fault(0, "barred", "each candidate in one place", f"{pair * shelf.levels} in more")
    elif (lost := _asked_for(taken > 0, shelf) & (taken == 0)).any():
        pair = int(np.flatnonzero(lost)[0])
        yield Fault(0, "barred", "each candidate in one place", f"{pair * shelf.levels} in none")


def _asked_for(told: Flags, shelf: Shelf) -> Flags:
    """bool[pairs]: those of the templates and the placements told of, since a request asks for some of each."""
    template, placement = shelf.same[shelf.template[:: shelf.levels]], shelf.placement[:: shelf.levels]
    found: Flags = np.isin(template, template[told]) & np.isin(placement, placement[told])
    return found


def _true_of(reason: str, positions: Positions, shelf: Shelf, time: float) -> Flags:
    """bool[k]: whether a reason that the catalog alone decides holds; True for others."""
    if reason == "status":
        return shelf.paused[shelf.template[positions]]
    if reason == "flight":
        of = shelf.template[positions]
        early, late = time - TIME_OFF_S < shelf.opens[of], time + TIME_OFF_S >= shelf.closes[of]
        outside: Flags = ~shelf.paused[of] & (early | late)
        return outside
    return np.ones(len(positions), np.bool_)


def _in_flight(shelf: Shelf, time: float, positions: Positions) -> Flags:
    of = shelf.template[positions]
    found: Flags = (time + TIME_OFF_S >= shelf.opens[of]) & (time - TIME_OFF_S < shelf.closes[of])
    return found


def _one_level(shelf: Shelf, positions: Positions) -> bool:
    """Whether each template stands at one level wherever it stands."""
    return len(np.unique(shelf.ad[positions])) == len(np.unique(shelf.template[positions]))
