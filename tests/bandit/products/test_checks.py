"""A bad row is refused by its field, and nothing that a feed can say gets through as another thing."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.errors import BadInput
from bandit.links import hosts
from bandit.products.checks import Terms
from bandit.products.product import Product
from bandit.products.rows import field_of, product_as_sent, product_of
from tests.entries import laws
from tests.products import SHOE, product

EURO = Terms(frozenset({"EUR"}), hosts(["shop.example"]))


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"id": ""}, "id"), ({"id": "x" * 129}, "id"), ({"id": " x"}, "id"), ({"id": "a\nb"}, "id"),
        ({"id": 1.5}, "id"),
        ({"title": ""}, "title"), ({"title": " \u2003"}, "title"), ({"title": "x" * 257}, "title"),
        ({"title": "a\0b"}, "title"), ({"title": "\ud800"}, "title"), ({"title": "a\x85b"}, "title"),
        ({"description": "x" * 5_001}, "description"), ({"description": "a\x0b."}, "description"),
        ({"link": "javascript:alert(1)"}, "link"), ({"link": "https://evil.example/"}, "link"),
        ({"link": "https://shop.example@evil.example/"}, "link"), ({"link": None}, "link"),
        ({"image_url": "data:image/png;base64,x"}, "image_url"), ({"video_url": "//shop.example/v"}, "video_url"),
        ({"price": "-1 EUR"}, "price"), ({"price": "1,000.00 EUR"}, "price"), ({"price": "nan EUR"}, "price"),
        ({"price": "1e308 EUR"}, "price"), ({"price": {"value": float("nan"), "currency": "EUR"}}, "price"),
        ({"price": {"value": -0.01, "currency": "EUR"}}, "price"), ({"price": "5 XXQ"}, "price"),
        ({"price": "5 USD"}, "price"),
        ({"price": {"value": 5, "currency": "eur"}}, "price"), ({"price": []}, "price"),
        ({"sale_price": "50.01 EUR"}, "sale_price"), ({"sale_price": "1 USD"}, "sale_price"),
        ({"availability": "maybe"}, "availability"), ({"brand": "x" * 71}, "brand"), ({"category": "a\0"}, "category"),
        ({"added": -1}, "added"), ({"added": "soon"}, "added"),
    ],
)  # fmt: skip
def test_what_makes_a_row_bad_is_told_by_its_field(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as refused:
        product_of({**SHOE, **changed}.items(), EURO)
    assert refused.value.pointer.split("/")[1] == field


@pytest.mark.parametrize("missing", ["id", "title", "link", "price"])
def test_what_every_product_has_is_missed_by_name(missing: str) -> None:
    with pytest.raises(BadInput, match=f"#/{missing}: every product has one"):
        product_of({name: value for name, value in SHOE.items() if name != missing}.items())


@pytest.mark.parametrize("name", ["title", "description", "category", "brand"])
@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "Boot </SCRIPT >", "< img src=x>", "see JavaScript :x"])
def test_script_in_a_text_is_refused_by_field(name: str, text: str) -> None:
    with pytest.raises(BadInput, match=f"#/{name}: a text holds no script"):
        product(**{name: text})


def test_other_signs_in_a_title_are_text() -> None:
    assert product(title="Size < M & > S").title == "Size < M & > S"


@pytest.mark.parametrize("price", ["49.90 EUR", "49.90EUR", "EUR 49.90", " 49.9 EUR ", "49.90"])
def test_a_price_is_read_as_people_write_it(price: str) -> None:
    assert product_of({**SHOE, "price": price}.items(), EURO).price.value == 49.9


def test_a_price_without_a_currency_says_nothing_where_there_are_several() -> None:
    with pytest.raises(BadInput, match="names no currency"):
        product(price="49.90")


def test_white_space_at_the_ends_of_texts_is_not_kept() -> None:
    assert product(title=" Shoe\n", description="\ta\n b ").description == "a\n b"


def test_a_type_of_the_shops_own_says_more_than_googles_category() -> None:
    cells = [*SHOE.items(), (field_of("google_product_category"), "166"), (field_of("g:product_type"), "Shoes")]
    assert product_of(cells).category == "Shoes"  # type: ignore[arg-type]


def test_an_object_of_ours_has_no_other_fields() -> None:
    with pytest.raises(BadInput, match="unknown field"):
        product_as_sent({**SHOE, "image_link": "https://shop.example/i"}, EURO)


@laws(200)
@given(
    st.dictionaries(
        st.sampled_from(Product.__struct_fields__), st.text(max_size=8) | st.floats() | st.none() | st.booleans()
    )
)
def test_whatever_a_row_says_it_is_a_product_or_bad_input(changed: dict[str, Any]) -> None:
    with suppress(BadInput):
        assert isinstance(product(**changed), Product)
