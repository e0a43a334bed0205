"""A fold made again from the outcomes an archive holds: the same bytes as the learner that read the log.

    along       of all outcomes, those a model's line says it has learned, as it has learned them
    relearned   learns them, in steps, for whoever must look at versions on the way
    continuing  goes on over the log, from the checkpoint that lists the archive's last file

Outcomes come in log order, one at a time, so an archive of any length needs the memory of one file.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import chain

from msgspec.structs import replace

from bandit.config import RewardFormula
from bandit.errors import Damaged
from bandit.fold import TOGETHER, Checkpoint, Fold
from bandit.join import order
from bandit.lineage import Line
from bandit.records import Entry, Outcome
from bandit.rewards import reward as worth

NEVER = math.inf
Entries = Iterable[tuple[str, Entry | None]]  # (position, entry), None for a damaged one


def relearned(fold: Fold, outcomes: Iterable[Outcome], stops: Iterable[int] = ()) -> Iterator[int]:
    """Have the fold learn outcomes; gives each of `stops` as soon as it is the model's version.

    outcomes  in log order
    stops     rising versions; one that the model passes over, being amid the slots of one outcome, is not given

    Afterwards the fold's `read` and its open decisions are still to be taken from the log: see `continuing`.
    """
    waiting = iter(stops)
    wanted = next(waiting, NEVER)
    some: list[Outcome] = []
    due = 0  # versions that `some` add at most
    cursor = fold.cursor
    for outcome in chain(outcomes, [None]):
        if outcome is None or len(some) == TOGETHER or fold.model.learned + due >= wanted:
            fold.learn(some)
            some, due = [], 0
            while wanted <= fold.model.learned:
                if wanted == fold.model.learned:
                    yield int(wanted)
                wanted = next(waiting, NEVER)
        if outcome is None:
            break
        cursor = outcome.position
        some.append(outcome)
        due += len(outcome.rewards) if outcome.decision.trainable else 0
    fold.cursor = cursor


def continuing(fold: Fold, checkpoint: Checkpoint, entries: Entries, read: str) -> Iterator[int]:
    """Take the fold on over the log from where the archive ends; gives the model's outcomes after each new entry.

    fold        has learned every outcome up to the checkpoint
    checkpoint  of the snapshot, its files those of the archive
    entries     of the log from `Fold.needed_from` of then on, in order; None for one that is damaged
    read        last entry to take in
    """
    fold.rejoin(checkpoint)
    for position, entry in entries:
        if order(position) > order(read):
            return
        new = order(position) > order(checkpoint.read)
        closed: list[Outcome] = []
        try:
            if entry is None:
                raise Damaged("set aside")
            closed = fold.follow(position, entry)
        except Damaged:
            if new:
                fold.skip(position)
        fold.learn(closed)
        if new:
            yield fold.model.learned


def rewarded(outcome: Outcome, formula: RewardFormula) -> Outcome:
    """An outcome with the rewards that a formula gives its events."""
    slots = range(len(outcome.rewards))
    told = outcome.events
    rewards = tuple(worth(formula, [event for event in told if event.slot == slot]) for slot in slots)
    return replace(outcome, rewards=rewards)


def along(outcomes: Iterable[Outcome], line: Line) -> Iterator[Outcome]:
    """Of the outcomes in log order, those that a line's model has learned, with the rewards it learned them with."""
    left_out = line.left_out()
    for outcome in outcomes:
        if line.learns(outcome.position) and outcome.decision.id not in left_out:
            other = line.reward and order(outcome.position) <= order(line.reward_until)
            yield rewarded(outcome, line.reward) if other and line.reward else outcome
