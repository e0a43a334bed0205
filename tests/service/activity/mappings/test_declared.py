"""A shop's own format, as a file declares it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bandit.errors import BadInput
from service.activity.mappings.declared import declared, mapped
from service.cli import app
from tests.service.activity.messages import SIGNER, Desk

TILL = """
mappings:
  till:
    events: /receipts
    type: {at: /what, values: {sold: purchase, shown: view, joined: identify}}
    id: /no
    user_key: /card/number
    anonymous_key: /terminal
    consent: /card/agreed
    channel: {at: /place, values: {kiosk: app}, otherwise: store}
    currency: EUR
    occurred_at: /ms
    time: milliseconds
    order: /no
    lines: {at: /rows, product: /ean, category: /group/0, price: /each, quantity: /n}
"""


@pytest.fixture
def till(tmp_path: Path) -> Any:
    path = tmp_path / "mapping.yaml"
    path.write_text(TILL)
    return declared(str(path))["till"]


def receipt(**fields: Any) -> dict[str, Any]:
    rows = [{"ean": 4006381333931, "group": ["pens"], "each": "2.50", "n": 3}, {"ean": "x", "each": 1}]
    return {"what": "sold", "no": 12, "card": {"number": "c-1"}, "ms": 1_799_999_000_500, "rows": rows, **fields}


def test_what_stands_where_it_says_is_what_is_told(till: Any) -> None:
    desk = Desk()
    assert desk.take(mapped({"receipts": [receipt(place="hall")]}, till)).accepted == 2
    pens, other = desk.did()
    assert (pens.id, pens.kind, pens.product, pens.category) == (
        "order:12:4006381333931",
        "purchase",
        "4006381333931",
        "pens",
    )
    assert (pens.price, pens.quantity, pens.channel, pens.occurred) == (2.5, 3, "store", 1_799_999_000.5)
    assert (other.product, other.quantity, pens.user) == ("x", 1, SIGNER.pseudonym("c-1"))


def test_one_event_may_stand_alone_and_a_value_may_mean_a_channel(till: Any) -> None:
    (found,) = mapped({"receipts": receipt(what="shown", place="kiosk", rows=None)}, till).told
    assert (found.fields["type"], found.fields["channel"]) == ("view", "app")


@pytest.mark.parametrize("event", [receipt(what="voided"), receipt(card={"number": "c", "agreed": False}), 7, None])
def test_what_means_nothing_and_who_did_not_agree_is_ignored(till: Any, event: Any) -> None:
    answer = Desk().take(mapped({"receipts": [event]}, till))
    assert (answer.ignored, answer.accepted, answer.rejected) == (1, 0, ())


def test_a_bad_event_is_named_and_the_others_are_taken(till: Any) -> None:
    answer = Desk().take(
        mapped({"receipts": [receipt(card=None), receipt(rows=[{"ean": "y", "n": -1}]), receipt()]}, till)
    )
    assert (answer.accepted, {fault.index for fault in answer.rejected}) == (2, {0, 1})


@pytest.mark.parametrize("body", [{}, {"receipts": []}, [], 7])
def test_a_body_without_events_is_refused(till: Any, body: Any) -> None:
    with pytest.raises(BadInput, match="#/receipts"):
        mapped(body, till)


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ("mappings: {a: {type: view, id: /i}}", "#/mappings/a"),
        ("mappings: {a: {type: walk, id: /i, user_key: /u}}", "#/mappings/a/type"),
        ("mappings: {a: {type: view, id: i, user_key: /u}}", "#/mappings/a/id"),
        ("mappings: {a: {type: view, id: /i~2, user_key: /u}}", "#/mappings/a/id"),
        ("mappings: {a: {type: {at: /t, values: {x: walk}}, id: /i, user_key: /u}}", "#/mappings/a/type/values"),
        ("mappings: {a: {type: view, id: /i, user_key: /u, colour: /c}}", "#/mappings/a"),
        ("mappings: {a b: {type: view, id: /i, user_key: /u}}", "#/mappings"),
        ("mappings: {a: {type: view, id: /i, user_key: /u, currency: euro}}", "#/mappings/a/currency"),
        ("mapping: {}", "#"),
        ("[1", "#/settings/activity_mapping"),
        ("&a [*a]", "#"),
    ],
)
def test_a_mapping_that_says_nothing_sound_is_refused_by_its_place(tmp_path: Path, text: str, pointer: str) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text(text)
    with pytest.raises(BadInput) as refused:
        declared(str(path))
    assert refused.value.pointer.startswith(pointer)


def test_a_file_that_is_not_there_is_named_and_no_file_is_no_mapping() -> None:
    with pytest.raises(BadInput, match="nowhere"):
        declared("nowhere.yaml")
    assert declared("") == {}


def test_a_bad_file_stops_the_start_and_says_where(tmp_path: Path) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text("mappings: {a: {type: walk, id: /i, user_key: /u}}")
    told = CliRunner().invoke(app, ["up", "--data", str(tmp_path)], env={"ADBANDIT_ACTIVITY_MAPPING": str(path)})
    assert (told.exit_code, "#/mappings/a/type" in told.output) == (2, True)
