"""What a shop writes down: taken as a whole, or refused with the place that is wrong."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from bandit.catalog import KINDS, Catalog, Template, ad_features, checked, placement_features
from bandit.errors import BadInput
from tests.entries import CATALOG

SHOP: dict[str, Any] = {
    "policies": [{"id": "home", "placements": ["hero"]}],
    "placements": [{"id": "hero", "page_type": "home", "format": "banner"}],
    "campaigns": [{"id": "summer", "starts_at": "2026-06-01T00:00:00Z", "ends_at": "2026-09-01T00:00:00+02:00"}],
    "templates": [
        {
            "id": "sale",
            "campaign": "summer",
            "placements": ["hero"],
            "features": {"off": 0.3, "tags": ["a", "b"]},
        }
    ],
}


POUNDS, EUROS = {"value": 9.0, "currency": "GBP"}, {"value": 9.0, "currency": "EUR"}
PRICE: dict[str, Any] = {"per": "click", "amount": POUNDS}
BUDGET: dict[str, Any] = {"daily": POUNDS}


def read(shop: object) -> Catalog:
    return checked(msgspec.json.decode(msgspec.json.encode(shop), type=Catalog))


def changed(kind: str, i: int = 0, **fields: object) -> dict[str, Any]:
    """SHOP with some fields of one item changed."""
    items = [{**item, **fields} if at == i else item for at, item in enumerate(SHOP[kind])]
    return {**SHOP, kind: items}


def test_a_sound_catalog_is_taken_and_comes_back_as_written() -> None:
    catalog = read(SHOP)
    assert read(msgspec.to_builtins(catalog)) == catalog


@pytest.mark.parametrize(
    ("shop", "pointer", "code"),
    [
        (changed("templates", campaign="winter"), "#/templates/0/campaign", "unresolved"),
        (changed("templates", placements=["hero", "rail"]), "#/templates/0/placements", "unresolved"),
        (changed("policies", placements=["rail"]), "#/policies/0/placements", "unresolved"),
        (changed("templates", features={"a/b": 1e9}), "#/templates/0/features/a~1b", "bound"),
        (changed("templates", features={"": 1}), "#/templates/0/features/", "bound"),
        (changed("placements", features={"_x": 1}), "#/placements/0/features/_x", "bound"),
        (changed("campaigns", price=PRICE), "#/campaigns/0/price/amount/currency", "currency"),
        (
            changed("campaigns", price=PRICE | {"amount": EUROS}, budget={"daily": POUNDS}),
            "#/campaigns/0/budget/daily",
            "currency",
        ),
    ],
)
def test_what_does_not_hold_together_is_named(shop: dict[str, Any], pointer: str, code: str) -> None:
    with pytest.raises(BadInput) as caught:
        read(shop)
    assert (caught.value.pointer, caught.value.code) == (pointer, code)


@pytest.mark.parametrize("kind", KINDS)
def test_an_id_stands_once_in_its_kind(kind: str) -> None:
    with pytest.raises(BadInput, match=f"#/{kind}/{len(SHOP[kind])}/id"):
        read({**SHOP, kind: [*SHOP[kind], SHOP[kind][0]]})


@pytest.mark.parametrize(
    "shop",
    [
        changed("campaigns", ends_at="2026-06-01T00:00:00Z"),  # ends as it starts
        changed("campaigns", starts_at="2026-06-01T00:00:00"),  # in no time zone
        changed("templates", creative={"link": "javascript:alert(1)"}),
        changed("templates", creative={"link": "https://a.example/\n"}),
        changed("templates", creative={"image_url": "https://a.example/\"onload='x"}),
        changed("templates", caps=[{"impressions": 0, "hours": 1.0}]),
        changed("campaigns", price={"per": "click", "amount": {"value": -1.0, "currency": "EUR"}}),
        changed("templates", id="a b"),
        changed("templates", id="sale\n"),
        changed("templates", id="../etc"),
        changed("templates", colour="red"),
        changed("templates", features={"size": {"deep": 1}}),
        changed("templates", status="ended"),
        {**SHOP, "products": []},
    ],
)
def test_what_breaks_a_stated_bound_is_not_even_decoded(shop: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        read(shop)


def test_the_model_is_told_of_id_and_campaign() -> None:
    assert ad_features(Template(id="a", campaign="c", features={"x": 1})) == {
        "id": "a",
        "campaign": "c",
        "x": 1,
    }


def test_a_placement_without_format_has_no_such_feature() -> None:
    assert placement_features(CATALOG.placements[1]) == {"id": "rail", "height": 2}


def test_a_catalog_is_never_changed_in_place() -> None:
    with pytest.raises(AttributeError):
        CATALOG.version = 2  # type: ignore[misc]
    assert replace(CATALOG, version=2) != CATALOG
