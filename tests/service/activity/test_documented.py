"""The examples of docs/spec/activity.md are taken as they stand there."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bandit.profiles.features import MARK, features
from service.activity.mappings import declared, ga4, segment
from service.schemas import ActivityMessage
from tests.bandit.profiles.users import activity, state_of
from tests.service.activity.messages import Desk

SPEC = Path(__file__).parents[3] / "docs" / "spec"
PAGE = (SPEC / "activity.md").read_text()
CALLS = re.findall(r"(/v1/activity\S*) -H 'Content-Type: application/json' -d '\n(.*?)'\n", PAGE, re.DOTALL)
THEN_S = datetime(2026, 11, 24, 12, tzinfo=UTC).timestamp()  # the day of the examples
MAPPED = {"/v1/activity/segment": segment.mapped, "/v1/activity/ga4": ga4.mapped}


@pytest.mark.parametrize(("path", "body"), CALLS, ids=[path for path, _ in CALLS])
def test_each_call_is_taken(path: str, body: str) -> None:
    desk, given = Desk(), json.loads(body)
    answer = desk.collector.take(MAPPED[path](given), THEN_S) if path in MAPPED else desk.tell(*given["activities"])
    assert (answer.accepted > 0, answer.ignored, answer.rejected) == (True, 0, ())


def test_every_form_has_a_call() -> None:
    assert {path for path, _ in CALLS} == {"/v1/activity", *MAPPED}


def test_the_mapping_reads_a_receipt(tmp_path: Path) -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "m.yaml").write_text(text)
    row = {"ean": "e", "group": "pens", "each": 2.5, "n": 3}
    receipt = {"what": "sold", "no": 1, "card": {"number": "c"}, "ms": THEN_S * 1000, "rows": [row]}
    by = declared.declared(str(tmp_path / "m.yaml"))["till"]
    desk = Desk()
    answer = desk.collector.take(declared.mapped({"receipts": [receipt]}, by), THEN_S)
    assert (answer.accepted, desk.did()[0].id) == (1, "order:1:e")


def test_every_field_and_every_feature_is_on_its_page() -> None:
    said = set(re.findall(rf"`({MARK}\w+)`", (SPEC / "profiles.md").read_text()))
    everything: list[Any] = [
        activity(kind, at, category="shoes", brand="acme", price=9.0, product=f"{i}", tokens=(1,), sentiment=0.5)
        for at in (THEN_S - 1e6, THEN_S)
        for i, kind in enumerate(("search", "purchase", "review", "add_to_cart"))
    ]
    told = {*features(state_of(everything).profile, THEN_S), *features(state_of(everything[4:]).profile, THEN_S)}
    assert told == said
    assert not [name for name in ActivityMessage.__struct_encode_fields__ if f"`{name}`" not in PAGE]
