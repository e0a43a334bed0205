"""What can be shown: templates, placements, campaigns and policies, as one immutable snapshot.

A `Catalog` is what a shop writes down; it is checked as a whole and never changed: every edit makes the next
version. What a request needs of it is laid out once, in `bandit.shelf`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import islice
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from bandit.config import Id, Label, Policy, Text
from bandit.creatives.checks import check_slots
from bandit.creatives.slots import Filling, Grammar
from bandit.eligibility.caps import Cap
from bandit.eligibility.rules import Phrase, Targeting
from bandit.errors import BadInput
from bandit.features import Feature, hash_features, pointer
from bandit.links import ANY, Hosts, Url
from bandit.pacing.budget import Budget, Price
from bandit.pacing.checks import check_money
from bandit.profiles.fatigue import LAST, LEVELS, OFTEN
from bandit.sandbox import why_not

Instant = Annotated[datetime, Meta(tz=True)]
Caps = Annotated[tuple[Cap, ...], Meta(max_length=4)]
Labels = Annotated[tuple[Label, ...], Meta(max_length=50)]
Pixels = Annotated[int, Meta(ge=1, le=10_000)]

KINDS = ("policies", "placements", "campaigns", "templates")

HEADLINE, CALL_TO_ACTION = "headline", "call_to_action"  # features of a template's variants
VARIANTS = 100  # of one template


class Creative(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the shopper sees. Texts may use the placeholders of `bandit.creatives.placeholders`, `html` these and
    {image_url}, {video_url}, {price}, {was_price} and {click_url}; each is escaped.

    `check_creative` says what is refused besides.
    """

    title: Text = ""
    description: Text = ""
    image_url: Url | None = None
    video_url: Url | None = None
    call_to_action: Annotated[str, Meta(max_length=64)] = ""
    link: Url | None = None  # landing page of a click
    html: Annotated[str, Meta(max_length=20_000)] | None = None


