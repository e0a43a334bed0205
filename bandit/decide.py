"""A request, a shelf and a model's weights become a decision. Pure: the same three give the same decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bandit.arrays import Floats, Positions, Rowed
from bandit.config import Baseline
from bandit.draws import uniform
from bandit.exploration.choose import probabilities
from bandit.features import Vector, hash_context
from bandit.kernels.drawing import page
from bandit.records import HOLDOUT, LEARNED, Context, Decision, InlineCandidate, Round
from bandit.scoring import Rows, scores, stack
from bandit.shelf import Shelf, eligible, inline_vectors

_HOLDOUT_SLOT = 255  # a draw of its own, so that the arm says nothing about the ads


@dataclass(frozen=True, slots=True)
class Weights:
    """What a model has learned, as it is scored with."""

    table: Floats  # float32[2 ** bits]
    version: int  # outcomes learned


@dataclass(frozen=True, slots=True)
class Ask:
    """A request for ads, checked and stripped of everything that must not be kept."""

    id: bytes  # 16 bytes, unique; what every draw is keyed by
    time: float  # seconds since 1970
    user: bytes = b""  # 16 bytes pseudonym, or empty
    consent: bool = True
    context: Context | None = None
    count: int = 1  # ads wanted, 1 to 20
    templates: Sequence[str] | None = None  # only these
    placements: Sequence[str] | None = None  # only these
    inline: tuple[InlineCandidate, ...] = ()  # instead of the shelf's
    baseline: tuple[str, str | None] | None = None  # (template, placement) the shop would have shown


def decide(ask: Ask, shelf: Shelf, weights: Weights) -> Decision:
    """Up to `ask.count` ads, each with the exact probability it was drawn with; none where none is eligible.

    Raises BadInput for a feature out of bounds, with a pointer into the request.
    """
    context = ask.context or {}
    shared = hash_context(context)
    stand = _inline_stand(ask.inline) if ask.inline else _shelf_stand(ask, shelf)
    arm = _arm(ask, shelf)
    rounds: tuple[Round, ...] = ()
    if len(stand.positions):
        chances = _held_out(ask, shelf, stand) if arm == HOLDOUT else _learned(shared, shelf, stand, weights)
        draws = [uniform(ask.id, slot, weights.version) for slot in range(ask.count)]
        rounds = tuple(
            Round(stand.positions[kept].tobytes(), p.tobytes(), int(chosen))
            for kept, p, chosen in page(chances, *stand.identities, np.array(draws))
        )
    return Decision(
        id=ask.id,
        time=ask.time,
        user=ask.user,
        consent=ask.consent,
        arm=arm,
        catalog_version=shelf.version,
        model_version=weights.version,
        context=context,
        rounds=rounds,
        excluded=stand.excluded,
        inline=ask.inline,
    )


@dataclass(frozen=True, slots=True)
class _Stand:
    """The eligible candidates of one request."""

    positions: Positions  # uint32[k] what the record names them by
    template: Rowed  # int32[k] row of each in `ads`
    placement: Rowed  # int32[k] row of each in `places`
    ads: Rows
    places: Rows
    names: Sequence[tuple[str, str]] | None  # (template, placement) of inline candidates
    excluded: dict[str, int]

    @property
    def identities(self) -> tuple[Rowed, Rowed]:
        """int32[k] twice: candidates with equal numbers share a template, or a placement, on a page."""
        if self.names is None:
            return self.template, self.placement
        templates, placements = zip(*self.names, strict=True)
        return _numbered(templates), _numbered(placements)


def _shelf_stand(ask: Ask, shelf: Shelf) -> _Stand:
    positions, excluded = eligible(shelf, ask.time, ask.templates, ask.placements)
    return _Stand(
        positions,
        shelf.template[positions],
        shelf.placement[positions],
        shelf.ad_rows,
        shelf.place_rows,
        None,
        excluded,
    )


def _inline_stand(candidates: tuple[InlineCandidate, ...]) -> _Stand:
    """Inline candidates bring their own features; equal ids are the same template or placement in a page."""
    ads, places = inline_vectors(candidates)
    rows = np.arange(len(candidates), dtype=np.int32)
    names = [(candidate.template, candidate.placement) for candidate in candidates]
    return _Stand(rows.astype(np.uint32), rows, rows, stack(ads), stack(places), names, {})


def _arm(ask: Ask, shelf: Shelf) -> Literal[0, 1]:
    """The arm of a user, the same on every visit; of the request, where nobody is named."""
    key = (ask.user or ask.id) + shelf.policy.id.encode()
    return HOLDOUT if uniform(key, _HOLDOUT_SLOT, 0) < shelf.policy.holdout.share else LEARNED


def _learned(shared: tuple[Vector, Vector], shelf: Shelf, stand: _Stand, weights: Weights) -> Floats:
    costs = scores(weights.table, shelf.terms, *shared, stand.ads, stand.places, stand.template, stand.placement)
    return probabilities(costs, shelf.policy.exploration, weights.version)


def _held_out(ask: Ask, shelf: Shelf, stand: _Stand) -> Floats:
    """The baseline's probabilities: all on the ad it names if that is eligible, else even."""
    baseline = shelf.policy.holdout.baseline
    k = len(stand.positions)
    wanted = _named(ask, baseline)
    for i in range(k if wanted else 0):
        if wanted and _is(wanted, _name(shelf, stand, i)):
            sure = np.zeros(k, np.float32)
            sure[i] = 1.0
            return sure
    even: Floats = np.full(k, 1.0 / k, np.float32)
    return even


def _named(ask: Ask, baseline: Baseline) -> tuple[str, str | None] | None:
    if baseline.kind == "request":
        return ask.baseline
    return (baseline.template, baseline.placement) if baseline.template else None


def _is(wanted: tuple[str, str | None], name: tuple[str, str]) -> bool:
    return wanted[0] == name[0] and wanted[1] in (None, name[1])


def _name(shelf: Shelf, stand: _Stand, i: int) -> tuple[str, str]:
    if stand.names is not None:
        return stand.names[i]
    return shelf.templates[stand.template[i]].id, shelf.placements[stand.placement[i]].id


def _numbered(names: Sequence[str]) -> Rowed:
    first: dict[str, int] = {}
    return np.array([first.setdefault(name, len(first)) for name in names], np.int32)
