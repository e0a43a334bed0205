"""What a form sends is what is stored, or nothing is; and nobody's change is lost without a word."""

from __future__ import annotations

import msgspec
import pytest

from tests.service.console.conftest import Console, filled


def test_a_form_sent_untouched_changes_nothing(console: Console) -> None:
    before = console.catalogs.current()
    for kind, item_id in (("campaigns", "summer"), ("templates", "sale"), ("placements", "rail"), ("policies", "home")):
        answer = console.change(f"/{kind}/{item_id}")
        assert answer.status_code == 303, answer.text
        assert console.item(kind, item_id) == next(one for one in getattr(before, kind) if one.id == item_id)


def test_a_campaign_is_made_of_what_was_written(console: Console) -> None:
    answer = console.change(
        "/campaigns/new", id="autumn", priority="7", keywords="rain boots\n\nwellies", advertiser="a"
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console/campaigns/autumn?done=created")
    made = console.item("campaigns", "autumn")
    assert (made.priority, made.keywords, made.advertiser) == (7, ("rain boots", "wellies"), "a")
    assert made.price is made.budget is made.targeting is None
    assert "Created" in console.get("/campaigns/autumn?done=created")


def test_structured_and_written_rules_are_stored_together(console: Console) -> None:
    answer = console.change(
        "/campaigns/summer", targeting__city="Bonn", targeting__not="country: FR", caps__1__hours="5"
    )
    assert answer.status_code == 422
    assert 'id="e-caps.1.impressions"' in answer.text
    given = {"targeting__city": "Bonn", "targeting__not": "country: FR", "caps__1__hours": "5"}
    assert console.change("/campaigns/summer", **given, caps__1__impressions="9").status_code == 303
    stored = msgspec.to_builtins(console.item("campaigns", "summer"))
    assert (stored["targeting"]["country"], stored["targeting"]["not"]) == ("DE", {"country": "FR"})
    assert [(cap["impressions"], cap["hours"]) for cap in stored["caps"]] == [(2, 24.0), (9, 5.0)]


@pytest.mark.parametrize(
    ("path", "given", "at", "says"),
    [
        ("/campaigns/summer", {"priority": "11"}, "priority", "Between 0 and 9"),
        ("/campaigns/summer", {"ends_at": "2020-01-01T00:00"}, "", "must be before"),
        ("/campaigns/summer", {"price__amount__value": "-1"}, "price.amount.value", "&gt;= 0"),
        ("/campaigns/summer", {"targeting__any": "- {page: {}}"}, "targeting.any", "a page has"),
        ("/templates/sale", {"campaign": "nobody"}, "campaign", "is not in the catalog"),
        ("/templates/sale", {"creative__link": "javascript:alert(1)"}, "creative.link", "http or https"),
        ("/templates/sale", {"creative__html": "<script>x</script>"}, "creative.html", "script"),
        ("/templates/sale", {"features": "x: 1.0e+300"}, "features", "x"),
        ("/policies/home", {"holdout__share": "2"}, "holdout.share", "Between 0 and 1"),
        ("/policies/home", {"holdout__baseline__kind": "fixed"}, "holdout.baseline", "names a template"),
        ("/campaigns/new", {"id": "summer"}, "id", "one of this name already"),
        ("/campaigns/new", {"id": "a b"}, "id", "Letters, digits"),
        ("/campaigns/new", {"id": ""}, "id", "needed"),
    ],
)
def test_what_is_wrong_is_told_at_the_input_and_all_that_was_written_is_kept(
    console: Console, path: str, given: dict[str, str], at: str, says: str
) -> None:
    before, sent = console.catalogs.current(), console.form(path) | {k.replace("__", "."): v for k, v in given.items()}
    answer = console.client.post(f"/console{path}", data=sent)
    assert answer.status_code in (409, 422)
    place = answer.text.index(f'id="e-{at}"' if at else 'id="faults"')
    assert says in answer.text[place : place + 600]
    assert console.catalogs.current() == before
    kept = filled(answer.text)
    assert [kept[name.replace("__", ".")] for name in given] == [[text] for text in given.values()]


def test_somebody_else_s_change_is_shown_beside_ours_and_not_overwritten_unseen(console: Console) -> None:
    mine = console.form("/campaigns/summer") | {"priority": "8"}
    assert console.change("/campaigns/summer", priority="2", advertiser="them").status_code == 303
    answer = console.client.post("/console/campaigns/summer", data=mine)
    assert answer.status_code == 412
    assert "Somebody changed this meanwhile" in answer.text
    assert '<td class="pre">8</td><td class="pre">2</td>' in answer.text
    assert console.item("campaigns", "summer").priority == 2
    assert console.client.post("/console/campaigns/summer", data=filled(answer.text)).status_code == 303
    assert console.item("campaigns", "summer").priority == 8


def test_a_change_to_something_else_is_no_conflict(console: Console) -> None:
    mine = console.form("/campaigns/summer") | {"priority": "8"}
    assert console.change("/campaigns/winter", priority="2").status_code == 303
    assert console.client.post("/console/campaigns/summer", data=mine).status_code == 303


def test_what_was_removed_meanwhile_is_not_brought_back(console: Console) -> None:
    mine = console.form("/campaigns/winter")
    console.catalogs.delete("campaigns", "winter", if_match=None)
    answer = console.client.post("/console/campaigns/winter", data=mine)
    assert (answer.status_code, "removed this meanwhile" in answer.text) == (412, True)
    assert console.item("campaigns", "winter") is None


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 15, "1e3", "٣"])
def test_a_version_that_never_was_overwrites_nothing(console: Console, version: str) -> None:
    answer = console.change("/campaigns/summer", version=version, priority="1")
    assert answer.status_code in (400, 409, 412)
    assert console.item("campaigns", "summer").priority == 5


