"""An ad manager at work: the console in a real browser, over a real service."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.catalogs import CATALOG
from tests.running import Json, Running, eventually

CHROMIUM = "/usr/bin/chromium"  # Debian's package `chromium`
pytestmark = pytest.mark.skipif(
    not shutil.which(CHROMIUM) and os.environ.get("CI") != "true", reason="chromium is not installed"
)
EVIL = "</title></textarea><script>alert(1)</script>'\"><img src=x onerror=alert(2)>"
SHOP: Json = {
    **CATALOG,
    "templates": [*CATALOG["templates"], {"id": "evil", "creative": {"title": EVIL, "description": EVIL}}],
}
# Contrast of every text with what is behind it, by the formula of WCAG 2; the texts that fall short.
FAINT = """() => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
  const parts = (colour) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = (colour) => { const [r, g, b] = parts(colour).map((one) => one / 255)
    .map((one) => (one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = (part) => { for (let at = part; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor; if (parts(colour)[3] > 250) return colour; }
    return getComputedStyle(document.body).backgroundColor; };
  const said = [...document.querySelectorAll("body *")].filter((part) => part.checkVisibility() &&
    ([...part.childNodes].some((one) => one.nodeType === 3 && one.data.trim()) || part.matches("input, textarea")));
  const ratio = (part) => { const [a, b] = [light(getComputedStyle(part).color), light(behind(part))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05); };
  return said.filter((part) => ratio(part) < 4.5).map((part) => part.outerHTML.slice(0, 120) + " " + ratio(part));
}"""
UNNAMED = """() => [...document.querySelectorAll("input:not([type=hidden]), select, textarea, button, a[href], iframe")]
  .filter((part) => !(part.labels?.length || part.getAttribute("aria-label") || part.title || part.textContent.trim()))
  .map((part) => part.outerHTML)"""


class Desk:
    """A browser's window, and what went wrong in it."""

    def __init__(self, browser: Browser, url: str, **how: Any) -> None:
        self.page: Page = browser.new_context(locale="en-GB", **how).new_page()
        self.page.set_default_timeout(8_000)
        self.url = f"{url}/console"
        self.wrong: list[str] = []
        self.page.on("console", lambda said: self.note(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda fault: self.wrong.append(str(fault)))
        self.page.on("dialog", lambda dialog: (self.wrong.append(dialog.message), dialog.dismiss()))

    def note(self, error: str) -> None:
        if "status of 422" not in error:  # a form that was refused, which is what some tests are about
            self.wrong.append(error)

    def open(self, path: str) -> Page:
        self.page.goto(self.url + path)
        return self.page


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("console") / "data", SHOP)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=["--disable-gpu"])


@pytest.fixture
def desk(browser: Browser, service: Running) -> Iterator[Desk]:
    found = Desk(browser, service.url)
    yield found
    assert found.wrong == []
    found.page.context.close()


def stored(service: Running, path: str) -> Json:
    return service.call("GET", f"/v1/{path}")[1]


def focused(page: Page, wanted: str) -> None:
    """Press Tab until the input of that id has the focus."""
    for _ in range(60):
        if page.evaluate("document.activeElement.id") == wanted:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} is not reached")


