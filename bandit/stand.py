"""The candidates of one request: those of the shelf that are eligible, or those the request brings itself."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from bandit.arrays import Flags, Positions, Rowed
from bandit.eligibility.limits import NONE, Levels, Limits, Ranks
from bandit.eligibility.priorities import REASON as PRIORITY
from bandit.kernels import sifting
from bandit.records import InlineCandidate, packed, unpacked
from bandit.rivals import Rivals
from bandit.scoring import Rows, stack
from bandit.shelf import Shelf, inline_vectors, picked


@dataclass(frozen=True, slots=True)
class Laid:
    """k candidates as they are scored and drawn, step by step."""

    everyone: Rowed  # int32[k] 0 to k - 1
    ad: Rowed  # int32[k] row of each in `ads`
    place: Rowed  # int32[k] row of each in `places`
    ads: Rows
    places: Rows
    template: Rowed  # int32[k] equal numbers share a template on a page
    placement: Rowed  # int32[k] equal numbers share a placement
    campaign: Rowed  # int32[k] row of each in `rivals`
    rivals: Rivals | None
    names: Sequence[tuple[str, str]]  # (template, placement) of inline candidates, else empty


@dataclass(frozen=True, eq=False)
class Stand:
    """k candidates, as they are logged. What one call of a kernel does not need is laid out when it is asked for."""

    positions: Positions  # uint32[k] what the record names them by
    named_by: bytes  # the same, packed
    excluded: dict[str, int]  # reason -> candidates kept out
    barred: dict[str, bytes]  # reason -> positions kept out, each at level 0, packed
    shelf: Shelf | None = None
    inline: Laid | None = None  # of candidates that the request brought, in place of a shelf
    levels: Levels | None = None  # uint8[t] level that each template of the shelf has here; None: 0
    priority: Ranks | None = None  # uint8[t] of each template, where what has less than another is kept out

    @property
    def k(self) -> int:
        return len(self.positions)

    @cached_property
    def laid(self) -> Laid:
        """The candidates, row by row."""
        if self.inline is not None:
            return self.inline
        shelf = self.shelf
        assert shelf is not None, "a stand has candidates of a shelf or of the request"
        row, place = shelf.template[self.positions], shelf.placement[self.positions]
        ad = row if shelf.levels == 1 else shelf.ad[self.positions]
        return Laid(
            _everyone(self.k), ad, place, shelf.ad_rows, shelf.place_rows,
            shelf.same[row], place, shelf.campaign[row], shelf.rivals, (),
        )  # fmt: skip

    def packed(self, left: Rowed) -> bytes:
        """What the record names some of the candidates by, `everyone` or fewer."""
        return self.named_by if left is self.laid.everyone else packed(self.positions[left])

    def named(self, shelf: Shelf, template: str, placement: str | None) -> Flags:
        """bool[k]: which candidates are this template, in this placement or in any."""
        laid = self.laid
        if laid.names:
            return np.array([name[0] == template and placement in (None, name[1]) for name in laid.names])
        found: Flags = laid.template == shelf.template_at.get(template, -1)
        if placement is not None:
            found &= laid.placement == shelf.placement_at.get(placement, -1)
        return found


def from_shelf(
    shelf: Shelf,
    now: float,
    templates: Sequence[str] | None,
    placements: Sequence[str] | None,
    limits: Limits = NONE,
) -> Stand:
    """What may be shown of the shelf; arguments as of `picked`.

    limits  what this request may not be shown besides; its rows are those of this shelf
    """
    if templates is not None:
        return sifted(shelf, _picked(shelf, now, templates, placements), limits)
    turn = bisect_right(shelf.turns, now)
    stand = _standing(shelf, turn, None if placements is None else tuple(placements))
    return stand if limits is NONE else _left(shelf, stand, limits)


def _left(shelf: Shelf, stand: Stand, limits: Limits) -> Stand:
    """As `sifted`, for a stand that many requests have: what is left of it is remembered by what is kept out."""
    told = limits.key or not (limits.templates or limits.pairs or limits.placements)
    if limits.levels is not None or not told:
        return sifted(shelf, stand, limits)
    known = _known.get((stand, limits.key))
    if known is None:
        if len(_known) >= _KNOWN:
            _known.clear()
        known = _known[stand, limits.key] = sifted(shelf, stand, limits)
    return known


_KNOWN = 256  # of a thousand candidates each they take 3 MB
_known: dict[tuple[Stand, bytes], Stand] = {}


@lru_cache(maxsize=256)
def _standing(shelf: Shelf, turn: int, placements: tuple[str, ...] | None) -> Stand:
    """What may be shown until the next campaign opens or closes: the same for every request."""
    return _picked(shelf, shelf.turns[turn - 1] if turn else float("-inf"), None, placements)


def _picked(shelf: Shelf, now: float, templates: Sequence[str] | None, placements: Sequence[str] | None) -> Stand:
    return from_positions(shelf, *picked(shelf, now, templates, placements))


def from_positions(
    shelf: Shelf,
    positions: Positions,
    excluded: dict[str, int] | None = None,
    barred: dict[str, bytes] | None = None,
) -> Stand:
    """Candidates of the shelf by position, and which others were kept out for which reason."""
    return Stand(positions, packed(positions), excluded or {}, barred or {}, shelf)


def sifted(shelf: Shelf, stand: Stand, limits: Limits) -> Stand:
    """What is left of a stand at level 0, each candidate at the level that limits say.

    limits  for reasons that the stand knows none of

    Raises ValueError for flags, levels or priorities of another shelf.
    """
    if limits is NONE:
        return stand
    names = (*limits.templates, *limits.pairs, *limits.placements)
    levels = limits.levels if shelf.levels > 1 else None
    if not names and levels is None and limits.priority is None:
        return stand
    t, p = len(shelf.templates), len(shelf.placements)
    flags, (reasons, codes) = _flags(limits, t, p), _coded(names)
    level, priority = (_EMPTY if some is None else some for some in (levels, limits.priority))
    if len(flags) != len(codes) * (t + p) or len(level) not in (0, t) or len(priority) not in (0, t):
        raise ValueError(f"limits are not of this shelf of {t} templates and {p} placements")
    left, named_by, out, counts = sifting.sift(
        stand.positions, shelf.template, shelf.placement, flags, t, p, codes, len(reasons) - 1,
        priority, level, shelf.levels,
    )  # fmt: skip
    excluded, barred = stand.excluded, stand.barred
    if len(left) < stand.k:
        excluded, barred = excluded.copy(), barred.copy()
        told, packed_, end = counts.tolist(), out.tobytes(), 0
        for reason, count, size in zip(reasons, told, told[len(reasons) :], strict=False):
            if count:
                excluded[reason], barred[reason] = count, packed_[end : end + size]
                end += size
    return Stand(left, named_by.tobytes(), excluded, barred, shelf, None, levels, limits.priority)


def with_lower(stand: Stand) -> tuple[Stand, Ranks | None]:
    """The candidates of a stand and those that only their priority keeps out; then the priority of each.

    Where those of a higher one are used up, a further slot of a page falls to a lower one.
    """
    shelf, packed_lower = stand.shelf, stand.barred.get(PRIORITY)
    if shelf is None or stand.priority is None or packed_lower is None:
        return stand, None
    lower = unpacked(packed_lower, stand.excluded[PRIORITY])
    if stand.levels is not None:
        lower = lower + stand.levels[shelf.template[lower]]
    wide = from_positions(shelf, np.sort(np.concatenate([stand.positions, lower.astype(np.uint32)])))
    return wide, stand.priority[shelf.template[wide.positions]]


def from_request(candidates: tuple[InlineCandidate, ...], *, every: bool = False) -> Stand:
    """What the request described, each with features of its own. Raises BadInput with a pointer into it.

    every  as of `hash_features`
    """
    ads, places = inline_vectors(candidates, every=every)
    rows = _everyone(len(candidates))
    names = [(candidate.template, candidate.placement) for candidate in candidates]
    same = _numbered([name for name, _ in names]), _numbered([name for _, name in names])
    laid = Laid(rows, rows, rows, stack(ads), stack(places), *same, np.zeros_like(rows), None, names)
    positions = rows.astype(np.uint32)
    return Stand(positions, packed(positions), {}, {}, None, laid)


_EMPTY = np.zeros(0, np.uint8)


def _flags(limits: Limits, t: int, p: int) -> npt.NDArray[np.uint8]:
    """Rule by rule, which templates and which placements it keeps out together."""
    parts: list[Flags] = []
    for templates in limits.templates.values():
        parts += (templates, _ones(p))
    for pair in limits.pairs.values():
        parts += pair
    for placements in limits.placements.values():
        parts += (_ones(t), placements)
    return np.concatenate(parts).view(np.uint8) if parts else _EMPTY


@lru_cache(maxsize=256)
def _coded(names: tuple[str, ...]) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
    """The reasons there are, priority last, and the number of each name's."""
    reasons = tuple(dict.fromkeys(names))
    return (*reasons, PRIORITY), np.array([reasons.index(name) for name in names], np.int64)


@lru_cache(maxsize=64)
def _ones(n: int) -> Flags:
    return np.ones(n, np.bool_)


def _everyone(k: int) -> Rowed:
    return np.arange(k, dtype=np.int32)


def _numbered(names: Sequence[str]) -> Rowed:
    first: dict[str, int] = {}
    return np.array([first.setdefault(name, len(first)) for name in names], np.int32)