class Campaign(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who pays, and when it runs: from `starts_at` up to, not including, `ends_at`."""

    id: Id
    status: Literal["active", "paused", "ended"] = "active"
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    advertiser: Id | None = None  # who pays, for people; nothing is decided by it
    priority: Annotated[int, Meta(ge=0, le=9)] = 5  # where any of a higher one may be shown, none of a lower one is
    targeting: Targeting | None = None  # null: everybody, everywhere
    keywords: Annotated[tuple[Phrase, ...], Meta(max_length=200)] = ()  # what a search placement's query is matched to
    avoids: Labels = ()  # brand safety: labels of pages it is not shown on
    rivals: Labels = ()  # of two campaigns that share one of these, a page shows one
    caps: Caps = ()  # of all its ads together
    price: Price | None = None  # null: nothing is paid
    budget: Budget | None = None  # null: no end

    def __post_init__(self) -> None:
        if self.starts_at and self.ends_at and self.starts_at >= self.ends_at:
            raise ValueError(
                f"starts_at {self.starts_at.isoformat()} must be before ends_at {self.ends_at.isoformat()}"
            )


class Placement(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A position on a page."""

    id: Id
    page_type: Label = ""
    format: Label = ""
    kind: Literal["content", "search"] = "content"  # search: only campaigns with a keyword in the query
    width: Pixels | None = None
    height: Pixels | None = None
    refuses: Labels = ()  # brand safety: labels of templates it does not show
    caps: Caps = ()  # of everything shown here
    features: dict[str, Feature] = {}


class Template(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An ad creative with its features and where it may stand."""

    id: Id
    campaign: Id | None = None
    status: Literal["active", "paused"] = "active"
    formats: tuple[Label, ...] | None = None  # null: fits every format
    placements: tuple[Id, ...] | None = None  # null: fits every placement
    labels: Labels = ()  # what it shows, for brand safety: alcohol, gambling
    caps: Caps = ()
    features: dict[str, Feature] = {}
    creative: Creative = Creative()
    filling: Filling | None = None  # null: nothing of a product is shown
    grammar: Grammar | None = None  # null: there is one variant


class Catalog(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One version of all that can be shown. Version 0 is the empty catalog of a new installation."""

    version: Annotated[int, Meta(ge=0)] = 0
    policies: tuple[Policy, ...] = ()
    placements: tuple[Placement, ...] = ()
    campaigns: tuple[Campaign, ...] = ()
    templates: tuple[Template, ...] = ()


def ad_features(template: Template) -> dict[str, Feature]:
    """What the model is told of a template: its own features, its id and its campaign."""
    own: dict[str, Feature] = {"id": template.id}
    if template.campaign:
        own["campaign"] = template.campaign
    return own | template.features


def placement_features(placement: Placement) -> dict[str, Feature]:
    """What the model is told of a placement: its own features, id, page type and format."""
    own: dict[str, Feature] = {
        "id": placement.id,
        "page_type": placement.page_type,
        "format": placement.format,
    }
    return {name: value for name, value in own.items() if value != ""} | placement.features


def checked(catalog: Catalog, hosts: Hosts = ANY) -> Catalog:
    """The catalog itself, if all in it holds together.

    hosts  where links and images may be

    Raises BadInput naming the place of a double id, an id that nothing has, a feature out of bounds, a variant that
    no model could tell apart, money in another currency than the rest, or a creative that would not be safe to show.
    """
    campaigns = _unique("campaigns", [c.id for c in catalog.campaigns])
    placements = _unique("placements", [p.id for p in catalog.placements])
    _unique("templates", [t.id for t in catalog.templates])
    _unique("policies", [p.id for p in catalog.policies])
    for i, policy in enumerate(catalog.policies):
        _known(f"#/policies/{i}/placements", policy.placements or (), placements)
    currencies = _currencies(catalog)
    for i, campaign in enumerate(catalog.campaigns):
        check_money(campaign, currencies, at=f"#/campaigns/{i}")
    tired = any(policy.fatigue for policy in catalog.policies)
    for i, template in enumerate(catalog.templates):
        _known(f"#/templates/{i}/campaign", [template.campaign] if template.campaign else [], campaigns)
        _known(f"#/templates/{i}/placements", template.placements or (), placements)
        _check_features(template, tired, at=f"#/templates/{i}")
        check_creative(template.creative, hosts, at=f"#/templates/{i}/creative")
        check_slots(
            own_texts(template.creative), template.filling, template.grammar, template.formats, at=f"#/templates/{i}"
        )
    for i, placement in enumerate(catalog.placements):
        _hashable(f"#/placements/{i}/features", "Placement", placement_features(placement))
    return catalog


def check_creative(creative: Creative, hosts: Hosts, *, at: str) -> None:
    """Raises BadInput, with a pointer below `at`, for links and HTML that a shopper should not be shown."""
    links = {"link": creative.link, "image_url": creative.image_url, "video_url": creative.video_url}
    for name, url in links.items():
        if url and (fault := hosts.why_not(url)):
            raise BadInput(f"{at}/{name}", "link", fault)
    if creative.html is not None and (fault := why_not(creative.html, hosts)):
        raise BadInput(f"{at}/html", "unsafe", fault)


def own_texts(creative: Creative) -> dict[str, str]:
    """What placeholders may stand in, and refer to."""
    return {
        "title": creative.title,
        "description": creative.description,
        "call_to_action": creative.call_to_action,
    }


def _currencies(catalog: Catalog) -> set[str]:
    """What policies count in; without any, what the first campaign with a price pays in, so that all pay in one."""
    paid = (campaign.price.amount.currency for campaign in catalog.campaigns if campaign.price)
    return {policy.currency for policy in catalog.policies} or set(islice(paid, 1))


def _check_features(template: Template, tired: bool, *, at: str) -> None:
    """Features of a template, of each text of its grammar and, where users tire, of the level that has most."""
    level = LEVELS[-1] if tired else {}
    taken = {OFTEN, LAST} if tired else set()
    grammar = template.grammar or Grammar()
    lists = {"headlines": (HEADLINE, grammar.headlines), "calls_to_action": (CALL_TO_ACTION, grammar.calls_to_action)}
    own = ad_features(template) | level
    for name, texts in lists.values():
        if texts:
            taken.add(name)
            own |= {name: ""}
    for name in sorted(taken & template.features.keys()):
        detail = f"{name!r} is the name of a feature that variants, or levels of fatigue, have"
        raise BadInput(pointer(f"{at}/features", name), "bound", detail)
    _hashable(f"{at}/features", "Ad", own)
    for part, (name, texts) in lists.items():
        _check_texts(name, texts, at=f"{at}/grammar/{part}")
    if (count := max(len(grammar.headlines), 1) * max(len(grammar.calls_to_action), 1)) > VARIANTS:
        raise BadInput(f"{at}/grammar", "bound", f"at most {VARIANTS} variants of a template, not {count}")


def _check_texts(name: str, texts: tuple[str, ...], *, at: str) -> None:
    for i, text in enumerate(texts):
        try:
            hash_features("Ad", {name: text})
        except BadInput as fault:
            raise BadInput(f"{at}/{i}", fault.code, fault.detail) from None
        if text in texts[:i]:
            raise BadInput(f"{at}/{i}", "duplicate", f"{text!r} stands twice in a list")


def _unique(kind: str, ids: list[str]) -> set[str]:
    seen: set[str] = set()
    for i, identifier in enumerate(ids):
        if identifier in seen:
            raise BadInput(f"#/{kind}/{i}/id", "duplicate", f"{identifier!r} stands twice in {kind}")
        seen.add(identifier)
    return seen


def _known(pointer: str, ids: Iterable[str], known: set[str]) -> None:
    for identifier in ids:
        if identifier not in known:
            raise BadInput(pointer, "unresolved", f"{identifier!r} is not in the catalog")


def _hashable(pointer: str, namespace: str, features: Mapping[str, Feature]) -> None:
    try:
        hash_features(namespace, features)
    except BadInput as fault:
        raise BadInput(pointer + fault.pointer.removeprefix("#"), fault.code, fault.detail) from None
