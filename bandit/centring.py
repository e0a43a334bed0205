"""Numbers of a request less their running means: what is usual becomes 0, and only what differs speaks.

A number whose mean is large acts like a constant: it moves what all candidates share and blurs what tells them
apart. So the learner keeps the mean of each number of `User` and `Context` over all outcomes learned, the one being
learned included; it looks at no label. A number that is 0 more often than not, such as a pixel or a count of rare
things, is left as it is, since every 0 would become a feature. Requests are scored with the means of the model version
they are scored with, so a probability can be worked out again from that version. Scale needs no care: Vowpal Wabbit's
normalised update sees to it.

    Means   what the learner keeps and saves
    Centre  what is published of it with the weights; never changed

A number is known by its 32-bit hash. One that has no mean yet stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandit.arrays import Floats
from bandit.errors import Damaged
from bandit.features import EMPTY, LARGEST, NO_NUMBER, Vector
from bandit.kernels import centring, hashing

MOST = 4_096  # hashes that a mean is kept for, first come; bounds what is published with each version
NO_INDEX = np.zeros(0, np.uint64)
_SAVED = np.dtype([("hash", "<u4"), ("count", "<i8"), ("zeros", "<i8"), ("mean", "<f8")])
_SENT = np.dtype([("hash", "<u4"), ("mean", "<f4")])


@dataclass(frozen=True, slots=True, eq=False)
class Centre:
    """The means of one model version."""

    known: npt.NDArray[np.uint32]  # [m] rising hashes
    mean: Floats  # float32[m]

    def of(self, raw: Vector) -> Vector:
        """Features ready to be scored or learned: numbers less their means, without what is 0 then."""
        index, value = self.wide(raw)
        return Vector(index.astype(np.uint32), value)

    def wide(self, raw: Vector) -> tuple[npt.NDArray[np.uint64], Floats]:
        """Indices and values of `of`, the indices as Vowpal Wabbit keeps them."""
        if raw is EMPTY:
            return NO_INDEX, raw.value
        if raw.number is None:
            return raw.index.astype(np.uint64), raw.value
        index, value = np.empty(raw.index.size, np.uint64), np.empty(raw.index.size, np.float32)
        d = hashing.centred(raw.index, raw.value, raw.number, self.known, self.mean, index, value)
        return index[:d], value[:d]

    def values(self, raw: Vector) -> Floats:
        """float32[d] what `of` makes of each value, what is 0 included."""
        if raw.number is None or not len(self.known):
            return raw.value
        at = np.minimum(np.searchsorted(self.known, raw.index), len(self.known) - 1)
        less = np.where((raw.number == 1) & (self.known[at] == raw.index), self.mean[at], np.float32(0.0))
        return raw.value - less

    def to_bytes(self) -> bytes:
        return _packed(_SENT, self.known, self.mean)

    @classmethod
    def from_bytes(cls, sent: bytes) -> Centre:
        """Raises Damaged for anything but what `to_bytes` gives."""
        rows = _rows(_SENT, sent)
        return cls(rows["hash"].copy(), rows["mean"].copy())


NOWHERE = Centre(np.zeros(0, np.uint32), np.zeros(0, np.float32))  # leaves numbers as they are


class Means:
    """The running means of all numbers seen.

    >>> means = Means()
    >>> for value in (1.0, 0.0, 5.0):
    ...     means.add(Vector(np.array([7], np.uint32), np.array([value], np.float32), np.ones(1, np.uint8)))
    >>> means.centre().mean.tolist()
    [2.0]
    """

    def __init__(self) -> None:
        self._known = np.zeros(MOST, np.uint32)
        self._count = np.zeros(MOST, np.int64)
        self._zeros = np.zeros(MOST, np.int64)
        self._mean = np.zeros(MOST, np.float64)
        self._less = np.zeros(MOST, np.float32)  # what numbers are taken less
        self._size = 0
        self._live = NOWHERE  # a view

    def add(self, user: Vector, context: Vector = EMPTY) -> None:
        """Take in the numbers of one outcome, of both namespaces."""
        of_user = NO_NUMBER if user.number is None else user.number
        of_context = NO_NUMBER if context.number is None else context.number
        size = centring.observe(
            self._known, self._count, self._zeros, self._mean, self._less, self._size,
            user.index, user.value, of_user, context.index, context.value, of_context,
        )  # fmt: skip
        if size != self._size:
            self._look_at(int(size))

    def wide(self, raw: Vector) -> tuple[npt.NDArray[np.uint64], Floats]:
        """As `Centre.wide` with the means as they are now."""
        return self._live.wide(raw)

    def centre(self) -> Centre:
        """The means as they are now."""
        return Centre(self._live.known.copy(), self._live.mean.copy())

    def _look_at(self, size: int) -> None:
        self._size = size
        self._live = Centre(self._known[:size], self._less[:size])

    def to_bytes(self) -> bytes:
        return _packed(_SAVED, *(part[: self._size] for part in (self._known, self._count, self._zeros, self._mean)))

    @classmethod
    def from_bytes(cls, saved: bytes) -> Means:
        """Raises Damaged for anything but what `to_bytes` gives."""
        rows = _rows(_SAVED, saved)
        if np.any(rows["count"] < 1) or np.any(rows["zeros"] < 0) or np.any(rows["zeros"] > rows["count"]):
            raise Damaged("a mean is of one number or more, and no more zeros than that")
        means = cls()
        size = len(rows)
        means._known[:size], means._mean[:size] = rows["hash"], rows["mean"]
        means._count[:size], means._zeros[:size] = rows["count"], rows["zeros"]
        means._less[:size] = np.where(2 * rows["zeros"] > rows["count"], 0.0, rows["mean"])
        means._look_at(size)
        return means


def _packed(kind: np.dtype[np.void], *columns: npt.NDArray[np.generic]) -> bytes:
    rows = np.empty(len(columns[0]), kind)
    for name, column in zip(kind.names or (), columns, strict=True):
        rows[name] = column
    return rows.tobytes()


def _rows(kind: np.dtype[np.void], packed: bytes) -> npt.NDArray[np.void]:
    if len(packed) % kind.itemsize or len(packed) > MOST * kind.itemsize:
        raise Damaged(f"{len(packed)} bytes are no means")
    rows = np.frombuffer(packed, kind)
    if np.any(rows["hash"][1:] <= rows["hash"][:-1]):
        raise Damaged("hashes of means rise")
    if not np.all(np.abs(rows["mean"]) <= LARGEST):  # false for NaN, too
        raise Damaged(f"a mean is finite and within {LARGEST:.0f} of 0")
    return rows
