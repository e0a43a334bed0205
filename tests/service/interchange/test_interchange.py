"""The catalog out and in again changes nothing; of a file with faults the good items are taken."""

from __future__ import annotations

import json
from datetime import UTC
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from bandit.catalog import KINDS, Campaign, Catalog, Creative, Placement, Template
from service.catalogs import Catalogs, from_file
from service.interchange import sheets
from service.interchange.cli import app
from service.interchange.items import decoded, items, whole
from service.store.commands import Store
from tests.catalogs import CATALOG
from tests.entries import laws

SHOP = Path(__file__).parents[3] / "docs" / "shop.yaml"

texts = st.text(st.characters(blacklist_categories=("Cs",)), max_size=30)
features = st.dictionaries(texts, texts | st.booleans() | st.floats(-9, 9) | st.lists(texts, max_size=2), max_size=2)
templates = st.builds(
    Template,
    id=st.from_regex(r"\A[a-z0-9]{1,8}\Z"),
    campaign=st.none() | st.just("c"),
    status=st.sampled_from(["active", "paused"]),
    labels=st.lists(texts, max_size=2).map(tuple),
    formats=st.none() | st.lists(texts, max_size=2).map(tuple),
    features=features,
    creative=st.builds(Creative, title=texts, html=st.none() | texts),
)
placements = st.builds(Placement, id=st.just("p"), page_type=texts, format=texts, width=st.none() | st.integers(1, 99))
campaigns = st.builds(Campaign, id=st.just("c"), starts_at=st.none() | st.datetimes(timezones=st.just(UTC)))


@pytest.fixture
def catalogs(valkey_url: str) -> Catalogs:
    found = Catalogs(Store(valkey_url))
    found.replace_if_other(from_file(SHOP))
    return found


def ran(url: str, *words: object) -> Result:
    return CliRunner().invoke(app, ["catalog", *map(str, words), "--redis-url", url])


@laws(60)
@given(st.one_of(st.tuples(st.just("templates"), templates), st.tuples(st.just("placements"), placements)))
def test_a_table_is_read_as_it_was_written(given_: tuple[str, Template | Placement]) -> None:
    kind, item = given_
    found, faults = decoded(sheets.read(kind, sheets.write(kind, [item])))
    assert (list(found.values()), faults) == ([item], [])


@laws(20)
@given(st.lists(campaigns, max_size=1), st.lists(placements, max_size=1))
def test_a_whole_catalog_is_read_as_it_was_written(paying: list[Campaign], places: list[Placement]) -> None:
    catalog = Catalog(campaigns=tuple(paying), placements=tuple(places))
    found, faults = decoded(items(msgspec.yaml.decode(msgspec.yaml.encode(whole(catalog)))))
    assert (list(found.values()), faults) == ([*places, *paying], [])


@pytest.mark.parametrize("name", ["out.yaml", "out.json", *(f"{kind}.csv" for kind in KINDS)])
def test_to_import_what_was_exported_makes_no_new_version(
    catalogs: Catalogs, valkey_url: str, tmp_path: Path, name: str
) -> None:
    before = catalogs.current()
    assert ran(valkey_url, "export", tmp_path / name).exit_code == 0
    assert ran(valkey_url, "import", tmp_path / name, "--replace").exit_code == 0
    assert catalogs.current() == before


def test_the_good_rows_of_a_table_are_taken_and_the_others_told(
    catalogs: Catalogs, valkey_url: str, tmp_path: Path
) -> None:
    table = 'id,campaign,creative\ngood,,\nlost,no-such,\nbad,,"{""link"": ""javascript:x""}"\ncap 0,,\n'
    (tmp_path / "templates.csv").write_text(table)
    told = ran(valkey_url, "import", tmp_path / "templates.csv")
    assert (told.exit_code, "1 items taken, 3 left out" in told.output) == (1, True)
    assert "good" in {template.id for template in catalogs.current().templates}
    assert len(catalogs.current().templates) == len(from_file(SHOP).templates) + 1


def test_a_fault_in_a_list_is_told_by_its_place() -> None:
    _, faults = decoded(items({"campaigns": [{"id": "never", "caps": [{"impressions": 0, "hours": 1}]}]}))
    assert [(fault.row, fault.field) for fault in faults] == [(1, "caps/0/impressions")]


def test_what_others_hang_on_is_not_taken_away(catalogs: Catalogs, valkey_url: str, tmp_path: Path) -> None:
    (tmp_path / "placements.csv").write_text("id\nelsewhere\n")
    before = catalogs.current()
    told = ran(valkey_url, "import", tmp_path / "placements.csv", "--replace")
    assert told.exit_code in (0, 2)
    assert told.exit_code == 0 or catalogs.current() == before


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.csv", "id\na\n"), ("templates.csv", "name\na\n"), ("templates.csv", 'id\n"a'), ("x.yaml", "a: [\n"),
        ("x.json", json.dumps([])), ("x.json", json.dumps({"goods": []})), ("x.json", json.dumps({"templates": {}})),
    ],
)  # fmt: skip
def test_a_file_that_is_no_catalog_is_refused(
    catalogs: Catalogs, valkey_url: str, tmp_path: Path, name: str, content: str
) -> None:
    (tmp_path / name).write_text(content)
    assert ran(valkey_url, "import", tmp_path / name).exit_code == 2
    assert catalogs.current().version == 1


def test_a_whole_file_takes_the_place_of_what_was(catalogs: Catalogs, valkey_url: str, tmp_path: Path) -> None:
    (tmp_path / "new.json").write_text(json.dumps(CATALOG))
    assert ran(valkey_url, "import", tmp_path / "new.json").exit_code == 0
    assert {policy.id for policy in catalogs.current().policies} == {policy["id"] for policy in CATALOG["policies"]}
