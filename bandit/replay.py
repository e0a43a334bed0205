"""Past outcomes to learn again, drawn so that the draw can be repeated.

Online learning wastes samples: each outcome moves the weights once. Learning a few past outcomes with
each new one makes more of every click. What is drawn depends on the outcomes so far and on the key of the
new one, not on clock or process, so a log read twice gives the same model.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import Generic, TypeVar

from bandit.config import Replay

Item = TypeVar("Item")

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15  # splitmix64's step


class Buffer(Generic[Item]):
    """The last `size` items, oldest first."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._items: list[Item] = []
        self._oldest = 0

    def __len__(self) -> int:
        return len(self._items)

    def add(self, item: Item) -> None:
        """Take in an item; when full the oldest goes."""
        if len(self._items) < self.size:
            self._items.append(item)
        elif self.size:
            self._items[self._oldest] = item
            self._oldest = (self._oldest + 1) % self.size

    def draw(self, key: bytes, count: int) -> list[Item]:
        """`count` items drawn evenly with replacement; none from an empty buffer."""
        size = len(self._items)
        if not size or not count:
            return []
        return [self._items[(self._oldest + p) % size] for p in positions(key, count, size)]


def depth(replay: Replay, seen: int, rewarded: int) -> int:
    """How many past outcomes to learn with the next one.

    seen      outcomes learned so far
    rewarded  how many of them had a reward other than 0

        depth * (rewarded + 1) / (seen + 1) * min(1, full_until / seen)

    rounded down, not below `least` (nor above `depth`: 0 switches replay off).

    >>> replay = Replay(depth=16, full_until=1_000, least=1)
    >>> [depth(replay, *counts) for counts in ((0, 0), (999, 499), (1_999, 1_999), (100_000, 1_000))]
    [16, 8, 8, 1]
    """
    told = replay.depth * (rewarded + 1) * min(seen, replay.full_until) // ((seen + 1) * max(seen, 1))
    return min(replay.depth, max(replay.least, told if seen else replay.depth))


def positions(key: bytes, count: int, size: int) -> Iterator[int]:
    """`count` positions in [0, size), a function of the key: splitmix64 seeded with its hash.

    Source: Steele, Lea & Flood, OOPSLA 2014; the range is taken by Lemire's multiplication, whose bias is
    size / 2**64.

    >>> list(positions(b"1700000000000-0", 3, 4096))
    [3999, 3511, 2422]
    """
    state = int.from_bytes(blake2b(key, digest_size=8, person=b"adbandit/replay").digest(), "little")
    for _ in range(count):
        state = (state + GOLDEN) & MASK
        mixed = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & MASK
        yield ((mixed ^ (mixed >> 31)) * size) >> 64