def test_a_campaign_is_made_with_the_keyboard_alone(desk: Desk, service: Running) -> None:
    page = desk.open("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("g")
    page.keyboard.press("c")
    expect(page).to_have_url(re.compile("/console/campaigns$"))
    page.keyboard.press("n")
    expect(page).to_have_url(re.compile("/campaigns/new$"))
    for name, text in (("id", "autumn"), ("priority", "12"), ("price", " "), ("price.amount.value", "2.5")):
        focused(page, f"f-{name}")
        page.keyboard.press("Space") if text == " " else page.keyboard.press("Control+A")
        page.keyboard.type(text.strip())
    page.keyboard.press("Control+Enter")
    expect(page.locator("#faults")).to_be_focused()
    expect(page.locator("#f-priority")).to_have_attribute("aria-invalid", "true")
    focused(page, "f-priority")
    page.keyboard.press("Control+A")
    page.keyboard.type("7")
    focused(page, "f-price.per")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status")).to_contain_text("Created")
    made = stored(service, "campaigns/autumn")
    assert (made["priority"], made["price"]["amount"]["value"]) == (7, 2.5)


def test_targeting_with_a_mistake_is_told_put_right_and_saved(desk: Desk, service: Running) -> None:
    page = desk.open("/campaigns/over")
    page.get_by_label("Reach some only").check()
    page.get_by_label("Countries").fill("DE\nAT")
    page.get_by_text("Further rules and features").click()
    page.get_by_label("Any of these rules").fill("- device: [mobile]\n- pages: {}")
    page.get_by_role("button", name="Save").click()
    fault = page.locator("[id='e-targeting.any']")
    expect(fault).to_contain_text("pages")
    expect(page.get_by_label("Countries")).to_have_value("DE\nAT")
    page.get_by_label("Any of these rules").fill("- device: [mobile]\n- page: {type: home}")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    targeting = stored(service, "campaigns/over")["targeting"]
    assert (targeting["country"], len(targeting["any"])) == (["DE", "AT"], 2)


def test_a_campaign_that_is_paused_is_shown_no_more(desk: Desk, service: Running) -> None:
    only = {"policy": "dry", "templates": ["sale"]}
    assert service.decide(**only)["ads"]
    page = desk.open("/campaigns/summer")
    page.get_by_role("button", name="Pause").click()
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("summer will not be shown")
    page.keyboard.press("Escape")
    expect(question).to_be_hidden()
    assert stored(service, "campaigns/summer")["status"] == "active"
    page.get_by_role("button", name="Pause").click()
    question.get_by_role("button", name="Yes").click()
    expect(page.get_by_role("status")).to_contain_text("Paused")
    eventually(lambda: not service.decide(**only)["ads"], 3.0)


def test_rows_are_added_and_variants_are_listed_as_they_are_written(desk: Desk, service: Running) -> None:
    page = desk.open("/templates/new")
    page.get_by_label("Name").fill("autumn")
    page.get_by_role("button", name="Add a row").click()
    for row, (times, hours) in enumerate((("2", "24"), ("5", "168"))):
        page.get_by_label("Times at most").nth(row).fill(times)
        page.get_by_label("Within hours").nth(row).fill(hours)
    page.get_by_label("Has variants").check()
    page.get_by_label("Headlines").fill("Warm\nDry")
    page.get_by_label("Calls to action").fill("Buy\nSee all\nMore")
    expect(page.locator("[data-count]")).to_have_text("6")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Created")
    assert [cap["impressions"] for cap in stored(service, "templates/autumn")["caps"]] == [2, 5]
    expect(page.frame_locator("iframe").get_by_text("Warm").first).to_be_visible()


def test_what_is_stored_runs_nothing(desk: Desk) -> None:
    for path in ("/templates", "/templates/evil"):
        page = desk.open(path)
        assert "alert(1)" in page.content()
        assert page.locator("img[src=x], main script").count() == 0
    expect(page.frame_locator("iframe").get_by_text("alert(1)").first).to_be_attached()


def test_the_pages_speak_chinese_when_asked_and_remember_it(desk: Desk) -> None:
    page = desk.open("/policies/home")
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", name="探索")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"
    assert "广告活动" in desk.open("/campaigns").title()


def test_a_user_is_looked_up_and_erased(desk: Desk, service: Running) -> None:
    seen = {"id": "v-1", "type": "view", "user": {"key": "u-1"}, "category": "boots", "product": "p-1"}
    assert service.call("POST", "/v1/activity", {"activities": [seen]})[0] == 202
    eventually(lambda: service.call("GET", "/v1/users/u-1")[0] == 200)
    page = desk.open("/users")
    page.get_by_label("User key").fill("u-1")
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_contain_text("boots")
    assert "u-1" not in page.url
    page.get_by_role("button", name="Erase").click()
    page.get_by_role("dialog").get_by_role("button", name="Yes").click()
    expect(page.locator("#main")).not_to_contain_text("boots")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_texts_are_legible_inputs_have_names_and_nothing_is_wider_than_a_phone(
    browser: Browser, service: Running, theme: Any
) -> None:
    desk = Desk(browser, service.url, color_scheme=theme, viewport={"width": 375, "height": 700})
    for path in ("/", "/campaigns", "/campaigns/over?done=saved", "/users", "/help"):
        page = desk.open(path)
        assert page.evaluate(FAINT) == []
        assert page.evaluate(UNNAMED) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 375, path
    assert desk.wrong == []
