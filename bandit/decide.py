"""A request, a shelf and a model's weights become a decision. Pure: the same three give the same decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import msgspec
import numpy as np

from bandit.arrays import Floats, Rowed
from bandit.centring import NOWHERE, Centre
from bandit.config import Policy
from bandit.context import Packed, hash_context
from bandit.draws import uniform
from bandit.eligibility.limits import NONE, Limits
from bandit.exploration.choose import probabilities
from bandit.features import Vector
from bandit.page import page
from bandit.pricing import Prices, priced
from bandit.quick import Prepared, choose, prepare, refreshed
from bandit.records import HOLDOUT, LEARNED, Context, Decision, InlineCandidate, Round
from bandit.scoring import scores, standing
from bandit.shelf import Shelf
from bandit.stand import Stand, from_request, from_shelf, with_lower

Arm = Literal[0, 1]

_ARM_SLOT = 255  # a draw of its own, so that the arm says nothing about the ads


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """What a model has learned, as one shelf is scored with it."""

    table: Floats  # float32[2 ** bits]
    version: int  # names these weights; what each draw is keyed by
    # float32[n] what each candidate of the shelf scores whatever the request; None: not summed beforehand
    standing: Floats | None = None
    centre: Centre = NOWHERE  # means of the numbers of a request
    prepared: Prepared | None = None  # for the shelf that `standing` is of
    base: int = 0  # version before anything was learned: see bandit.lineage
    prices: Prices = field(default_factory=dict)  # what campaigns cost besides; of those in `standing` alone
    unpriced: Floats | None = None  # `standing` without prices

    @property
    def learned(self) -> int:
        """Outcomes learned: what exploration sharpens with."""
        return self.version - self.base


def weigh(
    table: Floats,
    version: int,
    shelf: Shelf,
    centre: Centre = NOWHERE,
    *,
    base: int = 0,
    prices: Mapping[str, float] | None = None,
) -> Weights:
    """Weights made ready for a shelf: what no request changes is summed here, once.

    table   float32[2 ** bits] C-contiguous, finite; not to be changed afterwards
    prices  as of `with_prices`
    """
    rows = shelf.ad_rows, shelf.place_rows
    unpriced = standing(table, shelf.terms, *rows, shelf.ad, shelf.placement)
    known, kept = priced(unpriced, shelf, prices or {})
    ready = prepare(shelf, known, centre, version - base)
    return Weights(table, version, known, centre, ready, base, kept, unpriced)


def with_prices(weights: Weights, shelf: Shelf, prices: Mapping[str, float]) -> Weights:
    """The same weights with other shadow prices; nothing is summed again.

    weights  that `weigh` gave for this shelf
    prices   campaign -> what showing it costs besides, in reward units; those of other shelves' campaigns are left out

    Raises BadInput for a price that is no number from 0 to PRICE_LIMIT.
    """
    unpriced = weights.unpriced if weights.unpriced is not None else weights.standing
    if unpriced is None or weights.prepared is None:
        raise ValueError("weights that were not made ready for a shelf have no prices")
    known, kept = priced(unpriced, shelf, prices)
    if kept == weights.prices:
        return weights
    ready = refreshed(weights.prepared, shelf, known, weights.centre, weights.learned)
    return replace(weights, standing=known, prepared=ready, prices=kept, unpriced=unpriced)


class Ask(msgspec.Struct, frozen=True):
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
    packed: Packed | None = None  # what `packed_context` gives for the context, where that is known already
    limits: Limits = NONE  # what of the shelf may not be shown to this user, here and now


def decide(ask: Ask, shelf: Shelf, weights: Weights) -> Decision:
    """Up to `ask.count` ads, each with the exact probability it was drawn with; none where none is eligible.

    ask.limits, weights  of this shelf

    Raises BadInput for a feature out of bounds, with a pointer into the request.
    """
    context = ask.context or {}
    if ask.inline:
        stand = from_request(ask.inline, every=shelf.policy.learning.every)
    else:
        stand = from_shelf(shelf, ask.time, ask.templates, ask.placements, ask.limits)
    arm = arm_of(ask.user or ask.id, shelf.policy)
    return Decision(
        id=ask.id,
        time=ask.time,
        user=ask.user,
        consent=ask.consent,
        arm=arm,
        catalog_version=shelf.version,
        model_version=weights.version,
        context=context,
        rounds=drawn(context, ask, stand, shelf, weights, arm),
        excluded=stand.excluded,
        inline=ask.inline,
        barred=stand.barred,
        prices={} if arm == HOLDOUT or ask.inline else weights.prices,
    )


def drawn(context: Context, ask: Ask, stand: Stand, shelf: Shelf, weights: Weights, arm: Arm) -> tuple[Round, ...]:
    """Up to `ask.count` draws over the stand's candidates. Raises as `decide` does."""
    return _quick_round(context, ask, stand, shelf, weights, arm) or _rounds(context, ask, stand, shelf, weights, arm)