def test_what_no_form_shows_is_kept(console: Console) -> None:
    assert console.change("/templates/sale", creative__title="New").status_code == 303
    assert len(console.item("templates", "sale").grammar.proposed) == 2
    assert console.change("/policies/home", horizon_s="7").status_code == 303
    assert console.item("policies", "home").learning.bits == 12


def test_pausing_and_deleting_ask_first(console: Console) -> None:
    asked = {"version": console.form("/campaigns/summer")["version"][0], "status": "paused"}
    answer = console.post("/campaigns/summer/status", asked)
    assert (answer.status_code, "Pause it?" in answer.text) == (200, True)
    assert console.item("campaigns", "summer").status == "active"
    assert console.post("/campaigns/summer/status", asked | {"sure": "1"}).status_code == 303
    assert console.item("campaigns", "summer").status == "paused"
    version = console.form("/campaigns/winter")["version"][0]
    assert "Delete it?" in console.post("/campaigns/winter/delete", {"version": version}).text
    assert console.item("campaigns", "winter") is not None
    assert console.post("/campaigns/winter/delete", {"version": version, "sure": "1"}).status_code == 303
    assert console.item("campaigns", "winter") is None


def test_what_others_need_is_not_deleted(console: Console) -> None:
    version = console.form("/campaigns/summer")["version"][0]
    answer = console.post("/campaigns/summer/delete", {"version": version, "sure": "1"})
    assert (answer.status_code, "is not in the catalog" in answer.text) == (409, True)
    assert console.item("campaigns", "summer") is not None


def test_pausing_what_somebody_changed_meanwhile_is_refused(console: Console) -> None:
    version = console.form("/campaigns/summer")["version"][0]
    console.change("/campaigns/summer", priority="1")
    answer = console.post("/campaigns/summer/status", {"version": version, "status": "paused", "sure": "1"})
    assert (answer.status_code, console.item("campaigns", "summer").status) == (412, "active")


def test_proposals_are_approved_and_declined_one_by_one(console: Console) -> None:
    assert "The best" in console.get("/templates/sale")
    for verb, text, status in (("approve", "The best", 409), ("approve", "Come in", 303), ("decline", "The best", 303)):
        given = {"kind": "headline", "text": text, "verb": verb}
        assert console.post("/templates/sale/proposals", given).status_code == status
    grammar = console.item("templates", "sale").grammar
    assert (grammar.headlines, grammar.proposed) == (("Sale", "Last days", "Come in"), ())


def test_the_worker_uses_a_change_at_once(console: Console) -> None:
    console.change("/campaigns/winter", priority="2")
    console.web.serving.refresh.assert_called_once()


PRODUCT = {
    "id": "p/1 ü",
    "title": "Shoe <b>",
    "link": "https://s.example/",
    "price.value": "49.9",
    "price.currency": "EUR",
}


def test_a_product_is_written_changed_taken_out_of_stock_and_removed(console: Console) -> None:
    page = "/products/item?id=p%2F1+%C3%BC"
    given = {"version": "", "availability": "in_stock", **PRODUCT}
    assert console.post("/products/item", given | {"price.value": "-3"}).status_code == 422
    assert console.post("/products/item", given).status_code == 303
    assert console.post("/products/item", given).status_code == 409
    assert "Shoe &lt;b&gt;" in console.get(page)
    seen = console.form(page)
    assert console.post("/products/item", seen | {"title": "Boot"}).status_code == 303
    stale = console.post("/products/item", seen | {"title": "Sandal"})
    assert (stale.status_code, "Boot" in stale.text, "Sandal" in stale.text) == (412, True, True)
    assert console.post("/products/item", {"id": PRODUCT["id"], "verb": "pause"}).status_code == 303
    assert "Put back in stock" in console.get(page)
    assert "Delete it?" in console.post("/products/item", {"id": PRODUCT["id"], "verb": "delete"}).text
    assert console.post("/products/item", {"id": PRODUCT["id"], "verb": "delete", "sure": "1"}).status_code == 303
    console.get(page, 404)


def test_a_feed_tells_row_by_row_what_was_left_out(console: Console) -> None:
    rows = ("a,Shoe,https://s.example/a,9.90 EUR", "b,Boot,javascript:x,9 EUR", "c,Hat,https://s.example/,2 EUR")
    feed = "\n".join(("id,title,link,price", *rows)).encode()
    answer = console.upload("/products/feed", "feed.csv", feed)
    assert (answer.status_code, "2 products kept" in answer.text) == (200, True)
    assert answer.text.count('<th scope="row" class="number">3</th><td>link</td>') == 1
    for content in (b"", b"\0\xff" * 99, b"[" * 9_000, b"<a>", b"id,title\n1,2\n"):
        assert console.upload("/products/feed", "x.csv", content).status_code == 422


def test_a_user_is_looked_up_erased_and_asked_by_key_in_a_form_only(console: Console) -> None:
    console.web.people.state.return_value = None
    assert "Nothing is kept" in console.post("/users", {"key": "u-1"}).text
    assert "Erase" in console.post("/users", {"key": "u-1", "verb": "erase"}).text
    console.web.people.erase.assert_not_called()
    assert console.post("/users", {"key": "u-1", "verb": "erase", "sure": "1"}).status_code == 200
    console.web.people.erase.assert_called_once_with(console.web.signer.pseudonym("u-1"), console.now)
    for key in ("", "x" * 257):
        assert console.post("/users", {"key": key}).status_code == 422
