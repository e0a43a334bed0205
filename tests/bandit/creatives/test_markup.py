"""A filled ad as HTML: our tags and the shop's words, whatever a product is called."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.catalog import Creative, Placement
from bandit.creatives.filled import SIZES, fill
from bandit.creatives.markup import html
from bandit.creatives.slots import Filling
from bandit.links import ANY
from bandit.sandbox import why_not
from tests.bandit.creatives.products import HOSTILE, money, product
from tests.bandit.test_creative import Seen
from tests.entries import laws

LINK = "https://shop.example/t/c/abc?a=1&b=2"
EVERY = Filling(slots=("title", "description", "image", "video", "carousel", "price", "call_to_action"), count=4)
FORMATS = ["", *SIZES]
texts = st.sampled_from(HOSTILE) | st.text("<>\"'&;#/=`-! {}\n\0abx60", min_size=1, max_size=20)
OWN = '<a href="{click_url}"><b>{title}</b> {price} <s>{was_price}</s> {product.brand} {call_to_action}</a>'
FILM = '<video controls muted src="{video_url}" poster="{image_url}"></video>'


def ad(format: str, title: str = "Shoe", *, own: str | None = None, link: str | None = LINK) -> str:
    some = [
        product(
            i, title=title, brand=title[:70], description=title, sale_price=money(9.0), video_url="https://v.example/"
        )
        for i in range(3)
    ]
    creative = Creative(title="{product.title}", call_to_action=title, html=own)
    filled = fill(creative, EVERY, some, placement=Placement(id="p", format=format))
    return html(creative, filled, link)


def shape(page: str) -> list[tuple[str, list[str]]]:
    return [(tag, sorted(attributes)) for tag, attributes in Seen(page).tags]


@laws(40)
@given(st.sampled_from(FORMATS), texts)
def test_no_product_s_name_changes_what_an_ad_is_made_of(format: str, title: str) -> None:
    assert shape(ad(format, title)) == shape(ad(format))


@laws(60)
@given(texts)
def test_nor_in_the_shop_s_own_html(title: str) -> None:
    assert shape(ad("", title, own=OWN)) == shape(ad("", own=OWN))


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_made_here_would_pass_as_a_shop_s_own(format: str) -> None:
    urls = {"https://v.example/": "{video_url}", "https://cdn.example/0.png": "{image_url}"}
    page = ad(format).replace('tabindex="0"', "")
    for url, mark in urls.items():
        page = page.replace(url, mark)
    assert why_not(page.replace("https://cdn.example/", "https://cdn.example/x"), ANY) is None


@pytest.mark.parametrize("format", FORMATS)
def test_every_link_leads_where_clicks_are_counted(format: str) -> None:
    links = [attributes for tag, attributes in Seen(ad(format)).tags if tag == "a"]
    assert links
    assert all((one["href"], one["rel"]) == (LINK, "sponsored noopener") for one in links)


@pytest.mark.parametrize("format", FORMATS)
def test_without_a_link_there_is_none(format: str) -> None:
    assert "<a" not in ad(format, link=None)


def test_a_carousel_is_a_list_that_the_keyboard_reaches() -> None:
    tags = Seen(ad("carousel")).tags
    region = next(attributes for tag, attributes in tags if tag == "div" and "role" in attributes)
    assert (region["tabindex"], region["aria-label"]) == ("0", "Shoe")
    assert [tag for tag, _ in tags].count("li") == 3


def test_each_product_of_a_carousel_may_have_a_link_of_its_own() -> None:
    creative = Creative(title="Sale")
    filling = Filling(slots=("carousel", "call_to_action"), count=2)
    filled = fill(creative, filling, [product(1), product(2)])
    page = html(creative, filled, LINK, ["https://a/", "https://b/"])
    assert [one["href"] for tag, one in Seen(page).tags if tag == "a"] == ["https://a/", "https://b/", LINK]


def test_a_video_waits_for_somebody_to_start_it() -> None:
    (video,) = [attributes for tag, attributes in Seen(ad("video")).tags if tag == "video"]
    assert {"controls", "muted", "playsinline", "poster"} <= video.keys()
    assert video["preload"] == "none"
    assert "autoplay" not in video


def test_a_sale_says_what_it_was_and_what_it_is() -> None:
    page = ad("banner")
    assert page.index("<s ") < page.index("€50.00") < page.index("<b>€9.00</b>")


def test_the_shop_s_own_html_may_use_a_product() -> None:
    assert Seen(ad("", own=OWN)).text == "Shoe €9.00 €50.00 Shoe Shoe"


def test_and_a_video() -> None:
    [(_, video)] = Seen(ad("", own=FILM)).tags
    assert (video["src"], video["poster"]) == ("https://v.example/", "https://cdn.example/0.png")


@pytest.mark.parametrize("own", ["<video autoplay></video>", '<video src="{title}"></video>', '<a href="{price}"></a>'])
def test_but_not_where_escaping_is_not_enough(own: str) -> None:
    assert why_not(own, ANY)


@laws(40)
@given(texts)
def test_a_text_that_looks_like_the_mark_of_a_link_stays_text(title: str) -> None:
    creative = Creative(title=title + "\ue000click\ue000")
    filled = fill(creative, None)
    assert LINK not in Seen(html(creative, filled, LINK)).text


def test_an_ad_s_size_is_its_place_s() -> None:
    page: Any = Seen(ad("banner")).tags[0][1]
    assert "width:300px" in page["style"]
    assert "height:250px" in page["style"]
