"""The candidates of one request: those of the shelf that are eligible, or those the request brings itself."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from bandit.arrays import Flags, Positions, Rowed
from bandit.records import InlineCandidate, packed
from bandit.scoring import Rows, stack
from bandit.shelf import Shelf, eligible, inline_vectors


@dataclass(frozen=True, slots=True)
class Stand:
    """k candidates, as they are scored, drawn and logged."""

    positions: Positions  # uint32[k] what the record names them by
    named_by: bytes  # the same, packed
    everyone: Rowed  # int32[k] 0 to k - 1
    template: Rowed  # int32[k] row of each in `ads`
    placement: Rowed  # int32[k] row of each in `places`
    ads: Rows
    places: Rows
    same_template: Rowed  # int32[k] equal numbers share a template on a page
    same_placement: Rowed  # int32[k] equal numbers share a placement
    names: Sequence[tuple[str, str]]  # (template, placement) of inline candidates, else empty
    excluded: dict[str, int]  # reason -> candidates kept out

    @property
    def k(self) -> int:
        return len(self.positions)

    def packed(self, left: Rowed) -> bytes:
        """What the record names some of the candidates by, `everyone` or fewer."""
        return self.named_by if left is self.everyone else packed(self.positions[left])

    def named(self, shelf: Shelf, template: str, placement: str | None) -> Flags:
        """bool[k]: which candidates are this template, in this placement or in any."""
        if self.names:
            return np.array([name[0] == template and placement in (None, name[1]) for name in self.names])
        found: Flags = self.template == shelf.template_at.get(template, -1)
        if placement is not None:
            found &= self.placement == shelf.placement_at.get(placement, -1)
        return found


def from_shelf(shelf: Shelf, now: float, templates: Sequence[str] | None, placements: Sequence[str] | None) -> Stand:
    """What may be shown of the shelf; arguments as of `eligible`."""
    if templates is not None:
        return _picked(shelf, now, templates, placements)
    turn = bisect_right(shelf.turns, now)
    return _standing(shelf, turn, None if placements is None else tuple(placements))


@lru_cache(maxsize=256)
def _standing(shelf: Shelf, turn: int, placements: tuple[str, ...] | None) -> Stand:
    """What may be shown until the next campaign opens or closes: the same for every request."""
    return _picked(shelf, shelf.turns[turn - 1] if turn else float("-inf"), None, placements)


def _picked(shelf: Shelf, now: float, templates: Sequence[str] | None, placements: Sequence[str] | None) -> Stand:
    return from_positions(shelf, *eligible(shelf, now, templates, placements))


def from_positions(shelf: Shelf, positions: Positions, excluded: dict[str, int] | None = None) -> Stand:
    """Candidates of the shelf by position, and how many others were kept out for which reason."""
    template, placement = shelf.template[positions], shelf.placement[positions]
    named, out = _named(positions), excluded or {}
    return Stand(*named, template, placement, shelf.ad_rows, shelf.place_rows, template, placement, (), out)


def from_request(candidates: tuple[InlineCandidate, ...], *, every: bool = False) -> Stand:
    """What the request described, each with features of its own. Raises BadInput with a pointer into it.

    every  as of `hash_features`
    """
    ads, places = inline_vectors(candidates, every=every)
    rows = np.arange(len(candidates), dtype=np.int32)
    names = [(candidate.template, candidate.placement) for candidate in candidates]
    same = _numbered([name for name, _ in names]), _numbered([name for _, name in names])
    return Stand(*_named(rows.astype(np.uint32)), rows, rows, stack(ads), stack(places), *same, names, {})


def _named(positions: Positions) -> tuple[Positions, bytes, Rowed]:
    return positions, packed(positions), np.arange(len(positions), dtype=np.int32)


def _numbered(names: Sequence[str]) -> Rowed:
    first: dict[str, int] = {}
    return np.array([first.setdefault(name, len(first)) for name in names], np.int32)
