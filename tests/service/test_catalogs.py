"""Changes to the catalog: each makes the next version, or nothing at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.catalog import Catalog
from bandit.errors import BadInput, Conflict
from service import embedded
from service.catalogs import Catalogs, Stale, from_file
from service.store.commands import Store
from tests.entries import CATALOG, LEARNING, laws
from tests.hosts import lease

JSON = msgspec.json.encode(CATALOG)


@pytest.fixture
def store(valkey_url: str) -> Store:
    return Store(valkey_url)


@pytest.fixture
def catalogs(store: Store) -> Catalogs:
    return Catalogs(store)


edits = st.lists(
    st.tuples(st.sampled_from(["put", "put", "delete"]), st.sampled_from("abc"), st.sampled_from(["active", "paused"])),
    max_size=8,
)


@laws(40)
@given(edits)
def test_each_edit_is_one_version_and_every_version_stays_as_it_was(
    valkey_server: embedded.EmbeddedValkey, edits: list[tuple[str, str, str]]
) -> None:
    store = Store(valkey_server.url)
    store._redis.flushall()
    catalogs, expected = Catalogs(store), [dict[str, str]()]
    for verb, name, status in edits:
        now = dict(expected[-1])
        if verb == "put":
            catalogs.put("campaigns", name, msgspec.json.encode({"status": status}), if_match=None)
            now[name] = status
        elif name in now:
            catalogs.delete("campaigns", name, if_match=None)
            del now[name]
        else:
            continue
        expected.append(now)
    assert catalogs.current().version == len(expected) - 1
    for version, campaigns in enumerate(expected):
        assert {one.id: one.status for one in Catalogs(store).at(version).campaigns} == campaigns


def test_edits_that_race_are_all_made(store: Store, valkey_url: str) -> None:
    def put(i: int) -> Catalog:
        return Catalogs(Store(valkey_url)).put("placements", f"p{i}", b"{}", if_match=None)

    with ThreadPoolExecutor(3) as pool:
        versions = {catalog.version for catalog in pool.map(put, range(6))}
    assert versions == set(range(1, 7))
    assert len(Catalogs(store).current().placements) == 6


def test_of_edits_that_name_one_version_one_is_made(catalogs: Catalogs) -> None:
    catalogs.put("campaigns", "a", b"{}", if_match=0)
    with pytest.raises(Stale):
        catalogs.put("campaigns", "b", b"{}", if_match=0)
    with pytest.raises(Stale):
        catalogs.delete("campaigns", "a", if_match=7)
    assert [one.id for one in catalogs.current().campaigns] == ["a"]


def test_another_process_sees_the_new_version(catalogs: Catalogs, valkey_url: str) -> None:
    other = Catalogs(Store(valkey_url))
    assert other.current().version == 0
    catalogs.replace(JSON, if_match=None)
    assert other.current() == catalogs.current() == CATALOG


@pytest.mark.parametrize(
    ("kind", "item", "body"),
    [
        ("templates", "t", b'{"campaign": "nobody"}'),
        ("templates", "t", b'{"id": "other"}'),
        ("templates", "t", b'{"features": {"x": 1e300}}'),
        ("templates", "a b", b"{}"),
        ("templates", "t", b"[]"),
        ("templates", "t", b"{"),
        ("templates", "t", b'{"creative": {"title": "\xff"}}'),
        ("policies", "p", b'{"horizon_s": "long"}'),
        ("campaigns", "summer", b'{"starts_at": "2026-01-02T00:00:00Z", "ends_at": "2026-01-01T00:00:00Z"}'),
    ],
)
def test_an_edit_that_is_refused_changes_nothing(catalogs: Catalogs, kind: str, item: str, body: bytes) -> None:
    catalogs.replace(JSON, if_match=None)
    with pytest.raises((BadInput, msgspec.DecodeError, UnicodeDecodeError)):
        catalogs.put(kind, item, body, if_match=None)
    assert catalogs.current() == CATALOG


def test_what_others_refer_to_cannot_be_deleted(catalogs: Catalogs) -> None:
    catalogs.replace(JSON, if_match=None)
    with pytest.raises(BadInput, match="summer"):
        catalogs.delete("campaigns", "summer", if_match=None)
    with pytest.raises(KeyError):
        catalogs.delete("campaigns", "winter", if_match=None)
    assert catalogs.current().version == 1


def test_the_learning_of_a_policy_with_a_model_cannot_be_changed(catalogs: Catalogs, store: Store) -> None:
    catalogs.replace(JSON, if_match=None)
    made_for = {"read": b"1-0", "learning": msgspec.json.encode(LEARNING)}
    store.commit("home", made_for, after="", fence=lease(store), change=None)
    with pytest.raises(Conflict, match="another `learning` config"):
        catalogs.put("policies", "home", b'{"learning": {"bits": 20}}', if_match=None)
    same = msgspec.json.encode({"learning": LEARNING, "horizon_s": 9})
    assert catalogs.put("policies", "home", same, if_match=None).policies[0].horizon_s == 9


def test_a_catalog_that_says_the_same_makes_no_version(catalogs: Catalogs) -> None:
    assert [catalogs.replace_if_other(CATALOG).version for _ in range(3)] == [1, 1, 1]


def test_yaml_and_json_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "shop.json").write_bytes(b'{"campaigns": [{"id": "a", "starts_at": "2026-06-01T00:00:00Z"}]}')
    (tmp_path / "shop.yaml").write_text("campaigns:\n- {id: a, starts_at: 2026-06-01T00:00:00Z}\n")
    assert from_file(tmp_path / "shop.yaml") == from_file(tmp_path / "shop.json")


@pytest.mark.parametrize(
    "text",
    [
        b"", b"- a", b"templates: [{id: a, features: {x: .nan}}]", b"templates: [{id: a}, {id: a}]", b"\xff\xfe\xfa",
        b"a:\n\t- b", b"{[1]: 2}", b"policies: &a [*a]", b"templates: [{id: 1}]", b"!!python/object:os.system {}",
    ],
)  # fmt: skip
def test_a_faulty_file_is_refused_by_name(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "shop.yaml").write_bytes(text)
    with pytest.raises(BadInput, match=r"shop\.yaml"):
        from_file(tmp_path / "shop.yaml")


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"none\.yaml"):
        from_file(tmp_path / "none.yaml")
