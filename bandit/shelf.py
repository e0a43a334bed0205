"""One policy's candidates, laid out once a catalog version so that a request only picks and scores.

A candidate is a (template, placement) pair that fits by format and by the template's own list. Pairs stand in
the catalog's order, template by template; a log record names a candidate by its position here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

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
from bandit.features import EMPTY, Vector, hash_features
from bandit.records import InlineCandidate
from bandit.scoring import Rows, Terms, stack, terms


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """What a policy can show."""

    policy: Policy
    version: int  # of the catalog
    templates: tuple[Template, ...]
    placements: tuple[Placement, ...]
    template: Rowed  # int32[n] template of each candidate
    placement: Rowed  # int32[n] placement of each candidate
    start: Rowed  # int32[t + 1] first candidate of each template
    ads: tuple[Vector, ...]  # hashed features of each template
    places: tuple[Vector, ...]  # of each placement
    ad_rows: Rows  # the same, stacked
    place_rows: Rows
    terms: Terms  # which products of features have a weight
    paused: Flags  # bool[t] template or its campaign is not active
    opens: Doubles  # float64[t] when the campaign starts, seconds since 1970
    closes: Doubles  # float64[t] when it ends
    turns: tuple[float, ...]  # rising times at which some campaign opens or closes, seconds since 1970
    template_at: dict[str, int]
    placement_at: dict[str, int]

    @property
    def n(self) -> int:
        """How many candidates there are."""
        return len(self.template)


def lay_out(catalog: Catalog, policy: Policy) -> Shelf:
    """The shelf of one policy of a checked catalog."""
    placements = [p for p in catalog.placements if policy.placements is None or p.id in policy.placements]
    fits = [[j for j, place in enumerate(placements) if _fits(template, place)] for template in catalog.templates]
    campaigns = {campaign.id: campaign for campaign in catalog.campaigns}
    owners = [campaigns.get(template.campaign or "", Campaign(id="none")) for template in catalog.templates]
    halted = [t.status != "active" or o.status != "active" for t, o in zip(catalog.templates, owners, strict=True)]
    every = policy.learning.every
    ads = tuple(hash_features("Ad", ad_features(template), every=every) for template in catalog.templates)
    places = tuple(hash_features("Placement", placement_features(place), every=every) for place in placements)
    if len(places) == 1:  # it ranks nothing, and learning it blurs what does
        places = (EMPTY,)
    opens = np.array([_seconds(owner.starts_at, -np.inf) for owner in owners], dtype=np.float64)
    closes = np.array([_seconds(owner.ends_at, np.inf) for owner in owners], dtype=np.float64)
    return Shelf(
        policy=policy,
        version=catalog.version,
        templates=catalog.templates,
        placements=tuple(placements),
        template=np.repeat(np.arange(len(fits), dtype=np.int32), [len(places) for places in fits]),
        placement=np.array([place for places in fits for place in places], dtype=np.int32),
        start=np.concatenate([[0], np.cumsum([len(places) for places in fits])]).astype(np.int32),
        ads=ads,
        places=places,
        ad_rows=stack(ads),
        place_rows=stack(places),
        terms=terms(policy.learning),
        paused=np.array(halted, dtype=np.bool_),
        opens=opens,
        closes=closes,
        turns=tuple(sorted({time for time in (*opens.tolist(), *closes.tolist()) if math.isfinite(time)})),
        template_at={template.id: i for i, template in enumerate(catalog.templates)},
        placement_at={place.id: j for j, place in enumerate(placements)},
    )


def eligible(
    shelf: Shelf, now: float, templates: Sequence[str] | None, placements: Sequence[str] | None
) -> tuple[Positions, dict[str, int]]:
    """Candidates that may be shown at `now`, and how many were kept out for which reason.

    now                    seconds since 1970
    templates, placements  only these ids, or None for all; an unknown id keeps nothing in and is counted

    Returns (uint32[k] positions in rising order, {reason: candidates}); what the caller did not ask for is
    not counted as kept out.
    """
    excluded: dict[str, int] = {}
    positions = _asked(shelf, templates, placements, excluded)
    of = shelf.template[positions]
    paused = shelf.paused[of]
    outside = ~paused & ((now < shelf.opens[of]) | (now >= shelf.closes[of]))
    for reason, flags in (("status", paused), ("flight", outside)):
        if count := int(np.count_nonzero(flags)):
            excluded[reason] = count
    return positions[~(paused | outside)], excluded


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
        positions = np.arange(shelf.n, dtype=np.uint32)
    else:
        known = sorted({shelf.template_at[i] for i in templates if i in shelf.template_at})
        if unknown := len({i for i in templates if i not in shelf.template_at}):
            excluded["unknown_template"] = unknown
        runs = [np.arange(shelf.start[i], shelf.start[i + 1], dtype=np.uint32) for i in known]
        positions = np.concatenate(runs) if runs else np.empty(0, dtype=np.uint32)
    if placements is not None:
        wanted = np.zeros(len(shelf.placements) + 1, dtype=np.bool_)
        wanted[[shelf.placement_at[i] for i in placements if i in shelf.placement_at]] = True
        if unknown := len({i for i in placements if i not in shelf.placement_at}):
            excluded["unknown_placement"] = unknown
        positions = positions[wanted[shelf.placement[positions]]]
    return positions


def _fits(template: Template, place: Placement) -> bool:
    listed = template.placements is None or place.id in template.placements
    return listed and (template.formats is None or place.format in template.formats)


def _seconds(instant: datetime | None, default: float) -> float:
    return default if instant is None else instant.timestamp()
