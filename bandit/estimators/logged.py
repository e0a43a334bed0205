"""Logged rounds with all their candidates: what a target policy and a reward model are asked about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandit.arrays import Doubles, Flags
from bandit.errors import BadInput
from bandit.estimators.rows import SUM_TOLERANCE, all_as, of_length, some

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Logged:
    """n rounds, the s candidates of all of them one behind the other. A round is one slot of a decision.

    Some of a log, as much as is in memory at a time; actions mean the same in every part.
    """

    start: Indices  # [n + 1] round i's candidates are start[i] up to start[i + 1]
    action: Indices  # [s] which of the log's actions a candidate is, in [0, actions)
    actions: int  # how many there are in all the log
    served: Doubles | None  # [s] probability each was served with; None: the log keeps that of the choice alone
    chosen: Indices  # [n] candidate that was shown, an index into `action`
    propensity: Doubles  # [n] probability it was drawn with, in (0, 1]
    reward: Doubles  # [n] reward units, finite
    slot: Indices  # [n] place on the page, from 0
    decision: Indices  # [n] rising; the slots of one decision stand together and share a number
    shared: Doubles  # [n, d] what was known of the request, as numbers; d may be 0
    user: Indices | None = None  # [n] the unit of chance, where users are known

    @property
    def n(self) -> int:
        """Rounds."""
        return len(self.reward)


def checked(logged: Logged, *, first: int = 0) -> Logged:
    """The rounds as given, if an off-policy answer can be had from them.

    first  row of the log that round 0 is

    Raises BadInput, with row and column as in `#/rows/17/propensity`, if there are no rounds; columns differ in length;
    candidates are missing, or an action is not one of the log's; the choice is not among its round's candidates; a
    propensity is 0, above 1, not a number, or not what `served` says of the choice; served probabilities are not in
    [0, 1] or do not sum to 1; a reward or feature is not finite; a slot is negative; decisions are not in order.
    """
    some(logged.n)
    _laid_out(logged, first)
    _offered(logged, first)
    propensity, reward = logged.propensity, logged.reward
    all_as("is above 0 and at most 1", (propensity > 0) & (propensity <= 1), "propensity", propensity, first)
    all_as("is finite", np.isfinite(reward), "reward", reward, first)
    if logged.served is not None:
        _served(logged, logged.served, first)
    all_as("is not negative", logged.slot >= 0, "slot", logged.slot, first)
    in_order = np.append(True, logged.decision[1:] >= logged.decision[:-1])
    all_as("is not below the one before: rows are in order", in_order, "decision", logged.decision, first)
    _finite(logged.shared, first)
    return logged


def _laid_out(logged: Logged, first: int) -> None:
    n, start, s = logged.n, logged.start, len(logged.action)
    of_length(n, chosen=logged.chosen, propensity=logged.propensity, slot=logged.slot, decision=logged.decision)
    of_length(n, shared=logged.shared, user=logged.user)
    of_length(n + 1, start=start)
    if start[0] != 0 or start[-1] != s:
        raise BadInput("#/start", "bound", f"start goes from {start[0]} to {start[-1]}; it is wanted from 0 to {s}")
    candidates = np.diff(start)
    all_as("is at least 1", candidates > 0, "candidates", candidates, first)
    of_length(s, served=logged.served)


def _offered(logged: Logged, first: int) -> None:
    start, chosen, action = logged.start, logged.chosen, logged.action
    among = (chosen >= start[:-1]) & (chosen < start[1:])
    all_as("is one of its round's candidates", among, "chosen", chosen, first)
    known = (action >= 0) & (action < logged.actions)
    _all_candidates_as(f"is in [0, {logged.actions})", known, "action", action, start, first)


def _served(logged: Logged, served: Doubles, first: int) -> None:
    _all_candidates_as("is in [0, 1]", (served >= 0) & (served <= 1), "served", served, logged.start, first)
    total: Doubles = np.add.reduceat(served, logged.start[:-1], dtype=np.float64)
    whole = np.abs(total - 1) <= SUM_TOLERANCE
    if not whole.all():
        row = int(np.argmin(whole))
        raise BadInput(f"#/rows/{first + row}/served", "bound", f"served sums to {total[row]}; 1 is wanted")
    of_choice: Doubles = served[logged.chosen]
    same = np.abs(of_choice - logged.propensity) <= SUM_TOLERANCE
    if not same.all():
        row = int(np.argmin(same))
        said = f"propensity is {logged.propensity[row]}, but the choice was served with {of_choice[row]}"
        raise BadInput(f"#/rows/{first + row}/propensity", "bound", said)


def _finite(shared: Doubles, first: int) -> None:
    finite = np.isfinite(shared)
    if not finite.all():
        row, column = np.argwhere(~finite)[0].tolist()
        pointer = f"#/rows/{first + row}/shared/{column}"
        raise BadInput(pointer, "bound", f"shared is {shared[row, column]}; a sound one is finite")


def _all_candidates_as(
    wanted: str, right: Flags, name: str, column: npt.NDArray[np.generic], start: Indices, first: int
) -> None:
    if not right.all():
        at = int(np.argmin(right))
        row = int(np.searchsorted(start, at, side="right")) - 1
        raise BadInput(f"#/rows/{first + row}/{name}", "bound", f"{name} is {column[at]}; a sound one {wanted}")
