"""A real browser opens the page from a file, without a network, in light and in dark, and on a phone."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from simulations.report.page import Report, report
from tests.simulations.report.made_up import evaluated, explained, refused, simulated

CHROMIUM = "/usr/bin/chromium"  # Debian's package `chromium`
pytestmark = pytest.mark.skipif(
    not shutil.which(CHROMIUM) and os.environ.get("CI") != "true", reason="chromium is not installed"
)

WIDE, PHONE = 1_280, 390  # pixels
# Every visible text with its own colour and the first ground behind it that is not transparent.
CONTRASTS = """() => {
  const parts = colour => (colour.match(/[\\d.]+/g) || []).map(Number);
  const light = colour => parts(colour).slice(0, 3).map(c => c / 255)
    .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = e => {
    for (; e; e = e.parentElement) {
      const ground = parts(getComputedStyle(e).backgroundColor);
      if (ground.length === 3 || ground[3] > 0) return getComputedStyle(e).backgroundColor;
    }
    return "rgb(255, 255, 255)";
  };
  const found = [];
  for (const e of document.body.querySelectorAll("*:not(script):not(style)")) {
    const own = [...e.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    if (!own || !e.getClientRects().length) continue;
    const style = getComputedStyle(e), svg = e.closest("svg") && e.namespaceURI.endsWith("svg");
    const [one, other] = [light(svg ? style.fill : style.color), light(behind(e))];
    found.push([e.textContent.slice(0, 40), (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)]);
  }
  return found;
}"""


class Opened(NamedTuple):
    """The page, and what was heard of it."""

    page: Page
    said: list[str]  # console messages and errors
    asked: list[str]  # addresses


@pytest.fixture(scope="module")
def made() -> Report:
    return report(simulated(("shop", "digits"), ("engine", "linucb", "uniform")), evaluated(), refused(), explained())


@pytest.fixture(scope="module")
def address(made: Report, tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("report") / "report.html"
    made.write(path)
    return path.as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=["--disable-gpu"])


@pytest.fixture(scope="module")
def opened(browser: Browser, address: str) -> Opened:
    page = browser.new_context(offline=True, viewport={"width": WIDE, "height": 900}).new_page()
    found = Opened(page, [], [])
    page.on("console", lambda message: found.said.append(message.text))
    page.on("pageerror", lambda error: found.said.append(str(error)))
    page.on("request", lambda request: found.asked.append(request.url))
    page.goto(address)
    page.wait_for_selector(".plot:not(:has(.main-svg))", state="detached")
    return found


def show(opened: Opened, *, scheme: Any = "light", width: int = WIDE) -> Page:
    """The page as it is in this scheme and at this width, once its figures have followed."""
    opened.page.emulate_media(color_scheme=scheme)
    opened.page.set_viewport_size({"width": width, "height": 900})
    opened.page.wait_for_function("""() => [...document.querySelectorAll(".plot")].every(plot =>
      Math.abs(plot.querySelector(".main-svg").getBoundingClientRect().width - plot.clientWidth) < 2)""")
    return opened.page


def test_it_opens_alone_and_without_a_complaint(opened: Opened, address: str) -> None:
    assert opened.said == []
    assert opened.asked == [address]


def test_every_figure_is_drawn(opened: Opened, made: Report) -> None:
    drawn = show(opened).evaluate("""() => Object.fromEntries([...document.querySelectorAll(".plot")].map(
      plot => [plot.id, plot.querySelectorAll(".plot-container path[d]").length]))""")
    assert drawn.keys() == {figure.name for figure in made.figures}
    assert min(drawn.values()) > 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(opened: Opened, scheme: str) -> None:
    contrasts = show(opened, scheme=scheme).evaluate(CONTRASTS)
    assert len(contrasts) > 300
    assert [text for text, ratio in contrasts if ratio < 4.5] == []


def test_dark_is_dark(opened: Opened) -> None:
    grounds = [
        show(opened, scheme=scheme).evaluate("() => getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    ]
    assert grounds == ["rgb(255, 255, 255)", "rgb(20, 23, 27)"]


def test_on_a_phone_nothing_runs_over_the_edge(opened: Opened) -> None:
    page = show(opened, width=PHONE)
    over = page.evaluate("""() => [...document.querySelectorAll("body *:not(.scroll *, .plot *)")].filter(
      e => e.getBoundingClientRect().right > innerWidth + 0.5).map(e => e.outerHTML)""")
    assert page.evaluate("() => document.documentElement.scrollWidth") == PHONE
    assert over == []


def test_on_a_phone_no_label_is_cut(opened: Opened) -> None:
    cut = show(opened, width=PHONE).evaluate("""() => [...document.querySelectorAll(".plot text")].filter(e => {
      const [own, plot] = [e.getBoundingClientRect(), e.closest(".plot").getBoundingClientRect()];
      return own.width && (own.left < plot.left - 1 || own.right > plot.right + 1);
    }).map(e => e.closest(".plot").id + ": " + e.textContent)""")
    assert cut == []


def test_a_button_hides_its_policy_in_every_world(opened: Opened) -> None:
    page = show(opened)
    page.click("button[data-policy=linucb]")
    for name in ("reward-shop", "normalised_regret-digits"):
        shown = page.evaluate("name => document.getElementById(name).data.map(trace => trace.visible)", name)
        assert shown == [None, False, None] * 2
    assert page.get_attribute("button[data-policy=linucb]", "aria-pressed") == "false"


def test_what_is_drawn_is_what_was_computed(opened: Opened, made: Report) -> None:
    drawn = opened.page.evaluate("() => document.getElementById('reward-shop').data.map(t => Array.from(t.y))")
    figure = next(figure for figure in made.figures if figure.name == "reward-shop")
    assert drawn == [trace["y"] for trace in figure.plot["data"]]


def test_who_does_not_see_hears(opened: Opened, made: Report) -> None:
    told = opened.page.evaluate("() => [...document.querySelectorAll('.plot')].map(p => p.ariaLabel)")
    levels = opened.page.evaluate(
        "() => [...document.querySelectorAll('h1,h2,h3,h4')].map(h => Number(h.localName[1]))"
    )
    scopes = opened.page.evaluate("() => [...document.querySelectorAll('th')].every(th => th.scope)")
    assert told == [figure.alt for figure in made.figures]
    assert max(after - before for before, after in pairwise(levels)) == 1
    assert scopes
