"""What the quickstart says can be typed, typed: its snippets run in order against a real service."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, sync_playwright

from service.catalogs import from_file
from tests.docs.shop_server import ShopServer
from tests.running import Running, eventually

ROOT = Path(__file__).parents[2]
QUICKSTART = (ROOT / "docs" / "quickstart.md").read_text()
README = (ROOT / "README.md").read_text()
CHROMIUM = "/usr/bin/chromium"  # Debian's package `chromium`
QUIET = "--disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update"
IN_CI = os.environ.get("CI") == "true"


def blocks(page: str, language: str) -> list[str]:
    """Fenced code blocks of one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)


def needs(program: str) -> pytest.MarkDecorator:
    """Skip where a program is not installed, but not in CI."""
    return pytest.mark.skipif(not shutil.which(program) and not IN_CI, reason=f"{program} is not installed")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    plain = msgspec.yaml.decode((ROOT / "docs" / "shop.yaml").read_bytes())
    running = Running(tmp_path_factory.mktemp("shop") / "data", msgspec.to_builtins(plain))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET.split(), "--disable-sync"])


def run(command: list[str], shop: Running) -> str:
    """What a script printed; it must succeed."""
    environment = {**os.environ, "ADBANDIT": shop.url}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def accepted(shop: Running) -> int:
    """Events the service has taken in so far."""
    metrics = shop.pool.request("GET", shop.url + "/metrics").data.decode()
    found = re.search(r'^adbandit_events_total{fate="accepted"} (\S+)$', metrics, re.MULTILINE)
    return int(float(found[1])) if found else 0


def keys(value: Any) -> Any:
    """The shape of a JSON value: its keys, at every depth."""
    if isinstance(value, list):
        return [keys(value[0])] if value else []
    return {key: keys(inner) for key, inner in value.items()} if isinstance(value, dict) else None


def test_the_shop_of_the_quickstart_loads() -> None:
    catalog = from_file(ROOT / "docs" / "shop.yaml")
    assert (len(catalog.placements), len(catalog.templates)) == (3, 6)


@needs("curl")
def test_the_curl_snippets_decide_click_and_learn(shop: Running) -> None:
    printed = run(["bash", "-euo", "pipefail", "-c", "\n".join(blocks(QUICKSTART, "bash"))], shop)
    assert '"no_fill":{"reason":"no_eligible_candidate","excluded":{"flight":3}}' in printed
    assert '"accepted":2' in printed


def test_the_answer_on_the_page_has_the_shape_of_a_real_one(shop: Running) -> None:
    (shown,) = blocks(QUICKSTART, "json")
    assert keys(json.loads(shown)) == keys(shop.decide(policy="home", placements=["hero"]))


def learned(shop: Running) -> tuple[int, int]:
    """Of 100 ads each, how many were sneakers on a phone and raincoats elsewhere, as the page's program prints it."""
    (snippet,) = blocks(QUICKSTART, "python")
    mobile, desktop = run([sys.executable, "-c", snippet], shop).splitlines()
    return int(re.findall(r"'sneakers': (\d+)", mobile)[0]), int(re.findall(r"'raincoat': (\d+)", desktop)[0])


def test_the_python_snippet_sees_what_was_learned(shop: Running) -> None:
    # Where the machine stands still for the two seconds of the horizon, clicks come too late to be learned from.
    runs = (learned(shop) for _ in range(3))
    assert any(min(shares) > 70 for shares in runs)


def test_the_lines_of_the_readme_decide_and_click(shop: Running) -> None:
    (snippet,) = blocks(README, "python")
    before = accepted(shop)
    run([sys.executable, "-c", snippet.replace("http://127.0.0.1:8080", shop.url)], shop)
    assert accepted(shop) == before + 1


@needs("chromium")
def test_the_page_shows_an_ad_and_counts_impression_and_click(shop: Running, browser: Browser) -> None:
    before = accepted(shop)
    with ShopServer(blocks(QUICKSTART, "html")[0], shop.url, handed_on()) as server:
        page = browser.new_page()
        page.route("https://shop.example/**", lambda route: route.fulfill(body="landed"))
        page.goto(server.url)
        page.click("#hero a")
        page.wait_for_url("https://shop.example/*")
        eventually(lambda: accepted(shop) == before + 2)


@needs("chromium")
def test_a_beacon_from_another_origin_arrives(shop: Running, browser: Browser) -> None:
    before, decision = accepted(shop), shop.decide(policy="home")["decision_id"]
    event = {"events": [{"id": f"far-{decision}", "type": "impression", "decision_id": decision}]}
    with ShopServer("<!doctype html>", shop.url, []) as server:
        page = browser.new_page()
        page.goto(server.url)
        page.evaluate("([to, what]) => navigator.sendBeacon(to, what)", [f"{shop.url}/v1/events", json.dumps(event)])
        eventually(lambda: accepted(shop) == before + 1)


def handed_on() -> list[str]:
    """The paths that the quickstart's nginx hands on to the service."""
    return re.findall(r"^location =? +(\S+)", blocks(QUICKSTART, "nginx")[0], re.MULTILINE)
