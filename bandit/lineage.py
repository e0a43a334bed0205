"""Which outcomes a model has learned, and what its versions are counted from.

A model is a fold over the archive: over all of it, or, after a rebuild, with other rewards or without some decisions;
after a rollback, without what was learned between. Its `Line` says so, so that anybody can fold it again. A version
is `base + outcomes learned`; every new line begins above all versions before it, so a version names one set of weights.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from bandit.config import RewardFormula
from bandit.errors import SnapshotRefused
from bandit.join import order

START = "0-0"  # before every entry of a log
ID_BYTES = 16  # of a decision
JUMP = 1_000_000  # versions; more than can be lost at once

How = Literal["first", "rebuild", "rollback", "lost", "emptied"]


class Span(msgspec.Struct, frozen=True):
    """Log positions behind `after`, up to and with `until`; null: to the end."""

    after: str = START
    until: str | None = None

    def holds(self, position: str) -> bool:
        """Whether an outcome of this position was learned."""
        at = order(position)
        return at > order(self.after) and (self.until is None or at <= order(self.until))


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One unbroken run of versions.

    lost     the store came back without its last moments: what was learned in them has been learned again
    emptied  the store came back without anything, beside an archive of before
    """

    how: How = "first"
    base: int = 0  # version of this line's model before it has learned anything
    since: int = 0  # first version that was published
    spans: tuple[Span, ...] = (Span(),)
    without: bytes = b""  # ids of decisions that were left out, 16 bytes each
    reward: RewardFormula | None = None  # what rewards were made by, instead of the formula of the decision's time
    reward_until: str = START  # last outcome that holds for

    def learns(self, position: str) -> bool:
        """Whether an outcome of this position belongs to the model."""
        return any(span.holds(position) for span in self.spans)

    def left_out(self) -> frozenset[bytes]:
        """Ids of decisions the model has not learned from."""
        ids = self.without
        return frozenset(ids[at : at + ID_BYTES] for at in range(0, len(ids), ID_BYTES))


Lines = tuple[Line, ...]  # oldest first; the last is the one in force

FIRST: Lines = (Line(),)


def encoded(lines: Lines) -> bytes:
    return msgspec.msgpack.encode(lines)


def decoded(stored: bytes) -> Lines:
    """Raises SnapshotRefused for what `encoded` did not make."""
    try:
        lines = msgspec.msgpack.decode(stored, type=Lines)
        for line in lines:
            positions = [line.reward_until, *(at for span in line.spans for at in (span.after, span.until) if at)]
            sorted(positions, key=order)  # each is one
    except (msgspec.MsgspecError, ValueError, RecursionError) as fault:
        raise SnapshotRefused(f"the snapshot's lines are damaged: {fault}") from None
    if not lines:
        raise SnapshotRefused("the snapshot says of no line")
    return lines


def above(version: int) -> int:
    """A base no version up to this one reaches, however many of them were lost.

    >>> above(2_345)
    2000000
    """
    return (version // JUMP + 2) * JUMP
