"""One policy's candidates, laid out once a catalog version so that a request only picks and scores.

A candidate is a (template, placement) pair that fits by format, by the template's own list and by what the placement
refuses; a template with a grammar stands for one row a variant. Pairs stand in the catalog's order, template by
template. A policy with fatigue has each pair once a level of `bandit.profiles.fatigue`, one behind the other. A log
record names a candidate by its position here, so the position says the level, too:

    position = pair * levels + level        row of its features in `ads` = template row * levels + level
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import NamedTuple

import numpy as np

from bandit.arrays import Doubles, Flags, Positions, Rowed
from bandit.catalog import (
    Campaign,
    Catalog,
    Placement,
    Template,
    ad_features,
    placement_features,
)
from bandit.config import Policy
from bandit.creatives.variants import expand
from bandit.eligibility.safety import clash
from bandit.features import EMPTY, Feature, Vector, hash_features
from bandit.profiles.exposures import named
from bandit.profiles.fatigue import LEVELS
from bandit.records import InlineCandidate, packed
from bandit.rivals import Rivals, rivals_of
from bandit.scoring import Rows, Terms, stack, terms


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """What a policy can show: n candidates, levels counted, of t templates, variants counted."""

    policy: Policy
    version: int  # of the catalog
    templates: tuple[Template, ...]  # [t] as a variant is shown
    placements: tuple[Placement, ...]  # [p]
    campaigns: tuple[Campaign, ...]  # [c]
    levels: int  # of fatigue, 1 without
    template: Rowed  # int32[n] template of each candidate
    placement: Rowed  # int32[n] placement of each candidate
    ad: Rowed  # int32[n] row of each candidate in `ads`; `template` itself where there is one level
    start: Rowed  # int32[t + 1] first pair of each template
    ads: tuple[Vector, ...]  # [t * levels] hashed features of each template at each level
    places: tuple[Vector, ...]  # [p] of each placement
    ad_rows: Rows  # the same, stacked
    place_rows: Rows
    terms: Terms  # which products of features have a weight
    campaign: Rowed  # int32[t] whose template it is, -1 for nobody's
    variant: Rowed  # int32[t] number of the variant, 0 where there is one
    same: Rowed  # int32[t] first row of the same template, so that its variants share a number
    variants: Rowed  # int32[t] how many the template has
    numbers: Positions  # uint32[t] the number each template's id stands as, see bandit.profiles.exposures
    rivals: Rivals | None  # of campaigns; None: there are none
    paused: Flags  # bool[t] template or its campaign is not active
    opens: Doubles  # float64[t] when the campaign starts, seconds since 1970
    closes: Doubles  # float64[t] when it ends
    turns: tuple[float, ...]  # rising times at which some campaign opens or closes, seconds since 1970
    template_at: dict[str, int]  # first row of each template
    placement_at: dict[str, int]

    @property
    def n(self) -> int:
        """How many candidates there are, each counted at each level."""
        return len(self.template)

    @property
    def pairs(self) -> int:
        """How many there are for a request."""
        return self.n // self.levels


class Picked(NamedTuple):
    """What a request may be shown of a shelf, as far as the catalog alone says."""

    positions: Positions  # uint32[k] rising, each at level 0
    excluded: dict[str, int]  # reason -> candidates kept out
    barred: dict[str, bytes]  # reason -> positions kept out, packed


def lay_out(catalog: Catalog, policy: Policy) -> Shelf:
    """The shelf of one policy of a checked catalog."""
    placements = [p for p in catalog.placements if policy.placements is None or p.id in policy.placements]
    variants = [expand(template) for template in catalog.templates]
    templates = tuple(chain.from_iterable(variants))
    counts = np.array([len(some) for some in variants], dtype=np.int32)
    first = np.cumsum(counts) - counts
    fits = [[j for j, place in enumerate(placements) if _fits(template, place)] for template in templates]
    start = np.cumsum([0, *map(len, fits)]).astype(np.int32)
    at = {campaign.id: i for i, campaign in enumerate(catalog.campaigns)}
    campaign = np.array([at.get(template.campaign or "", -1) for template in templates], dtype=np.int32)
    owners = [catalog.campaigns[i] if i >= 0 else Campaign(id="none") for i in campaign.tolist()]
    halted = [t.status != "active" or o.status != "active" for t, o in zip(templates, owners, strict=True)]
    levels = len(LEVELS) if policy.fatigue else 1
    ads = _ads(templates, policy)
    every = policy.learning.every
    places = tuple(hash_features("Placement", placement_features(place), every=every) for place in placements)
    if len(places) == 1:  # it ranks nothing, and learning it blurs what does
        places = (EMPTY,)
    template = np.repeat(np.arange(len(fits), dtype=np.int32), np.diff(start) * levels)
    opens = np.array([_seconds(owner.starts_at, -np.inf) for owner in owners], dtype=np.float64)
    closes = np.array([_seconds(owner.ends_at, np.inf) for owner in owners], dtype=np.float64)
    return Shelf(
        policy=policy,
        version=catalog.version,
        templates=templates,
        placements=tuple(placements),
        campaigns=catalog.campaigns,
        levels=levels,
        template=template,
        placement=np.repeat(np.array(list(chain.from_iterable(fits)), dtype=np.int32), levels),
        ad=template if levels == 1 else (template * levels + np.arange(len(template)) % levels).astype(np.int32),
        start=start,
        ads=ads,
        places=places,
        ad_rows=stack(ads),
        place_rows=stack(places),
        terms=terms(policy.learning),
        campaign=campaign,
        variant=np.arange(len(templates), dtype=np.int32) - np.repeat(first, counts).astype(np.int32),
        same=np.repeat(first, counts).astype(np.int32),
        variants=np.repeat(counts, counts),
        numbers=np.array([named(template.id) for template in templates], dtype=np.uint32),
        rivals=rivals_of(catalog.campaigns),
        paused=np.array(halted, dtype=np.bool_),
        opens=opens,
        closes=closes,
        turns=tuple(sorted({time for time in (*opens.tolist(), *closes.tolist()) if math.isfinite(time)})),
        template_at={template.id: int(i) for template, i in zip(catalog.templates, first, strict=True)},
        placement_at={place.id: j for j, place in enumerate(placements)},
    )


def row_features(shelf: Shelf, ad: int) -> dict[str, Feature]:
    """What the model is told of a row of `ads`: the template's features, and the level's where users tire."""
    row, level = divmod(ad, shelf.levels)
    return ad_features(shelf.templates[row]) | (LEVELS[level] if shelf.levels > 1 else {})


def picked(shelf: Shelf, now: float, templates: Sequence[str] | None, placements: Sequence[str] | None) -> Picked:
    """Candidates that may be shown at `now`, and which were kept out for which reason.

    now                    seconds since 1970
    templates, placements  only these ids, or None for all; an unknown id keeps nothing in and is counted

    What the caller did not ask for is not counted as kept out.
    """
    excluded: dict[str, int] = {}
    positions = _asked(shelf, templates, placements, excluded)
    of = shelf.template[positions]
    paused = shelf.paused[of]
    outside = ~paused & ((now < shelf.opens[of]) | (now >= shelf.closes[of]))
    barred = {}
    for reason, flags in (("status", paused), ("flight", outside)):
        if count := int(np.count_nonzero(flags)):
            excluded[reason], barred[reason] = count, packed(positions[flags])
    return Picked(positions[~(paused | outside)], excluded, barred)


def eligible(
    shelf: Shelf, now: float, templates: Sequence[str] | None, placements: Sequence[str] | None
) -> tuple[Positions, dict[str, int]]:
    """Positions in rising order, and {reason: candidates}: see `picked`."""
    positions, excluded, _ = picked(shelf, now, templates, placements)
    return positions, excluded


def inline_vectors(
    candidates: tuple[InlineCandidate, ...], *, every: bool = False
) -> tuple[list[Vector], list[Vector]]:
    """Ad and placement features of one or more candidates that a request described itself.

    Where the placements of all are alike, none has features: what all candidates share ranks nothing.

    every  as of `hash_features`

    Raises BadInput with a pointer into `candidates`.
    """
    ads, placements = [], []
    for i, candidate in enumerate(candidates):
        ad = {"id": candidate.template} | candidate.features
        place = {"id": candidate.placement} | candidate.placement_features
        ads.append(hash_features("Ad", ad, every=every, at=f"#/candidates/{i}/features"))
        placements.append(hash_features("Placement", place, every=every, at=f"#/candidates/{i}/placement_features"))
    alike = all(_same(place, placements[0]) for place in placements)
    return ads, [EMPTY] * len(placements) if alike else placements


def _same(one: Vector, other: Vector) -> bool:
    return np.array_equal(one.index, other.index) and np.array_equal(one.value, other.value)


def _asked(
    shelf: Shelf, templates: Sequence[str] | None, placements: Sequence[str] | None, excluded: dict[str, int]
) -> Positions:
    if templates is None:
        positions = np.arange(0, shelf.n, shelf.levels, dtype=np.uint32)
    else:
        known = sorted({shelf.template_at[i] for i in templates if i in shelf.template_at})
        if unknown := len({i for i in templates if i not in shelf.template_at}):
            excluded["unknown_template"] = unknown
        levels = shelf.levels
        ends = [(shelf.start[i] * levels, shelf.start[i + shelf.variants[i]] * levels) for i in known]
        runs = [np.arange(start, end, levels, dtype=np.uint32) for start, end in ends]
        positions = np.concatenate(runs) if runs else np.empty(0, dtype=np.uint32)
    if placements is not None:
        wanted = np.zeros(len(shelf.placements) + 1, dtype=np.bool_)
        wanted[[shelf.placement_at[i] for i in placements if i in shelf.placement_at]] = True
        if unknown := len({i for i in placements if i not in shelf.placement_at}):
            excluded["unknown_placement"] = unknown
        positions = positions[wanted[shelf.placement[positions]]]
    return positions


def _ads(templates: Sequence[Template], policy: Policy) -> tuple[Vector, ...]:
    """Features of each template at each level: those of a level stand behind the template's."""
    every = policy.learning.every
    ads = tuple(hash_features("Ad", ad_features(template), every=every) for template in templates)
    if not policy.fatigue:
        return ads
    tired = [hash_features("Ad", level, every=every) for level in LEVELS]
    return tuple(_joined(ad, level) for ad in ads for level in tired)


def _joined(one: Vector, other: Vector) -> Vector:
    return Vector(np.concatenate([one.index, other.index]), np.concatenate([one.value, other.value]))


def _fits(template: Template, place: Placement) -> bool:
    listed = template.placements is None or place.id in template.placements
    shown = template.formats is None or place.format in template.formats
    return listed and shown and not clash(template.labels, place.refuses)


def _seconds(instant: datetime | None, default: float) -> float:
    return default if instant is None else instant.timestamp()
