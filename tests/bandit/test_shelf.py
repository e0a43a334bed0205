"""A policy's candidates: exactly the pairs that fit, found again by position."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bandit.catalog import Campaign, Catalog, Placement, Template, checked
from bandit.config import Policy
from bandit.errors import BadInput
from bandit.records import InlineCandidate
from bandit.shelf import Shelf, eligible, inline_vectors, lay_out
from tests.entries import laws

NOW_S = 1_800_000_000.0
TEMPLATES, PLACEMENTS, CAMPAIGNS = ("t0", "t1", "t2", "t3"), ("p0", "p1", "p2"), ("c0", "c1")
FORMATS = ("", "wide", "tall")


def at(offset_s: int | None) -> datetime | None:
    return None if offset_s is None else datetime.fromtimestamp(NOW_S + offset_s, UTC)


def some(ids: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...] | None]:
    return st.none() | st.lists(st.sampled_from(ids), unique=True).map(tuple)


flights = st.sampled_from([(None, None), (0, None), (1, None), (None, 0), (None, 1), (-9, 9), (-9, -1)])


@st.composite
def catalogs(draw: st.DrawFn) -> Catalog:
    placements = draw(some(PLACEMENTS)) or ()
    campaigns = []
    for campaign in CAMPAIGNS:
        starts, ends = draw(flights)
        status = draw(st.sampled_from(["active", "active", "paused", "ended"]))
        campaigns.append(Campaign(id=campaign, status=status, starts_at=at(starts), ends_at=at(ends)))
    templates = [
        Template(
            id=template,
            campaign=draw(st.none() | st.sampled_from(CAMPAIGNS)),
            status=draw(st.sampled_from(["active", "active", "paused"])),
            formats=draw(some(FORMATS)),
            placements=draw(some(placements)) if placements else None,
        )
        for template in draw(some(TEMPLATES)) or ()
    ]
    own = draw(some(placements)) if placements else None
    return checked(
        Catalog(
            version=3,
            policies=(Policy(id="home", placements=own),),
            placements=tuple(Placement(id=p, format=draw(st.sampled_from(FORMATS))) for p in placements),
            campaigns=tuple(campaigns),
            templates=tuple(templates),
        )
    )


def pairs(catalog: Catalog) -> list[tuple[Template, Placement]]:
    """The candidates, read off the catalog one by one."""
    own = catalog.policies[0].placements
    return [
        (template, placement)
        for template in catalog.templates
        for placement in catalog.placements
        if (own is None or placement.id in own)
        and (template.placements is None or placement.id in template.placements)
        and (template.formats is None or placement.format in template.formats)
    ]


def kept_out(catalog: Catalog, template: Template, now: float) -> str | None:
    """Why a template may not be shown, if so."""
    owner = next((c for c in catalog.campaigns if c.id == template.campaign), Campaign(id="none"))
    if template.status != "active" or owner.status != "active":
        return "status"
    early = owner.starts_at is not None and now < owner.starts_at.timestamp()
    return "flight" if early or (owner.ends_at is not None and now >= owner.ends_at.timestamp()) else None


def names(shelf: Shelf, position: int) -> tuple[str, str]:
    return shelf.templates[shelf.template[position]].id, shelf.placements[shelf.placement[position]].id


def shelf_of(catalog: Catalog) -> Shelf:
    return lay_out(catalog, catalog.policies[0])


@laws(150)
@given(catalogs())
def test_candidates_are_the_pairs_that_fit_in_the_catalog_s_order(catalog: Catalog) -> None:
    shelf = shelf_of(catalog)
    assert [names(shelf, i) for i in range(shelf.n)] == [(t.id, p.id) for t, p in pairs(catalog)]


@laws(250)
@given(catalogs(), some((*TEMPLATES, "t9")), some((*PLACEMENTS, "p8", "p9")), st.integers(-10, 10))
def test_eligible_is_what_was_asked_for_less_what_may_not_be_shown_now(
    catalog: Catalog, templates: tuple[str, ...] | None, placements: tuple[str, ...] | None, at_s: int
) -> None:
    shelf, now = shelf_of(catalog), NOW_S + at_s
    positions, excluded = eligible(shelf, now, templates, placements)
    asked = [
        (i, kept_out(catalog, template, now))
        for i, (template, placement) in enumerate(pairs(catalog))
        if (templates is None or template.id in templates) and (placements is None or placement.id in placements)
    ]
    assert positions.tolist() == [i for i, reason in asked if reason is None]
    for reason in ("status", "flight"):
        assert excluded.get(reason, 0) == sum(why == reason for _, why in asked)
    unknown = len(set(templates or ()) - set(shelf.template_at))
    assert excluded.get("unknown_template", 0) == unknown


def test_an_empty_catalog_has_no_candidate() -> None:
    shelf = lay_out(Catalog(), Policy(id="home"))
    assert eligible(shelf, NOW_S, None, None)[0].size == 0
    assert eligible(shelf, NOW_S, ["t0"], ["p0"])[1] == {"unknown_template": 1, "unknown_placement": 1}


def test_a_shelf_says_which_catalog_version_its_positions_belong_to() -> None:
    assert lay_out(replace(Catalog(), version=7), Policy(id="home")).version == 7


def test_inline_features_are_hashed_as_the_catalog_s_are() -> None:
    template, placement = Template(id="t", features={"x": 1.5}), Placement(id="p", features={"y": True})
    shelf = lay_out(Catalog(templates=(template,), placements=(placement, Placement(id="q"))), Policy(id="home"))
    inline = InlineCandidate(template="t", placement="p", features={"x": 1.5}, placement_features={"y": True})
    ads, places = inline_vectors((inline, InlineCandidate(template="t", placement="q")))
    assert np.array_equal(ads[0].index, shelf.ads[0].index)
    assert [place.index.tolist() for place in places] == [place.index.tolist() for place in shelf.places]


def test_a_placement_that_all_candidates_share_has_no_features() -> None:
    catalog = Catalog(templates=(Template(id="t"), Template(id="u")), placements=(Placement(id="p"), Placement(id="q")))
    alone = lay_out(catalog, Policy(id="home", placements=("p",)))
    _, places = inline_vectors(
        (InlineCandidate(template="t", placement="p"), InlineCandidate(template="u", placement="p"))
    )
    assert [place.index.size for place in (*alone.places, *places)] == [0, 0, 0]


def test_a_fault_in_an_inline_candidate_is_pointed_at() -> None:
    sound, broken = InlineCandidate(template="a"), InlineCandidate(template="b", features={"x": 1e9})
    with pytest.raises(BadInput, match="#/candidates/1/features/x"):
        inline_vectors((sound, broken))
