"""A real browser as the judge: what fills a template stays text there, and a link leads to the host we took it for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Page, sync_playwright

from bandit.catalog import Creative
from bandit.creative import html
from bandit.links import ANY, host_of
from bandit.sandbox import why_not
from tests.bandit.templates import ACCEPTED, templates
from tests.entries import laws

CHROMIUM = "/usr/bin/chromium"  # Debian's package `chromium`
pytestmark = pytest.mark.skipif(
    not shutil.which(CHROMIUM) and os.environ.get("CI") != "true", reason="chromium is not installed"
)

CLICK, IMAGE = "/v1/t/c/abc.def", "https://cdn.example/a.png?x=1&y=2"
HOSTILE = [
    "<script>parent.hit=1</script>",
    '"><img src=x onerror=hit=1>',
    "' onmouseover='hit=1",
    "</b></p></td></table><svg onload=hit=1>",
    "javascript:hit=1",
    "lt;img src=x&gt;",
    "&lt;img src=x onerror=hit=1&gt;",
    "--><!--",
    "]]>",
    "`",
    "{click_url}",
    '\0"',
    "\r\n<b>",
    "=x onclick=hit=1 ",
    "</textarea><style>*{display:none}",
    "&#60;b&#62;",
    "60;b",
    "\u2028<i>",
    "<!--<script>",
]
values = st.text("<>\"'&;#/=`-! {}\n\0abx60", max_size=20) | st.sampled_from(HOSTILE)
# Elements with the names of their attributes, and all URLs and styles: what a value must not change.
SHAPE = """html => {
  const holder = document.implementation.createHTMLDocument("").body;
  holder.innerHTML = html;
  return [...holder.querySelectorAll("*")].map(found => [found.localName, [...found.attributes].map(
    one => [one.name, ["href", "src", "style", "class"].includes(one.name) ? one.value : ""])]);
}"""
HOST = "url => { try { return new URL(url, 'https://page.example/').hostname } catch { return null } }"


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--disable-gpu"])
        yield browser.new_page()


def shape(page: Page, template: str, title: str, description: str) -> Any:
    creative = Creative(title=title, description=description, image_url=IMAGE, html=template)
    return page.evaluate(SHAPE, html(creative, CLICK))


@laws(150)
@given(template=st.sampled_from(ACCEPTED) | templates().filter(bool), title=values, description=values)
def test_no_value_changes_what_a_template_is_made_of(page: Page, template: str, title: str, description: str) -> None:
    assert shape(page, template, title, description) == shape(page, template, "Title", "Words")


@laws(150)
@given(
    template=st.text("<>/=\"' pabi{}\n\x00!-&", max_size=40).map(lambda text: f"<p>{text}</p>{{title}}"),
    title=values,
)
def test_nor_does_one_in_a_template_that_chance_made(page: Page, template: str, title: str) -> None:
    assert why_not(template, ANY) or shape(page, template, title, "") == shape(page, template, "Title", "")


@laws(500)
@given(
    url=st.text("https:/\\@.%?#[]_-aexmplocdXN0127 \t\n\0é。ｅ", max_size=40).map("https://".__add__)
    | st.from_regex(r"https?://[a-z0-9x._-]{1,12}(:[0-9]{1,6})?[/?#@\\]?[a-z.@/]{0,9}", fullmatch=True)
)
def test_a_browser_asks_the_host_we_took_a_link_for_or_none(page: Page, url: str) -> None:
    host = host_of(url)
    assert host is None or page.evaluate(HOST, url) in (host, None)
