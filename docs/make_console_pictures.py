"""Takes the pictures in docs/console.md, of a service with a shop's ads: `python -m docs.make_console_pictures`."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.running import Json, Running, eventually

RESULTS = Path(__file__).parent / "results"
CHROMIUM = "/usr/bin/chromium"  # Debian's package `chromium`
COLOURS = 128  # of a picture, which keeps it small
SHOPPERS = 400


def catalog() -> Json:
    """Five campaigns around today, and their ads."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)

    def day(days: int) -> str:
        return (today + timedelta(days)).isoformat()

    def money(value: float) -> Json:
        return {"value": value, "currency": "EUR"}

    campaigns: list[Json] = [
        {
            "id": "summer-sale",
            "advertiser": "acme-shoes",
            "starts_at": day(-20),
            "ends_at": day(20),
            "price": {"per": "mille", "amount": money(42)},
            "budget": {"daily": money(12), "flight": money(400)},
            "targeting": {"country": ["DE", "AT"], "device": ["mobile", "desktop"]},
            "caps": [{"impressions": 3, "hours": 24}],
        },
        {
            "id": "winter-boots",
            "advertiser": "northfoot",
            "ends_at": day(60),
            "price": {"per": "click", "amount": money(0.35)},
            "budget": {"daily": money(9)},
        },
        {"id": "black-friday", "starts_at": day(3), "ends_at": day(6), "priority": 9},
        {"id": "loyalty", "status": "paused"},
        {"id": "spring", "ends_at": day(-170)},
    ]
    titles = ("Shoes that carry you", "Warm feet all winter", "Half price, this weekend", "Thank you for staying")
    templates: list[Json] = [
        {"id": f"{campaign['id']}-{number}", "campaign": campaign["id"], "creative": {"title": title, "link": "https://shop.example/"}}
        for campaign, title in zip(campaigns, titles, strict=False)
        for number in (1, 2, 3)
    ]  # fmt: skip
    return {
        "policies": [{"id": "home", "horizon_s": 0.5, "holdout": {"share": 0.2}}],
        "placements": [{"id": "hero"}, {"id": "rail"}],
        "campaigns": campaigns,
        "templates": [*templates, {"id": "house", "creative": {"title": "Free delivery, every day"}}],
    }


def shop(service: Running) -> None:
    """Shoppers who see ads, and click some."""
    shown = 0
    for number in range(SHOPPERS):
        context = {"device": "mobile", "geo": {"country": "DE"}}
        answer = service.decide(policy="home", user={"key": f"u-{number}"}, context=context)
        for ad in answer["ads"]:
            happened = ("impression", "click") if number % 6 == 0 else ("impression",)
            told = {"decision_id": answer["decision_id"], "slot": ad["slot"]}
            shown += 1
            service.tell(*({"id": f"{kind}-{number}", "type": kind, **told} for kind in happened))
    eventually(lambda: sum(arm["slots"] for arm in service.report("home")["arms"].values()) >= shown, 30.0)


def save(page: Page, name: str) -> None:
    """What the window shows, with few colours."""
    shot = Image.open(BytesIO(page.screenshot()))
    few = shot.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    few.save(RESULTS / f"console-{name}.png", optimize=True)


def take(browser: Browser, url: str) -> None:
    page = browser.new_page(viewport={"width": 1180, "height": 600}, color_scheme="light", locale="en-GB")
    page.goto(f"{url}/console")
    save(page, "overview")
    page = browser.new_page(viewport={"width": 1180, "height": 760}, color_scheme="dark", locale="en-GB")
    page.goto(f"{url}/console/campaigns/summer-sale")
    page.get_by_text("Further rules and features").click()
    page.get_by_label("Any of these rules").fill("- page: {type: category}\n- pages: {}")
    page.get_by_role("button", name="Save").click()
    page.evaluate("document.getElementById('e-targeting.any').scrollIntoView({ block: 'center' })")
    save(page, "campaign")
    page = browser.new_page(viewport={"width": 390, "height": 640}, color_scheme="light", locale="zh-CN")
    page.goto(f"{url}/console/templates")
    save(page, "phone")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        service = Running(Path(folder) / "data", catalog())
        try:
            shop(service)
            take(playwright.chromium.launch(executable_path=CHROMIUM), service.url)
        finally:
            service.stop()


if __name__ == "__main__":
    main()
