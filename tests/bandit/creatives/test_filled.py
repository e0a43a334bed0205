"""A template filled: own texts first, then the product's, and never an ad that lacks what it promises."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.catalog import Creative, Placement
from bandit.creatives.filled import OPTIONAL, SIZES, Filled, fill
from bandit.creatives.slots import Filling, SlotKind
from tests.bandit.creatives.products import HOSTILE, money, product
from tests.entries import laws

SLOTS = get_args(SlotKind)
VIDEO = "https://cdn.example/v.mp4"
ALL = Filling(slots=SLOTS, count=4)
names = st.text(min_size=1, max_size=20) | st.sampled_from(HOSTILE)
maybe = st.none() | st.just("https://cdn.example/a.png")
fillings = st.builds(
    Filling, slots=st.lists(st.sampled_from(SLOTS), min_size=1, unique=True).map(tuple), count=st.integers(1, 10)
)
products = st.lists(
    st.builds(product, st.integers(1, 99), title=names, brand=st.just("") | names, image_url=maybe, video_url=maybe),
    max_size=5,
)
own = st.sampled_from(["", "Sale", "{product.title}", "{product.brand}", "Now {product.price}", "{title}"])
creatives = st.builds(Creative, title=own.filter(lambda text: text != "{title}"), description=own, image_url=maybe)
places = st.none() | st.builds(Placement, id=st.just("p"), format=st.sampled_from(["", "card", *SIZES]))


def filled(creative: Creative, *slots: SlotKind, **other: object) -> Filled:
    return fill(creative, Filling(slots=slots), [product()], **other)  # type: ignore[arg-type]


@laws(80)
@given(creatives, fillings, products, places)
def test_an_ad_that_lacks_nothing_shows_every_slot_it_must(
    creative: Creative, filling: Filling, some: list, place: Placement | None
) -> None:
    found = fill(creative, filling, some, placement=place)
    shown = {"title": found.title, "image": found.image_url, "video": found.video_url, "price": found.price}
    shown["carousel"] = "x" if found.items else ""
    assert set(found.missing) == {slot for slot in filling.slots if slot not in OPTIONAL and not shown[slot]}


@laws(80)
@given(creatives, fillings, products, places)
def test_no_placeholder_of_the_template_is_left_and_none_of_a_product_is_filled(
    creative: Creative, filling: Filling, some: list, place: Placement | None
) -> None:
    plain = [msgspec.structs.replace(one, title="Shoe", brand="Ace") for one in some]
    found = fill(creative, filling, plain, placement=place)
    assert "{" not in found.title + found.description + found.call_to_action


@laws(40)
@given(fillings, products, places)
def test_a_product_s_texts_stay_as_they_are(filling: Filling, some: list, place: Placement | None) -> None:
    found = fill(Creative(title="{product.title}"), filling, some, placement=place)
    assert found.title == (found.items[0].title.strip() if found.items else "") or found.title == found.items[0].title


@laws(60)
@given(creatives, fillings, products, places)
def test_a_carousel_has_at_least_two_products_and_at_most_what_was_wanted(
    creative: Creative, filling: Filling, some: list, place: Placement | None
) -> None:
    found = fill(creative, filling, some, placement=place)
    assert len(found.items) <= filling.count
    assert found.format != "carousel" or len(found.items) >= 2


def test_the_template_s_title_wins_and_the_product_s_picture() -> None:
    found = filled(Creative(title="Sale", image_url="https://cdn.example/own.png"), "title", "image")
    assert (found.title, found.image_url) == ("Sale", "https://cdn.example/1.png")


def test_the_template_s_picture_stands_in_for_a_product_that_has_none() -> None:
    creative = Creative(image_url="https://cdn.example/own.png")
    found = fill(creative, Filling(slots=("image",)), [product(image_url=None)])
    assert (found.image_url, found.missing) == ("https://cdn.example/own.png", ())


def test_a_product_without_the_picture_is_passed_over() -> None:
    found = fill(Creative(), Filling(slots=("title", "image")), [product(1, image_url=None), product(2)])
    assert found.items[0].product == "p-2"


def test_without_any_product_a_template_that_needs_one_cannot_be_shown() -> None:
    assert fill(Creative(title="For {product.price}"), Filling(slots=("title", "price"))).missing == ("title", "price")


def test_a_placeholder_without_a_value_leaves_no_gap() -> None:
    found = fill(Creative(title="By {product.brand} today"), Filling(slots=("title",)), [product(brand="")])
    assert found.title == "By today"


def test_a_title_of_nothing_but_an_empty_placeholder_is_the_product_s() -> None:
    assert fill(Creative(title="{product.brand}"), Filling(slots=("title",)), [product(brand="")]).title == "Shoe 1"


def test_a_text_of_the_template_may_stand_in_another() -> None:
    found = filled(Creative(title="New", description="{title}: {product.title}"), "title")
    assert found.description == "New: Shoe 1"


@pytest.mark.parametrize(
    ("sale", "price", "was"),
    [(40.0, "€40.00", "€50.00"), (50.0, "€50.00", ""), (60.0, "€50.00", "")],
)
def test_a_sale_is_one_only_if_it_costs_less(sale: float, price: str, was: str) -> None:
    found = fill(Creative(), Filling(slots=("price",)), [product(sale_price=money(sale))])
    assert (found.price, found.was_price) == (price, was)


def test_a_sale_in_another_currency_is_not_taken_for_a_lower_price() -> None:
    found = fill(Creative(), Filling(slots=("price",)), [product(sale_price=money(1.0, "JPY"))])
    assert (found.price, found.was_price) == ("€50.00", "")


def test_a_call_to_action_that_is_not_set_is_one_of_the_language() -> None:
    assert filled(Creative(), "call_to_action", language="zh-CN").call_to_action == "立即选购"


@pytest.mark.parametrize("name", SIZES)
def test_a_placement_s_format_is_kept_where_there_is_what_it_takes(name: str) -> None:
    place = Placement(id="p", format=name, width=600)
    found = fill(Creative(video_url=VIDEO), ALL, [product(1), product(2)], placement=place)
    assert (found.format, found.width, found.height) == (name, 600, SIZES[found.format][1])


@pytest.mark.parametrize(("wanted", "shown"), [("video", "banner"), ("carousel", "native")])
def test_a_format_that_lacks_its_video_or_its_products_is_the_nearest(wanted: str, shown: str) -> None:
    assert filled(Creative(), "title", placement=Placement(id="p", format=wanted)).format == shown


def test_a_template_of_no_product_is_left_to_the_page_s_style() -> None:
    assert fill(Creative(title="Sale"), None, placement=Placement(id="p", format="card")).format is None


def test_a_long_description_of_a_product_is_cut_between_words() -> None:
    found = fill(Creative(), Filling(slots=("description",)), [product(description="wool " * 1000)])
    assert found.description.endswith("wool…")
    assert len(found.description) <= 201
