"""Every page in every language: whole, escaped, and held to its policy."""

from __future__ import annotations

import re

import msgspec
import pytest

from service.console.languages import LANGUAGES
from tests.service.console.conftest import Console, filled

PAGES = {
    "": 200,
    "/campaigns": 200,
    "/campaigns/new": 200,
    "/campaigns/new?from=summer": 200,
    "/campaigns/summer": 200,
    "/campaigns/summer?done=saved": 200,
    "/templates": 200,
    "/templates/sale": 200,
    "/placements/rail": 200,
    "/placements": 200,
    "/policies": 200,
    "/policies/home": 200,
    "/products": 200,
    "/products/new": 200,
    "/products/item?id=none": 404,
    "/users": 200,
    "/help": 200,
    "/campaigns/none": 404,
    "/nothing": 404,
    "/campaigns/summer/status": 404,
    "/../v1/catalog": 404,
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_show_no_key_and_keep_to_their_policy(console: Console, language: str) -> None:
    for path, status in PAGES.items():
        answer = console.client.get(f"/console{path}", headers={"Accept-Language": language})
        assert (path, answer.status_code) == (path, status)
        assert "⟦" not in answer.text
        assert f'<html lang="{language}' in answer.text
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self'")
        assert policy.endswith("form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
        assert (answer.headers["X-Content-Type-Options"], answer.headers["Cache-Control"]) == ("nosniff", "no-store")


def test_every_input_has_a_label_and_every_id_is_one_thing(console: Console) -> None:
    for path in (path for path, status in PAGES.items() if status == 200):
        check_names(console.get(path))


def check_names(page: str) -> None:
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert [name for name in ids if ids.count(name) > 1] == []
    labelled = set(re.findall(r'<label[^>]* for="([^"]+)"', page))
    for tag in re.findall(r"<(?:input|select|textarea)\b[^>]*>", page):
        name = re.search(r'\sid="([^"]+)"', tag)
        inside = re.search(r"<label[^>]*>\s*" + re.escape(tag), page)
        assert 'type="hidden"' in tag or "aria-label" in tag or inside or (name and name[1] in labelled), tag
    for named in re.findall(r'aria-(?:describedby|labelledby)="([^"]+)"', page):
        assert set(named.split()) <= set(ids)


def test_what_is_stored_stays_text(console: Console) -> None:
    evil = "</textarea></title><script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    stored = msgspec.json.decode(msgspec.json.encode(console.catalogs.current()))
    stored["templates"].append({"id": "evil", "creative": {"title": evil, "description": evil}, "labels": [evil[:60]]})
    stored["campaigns"].append({"id": "e", "targeting": {"city": evil}, "keywords": [evil[:60]]})
    console.catalogs.replace(msgspec.json.encode(stored), if_match=None)
    for path in ("/templates", "/templates/evil", "/campaigns/e", f"/templates?q={evil}", f"/campaigns?sort={evil}"):
        page = console.get(path)
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_the_language_is_the_one_chosen_else_the_browser_s(console: Console) -> None:
    assert "广告活动" in console.get("", Accept_Language="zh-CN,zh;q=0.9,en;q=0.5")
    assert "Campaigns" in console.get("", Accept_Language="fr")
    answer = console.post("/language", {"language": "zh", "next": "/console/campaigns?q=a"})
    assert answer.headers["Location"] == "/console/campaigns?q=a"
    assert "广告活动" in console.get("", Accept_Language="en")
    for path in ("https://evil.example/", "//evil.example", "/console/\\evil", "/v1/catalog", "/console/\r\nX: y"):
        assert console.post("/language", {"language": "xx", "next": path}).headers["Location"] == "/console"


def test_a_list_of_ten_thousand_is_filtered_sorted_and_paged(console: Console) -> None:
    stored = msgspec.json.decode(msgspec.json.encode(console.catalogs.current()))
    stored["templates"] = [{"id": f"t{i:05}", "creative": {"title": f"Title {i % 7}"}} for i in range(10_000)]
    console.catalogs.replace(msgspec.json.encode(stored), if_match=None)
    assert console.get("/templates").count('<th scope="row">') == 50
    page = console.get("/templates?q=title+t09&sort=id&down=1&page=2")
    assert "1,000 of 10,000" in page
    assert ">t09949<" in page
    assert ">t09950<" not in page
    assert "Page 200 of 200" in console.get("/templates?page=999999")


def test_files_are_kept_by_the_browser_and_nothing_else_is_served(console: Console) -> None:
    for name, kind in (("console.css", "text/css"), ("console.js", "text/javascript")):
        answer = console.client.get(f"/console/static/{name}?v=1")
        assert answer.mimetype == kind
        assert "immutable" in answer.headers["Cache-Control"]
    assert console.client.get("/console/static/../page.py").status_code == 404


def test_a_preview_is_a_page_without_scripts_that_only_we_may_frame(console: Console) -> None:
    answer = console.client.get("/console/templates/sale/preview")
    assert answer.status_code == 200
    assert "script" not in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    console.get("/templates/none/preview", 404)


def test_with_the_store_away_pages_say_so_and_forms_keep_what_was_written(console: Console) -> None:
    sent = console.form("/campaigns/summer") | {"priority": "8"}
    console.go_away()
    assert "cannot be reached" in console.get("/campaigns", 503)
    answer = console.client.post("/console/campaigns/summer", data=sent)
    assert (answer.status_code, filled(answer.text)["priority"]) == (503, ["8"])