def _quick_round(
    context: Context, ask: Ask, stand: Stand, shelf: Shelf, weights: Weights, arm: Arm
) -> tuple[Round, ...] | None:
    """The one round of a plain request, else None."""
    if weights.prepared is None or ask.count != 1 or ask.inline or arm == HOLDOUT or not stand.k:
        return None
    chance = uniform(ask.id, 0, weights.version)
    drawn = choose(context, stand, shelf, weights.table, weights.prepared, chance, ask.packed)
    return None if drawn is None else (drawn,)


def _rounds(context: Context, ask: Ask, stand: Stand, shelf: Shelf, weights: Weights, arm: Arm) -> tuple[Round, ...]:
    """The rounds of any request, step by step."""
    shared = hash_context(context, weights.centre, every=shelf.policy.learning.every)
    if not stand.k:
        return ()
    wide, priority = with_lower(stand) if ask.count > 1 else (stand, None)
    if arm == HOLDOUT:
        spread = _held_out(ask, shelf, wide)
    else:
        spread = _explored(_costs(shared, wide, shelf, weights), shelf, weights)
    chances = (uniform(ask.id, slot, weights.version) for slot in range(ask.count))
    laid = wide.laid
    slots = page(
        spread, laid.everyone, laid.template, laid.placement, chances,
        campaign=laid.campaign, rivals=laid.rivals, priority=priority,
    )  # fmt: skip
    return tuple(Round(wide.packed(slot.left), slot.probabilities.tobytes(), slot.chosen) for slot in slots)


def arm_of(key: bytes, policy: Policy) -> Arm:
    """The arm of a user, the same on every visit.

    key  the user's pseudonym; the decision's id, where nobody is named
    """
    if policy.holdout.share == 0.0:
        return LEARNED
    return HOLDOUT if uniform(key + policy.id.encode(), _ARM_SLOT, 0) < policy.holdout.share else LEARNED


def _costs(shared: tuple[Vector, Vector], stand: Stand, shelf: Shelf, weights: Weights) -> Floats:
    """float32[k] what each candidate is predicted to cost."""
    laid = stand.laid
    known = None if stand.inline else weights.standing
    if known is not None and stand.k < shelf.n:
        known = known[stand.positions]
    return scores(weights.table, shelf.terms, *shared, laid.ads, laid.places, laid.ad, laid.place, known)


def _explored(costs: Floats, shelf: Shelf, weights: Weights) -> Callable[[Rowed], Floats]:
    """The policy's exploration over whatever candidates are left."""

    def spread(left: Rowed) -> Floats:
        of = costs if len(left) == len(costs) else costs[left]
        return probabilities(of, shelf.policy.exploration, weights.learned)

    return spread


def _held_out(ask: Ask, shelf: Shelf, stand: Stand) -> Callable[[Rowed], Floats]:
    """All on the first candidate the baseline names, where one is left; else even."""
    baseline = shelf.policy.holdout.baseline
    fixed = (baseline.template, baseline.placement) if baseline.template else None
    wanted = ask.baseline if baseline.kind == "request" else fixed
    named = stand.named(shelf, *wanted) if wanted else np.zeros(stand.k, np.bool_)

    def spread(left: Rowed) -> Floats:
        found = np.flatnonzero(named[left])
        chances: Floats = np.full(len(left), 0.0 if len(found) else 1.0 / len(left), np.float32)
        chances[found[:1]] = 1.0
        return chances

    return spread
