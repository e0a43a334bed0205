"""Ads shown before they run, by the service's own routes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from flask import Flask

from bandit.catalog import Campaign, Catalog, Creative, Placement, Template
from bandit.creatives.filled import SIZES
from bandit.creatives.slots import Filling, Grammar
from bandit.links import hosts
from service.access.gate import may
from service.catalogs import Catalogs
from service.creatives.preview import VARIANTS, page
from service.products import changing
from service.store.commands import Store
from service.store.products import ProductStore
from service.web import creatives, problems
from tests.bandit.creatives.products import HOSTILE, product
from tests.bandit.test_creative import Seen

FILLING = Filling(slots=("title", "image", "price", "carousel"), count=3)
SALE = Template(id="sale", campaign="c", filling=FILLING, grammar=Grammar(headlines=("One", "Two {product.title}")))
CATALOG = Catalog(
    campaigns=(Campaign(id="c"),),
    placements=(Placement(id="hero", format="banner"), Placement(id="rail", format="carousel", width=500)),
    templates=(SALE, Template(id="plain", creative=Creative(title="<b>"), formats=("card",))),
)


@pytest.fixture
def client(valkey_url: str) -> Any:
    store = Store(valkey_url)
    catalogs = Catalogs(store)
    catalogs.replace_if_other(CATALOG)
    changing.put(ProductStore(store), [product(7, title=HOSTILE[1])], 0.0)
    app = Flask("test")
    problems.register(app)
    app.register_blueprint(
        creatives.blueprint(SimpleNamespace(catalogs=catalogs, store=store, hosts=hosts(["a.example"])))
    )  # type: ignore[arg-type]
    return app.test_client()


def shown(client: Any, status: int = 200, **given: Any) -> Any:
    answer = client.post("/v1/creatives/preview", data=msgspec.json.encode(given), content_type="application/json")
    assert answer.status_code == status, answer.text
    return answer.json


def test_a_template_of_the_catalog_is_filled_with_samples(client: Any) -> None:
    found = shown(client, template="sale", placement="rail", variant=1)
    assert (found["filled"]["format"], found["filled"]["width"], len(found["filled"]["items"])) == ("carousel", 500, 3)
    assert found["filled"]["title"] == "Two Trail running shoes"
    assert found["html"] in found["page"]


def test_or_with_the_shop_s_products(client: Any) -> None:
    found = shown(client, template="sale", products=["p-7"], variant=1)
    assert found["filled"]["title"] == f"Two {HOSTILE[1]}"
    assert HOSTILE[1] not in found["html"]


def test_a_template_that_is_not_in_the_catalog_yet_may_come_along(client: Any) -> None:
    template = {"id": "new", "creative": {"title": "Hello"}}
    assert shown(client, template=template, placement={"id": "x", "format": "native"})["filled"]["title"] == "Hello"


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"template": "x"}, "#/template"),
        ({"template": "sale", "placement": "x"}, "#/placement"),
        ({"template": "sale", "products": ["p-7", "p-8"]}, "#/products/1"),
        ({"template": "sale", "variant": 2}, "#/variant"),
        ({"template": "sale", "language": "<b>"}, "#/language"),
        ({"template": {"id": "n", "creative": {"html": "<script>"}}}, "#/template/creative/html"),
        ({"template": {"id": "n", "creative": {"title": "{title}"}}}, "#/template/creative/title"),
        ({"template": {"id": "n", "creative": {"image_url": "https://b.example/"}}}, "#/template/creative/image_url"),
    ],
)
def test_what_cannot_be_shown_is_refused_by_its_place(client: Any, given: Any, pointer: str) -> None:
    assert shown(client, 422, **given)["errors"][0]["pointer"] == pointer


def test_the_page_has_each_variant_in_each_place_light_and_dark(client: Any) -> None:
    answer = client.get("/v1/templates/sale/preview")
    frames = [one for tag, one in Seen(answer.text).tags if tag == "iframe"]
    assert len(frames) == 2 * 2 * 2
    assert all(one["sandbox"] == "" for one in frames)
    assert "script" not in answer.headers["Content-Security-Policy"]


def test_a_template_without_a_place_is_shown_in_every_format(client: Any) -> None:
    frames = [one for tag, one in Seen(client.get("/v1/templates/plain/preview").text).tags if tag == "iframe"]
    assert len(frames) == 2 * len(SIZES)


def test_one_place_may_be_asked_for(client: Any) -> None:
    assert client.get("/v1/templates/sale/preview?placement=hero").text.count("<iframe") == 4


@pytest.mark.parametrize(
    ("query", "status"), [("x/preview", 404), ("sale/preview?placement=x", 422), ("sale/preview?product=x", 422)]
)
def test_what_is_not_there_is_a_problem_document(client: Any, query: str, status: int) -> None:
    answer = client.get(f"/v1/templates/{query}")
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_leaves_its_frame(text: str) -> None:
    template = Template(id="t", creative=Creative(title="{product.title}", description=text), filling=FILLING)
    tags = {tag for tag, _ in Seen(page(template, [Placement(id="p")], [product(title=text)])).tags}
    assert tags <= set("html head meta title style body header p h1 ul li main section h2 small figure figcaption b div iframe".split())  # fmt: skip  # noqa: E501, SIM905


def test_a_template_of_many_variants_shows_the_first(client: Any) -> None:
    many = Template(id="t", grammar=Grammar(headlines=tuple(map(str, range(20)))))
    assert page(many, [Placement(id="p")]).count("<iframe") == 2 * VARIANTS


def test_reports_may_look_and_deciders_may_not() -> None:
    looks = [("POST", "/v1/creatives/preview"), ("GET", "/v1/templates/sale/preview")]
    assert all(may("report", *look) and may("admin", *look) and not may("decide", *look) for look in looks)
    assert not may("report", "POST", "/v1/catalog")
