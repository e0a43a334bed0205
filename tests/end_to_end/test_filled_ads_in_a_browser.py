"""A real browser as the judge of filled ads: no product's name runs, opens or adds anything, and keys reach it all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page, sync_playwright

from bandit.catalog import Creative, Placement, Template
from bandit.creatives.filled import SIZES
from bandit.creatives.slots import Filling, Grammar
from service.creatives.preview import page as previews
from service.creatives.preview import preview
from tests.bandit.creatives.products import HOSTILE, product
from tests.end_to_end.test_creatives_in_a_browser import CHROMIUM, SHAPE, pytestmark, values
from tests.entries import laws

__all__ = ["pytestmark"]

EVERY = Filling(slots=("title", "description", "image", "carousel", "price", "call_to_action"), count=5)
SALE = Template(id="sale", creative=Creative(title="{product.title}", description="{product.brand}"), filling=EVERY)
FORMATS = st.sampled_from(["", *SIZES])
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--disable-gpu"])
        yield browser.new_page(viewport={"width": 390, "height": 844})


def shape(page: Page, format: str, title: str) -> Any:
    some = [product(i, title=title, brand=title[:70], video_url="https://cdn.example/v.mp4") for i in range(3)]
    return page.evaluate(SHAPE, preview(SALE, Placement(id="p", format=format), some).html)


@laws(150)
@given(FORMATS, values.filter(bool) | st.sampled_from(HOSTILE))
def test_no_name_of_a_product_changes_what_an_ad_is_made_of(page: Page, format: str, title: str) -> None:
    assert shape(page, format, title) == shape(page, format, "Shoe")


def test_nothing_hostile_runs_and_nothing_opens(page: Page) -> None:
    opened: list[object] = []
    page.on("dialog", lambda dialog: (opened.append(dialog), dialog.dismiss()))
    page.on("popup", lambda popup: opened.extend([popup]))
    for text in [*HOSTILE, "<script>alert(1)</script>", "<img src=x onerror=alert(1)>"]:
        page.set_content(preview(SALE, Placement(id="p"), [product(title=text, brand=text[:70])]).html)
    assert not opened
    assert page.evaluate("() => window.hit === undefined && parent.hit === undefined")


def test_a_carousel_is_scrolled_by_the_arrow_keys(page: Page) -> None:
    page.set_content(preview(SALE, Placement(id="p", format="carousel")).html)
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.getAttribute('role')") == "region"
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('[role=region]').scrollLeft > 0")


@pytest.mark.parametrize("format", SIZES)
def test_an_ad_fits_a_phone(page: Page, format: str) -> None:
    long = [product(i, title="Waxedcanvasrucksack" * 12, brand="B" * 70) for i in range(3)]
    page.set_content(preview(SALE, Placement(id="p", format=format, width=970), long).html)
    assert page.evaluate(OVERFLOW) == 0


def test_a_preview_page_shows_its_ads_in_frames_without_a_script(page: Page) -> None:
    template = Template(id="t", creative=Creative(title="Sale"), grammar=Grammar(headlines=("One", "<b>Two")))
    page.set_content(previews(template, [Placement(id="hero", format="banner")]))
    texts = [frame.locator("strong").inner_text() for frame in page.frames[1:]]
    assert texts == ["One", "One", "<b>Two", "<b>Two"]
    assert page.evaluate(OVERFLOW) == 0
