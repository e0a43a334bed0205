"""All holds on what a real service left; whatever one thing is altered, the check it breaks says what and where."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner, Result

from bandit.archive.files import EVENTS, OUTCOMES, in_order, read_outcomes
from bandit.totals import Totals
from service import embedded
from service.serving import crc
from service.store.commands import Store, WeightChange
from service.verify.cli import app
from service.verify.verdicts import Check, Difference, Verdict
from service.verify.verifying import Told, verify
from tests.catalogs import CATALOG
from tests.running import Json, Running, eventually

DECISIONS = 240
THIRD = DECISIONS // 3
TOLD = Told(scores=True, progress=lambda more: None)
KINDS: list[Json] = [
    {"type": "click"},
    {"type": "impression"},
    {"type": "purchase", "value": {"value": 9.5, "currency": "EUR"}},
]


def served(data: Path) -> Running:
    """A service that has decided all kinds of requests, heard and archived, in at least three files; stopped."""
    running = Running(data, CATALOG, ADBANDIT_ARCHIVE_S="0.1", ADBANDIT_COMMIT_S="0.05")
    archive = data / "archive"
    try:
        for end in range(THIRD, DECISIONS + 1, THIRD):
            for i in range(end - THIRD, end):
                own: Json = {"candidates": [{"template": "x", "features": {"size": i % 3}}, {"template": "z"}]}
                request: Json = {"context": {"hour": i % 24 + 0.5, "user": {"age": i % 7}}, "count": 1 + i % 2}
                user: Json = {"user": {"key": f"u{i % 50}"}} if i % 3 else {}
                answer = running.decide(policy="home", **request, **user, **(own if i % 10 == 0 else {}))
                told = {"id": f"c{i}", "decision_id": answer["decision_id"], "slot": 0} | KINDS[i % 3]
                if i % 4:
                    running.tell(told)
            eventually(partial(_archived, archive, end))
    finally:
        running.stop()
    return running


def _archived(archive: Path, decisions: int) -> bool:
    return bool(read_outcomes(archive, "home")["decision"].n_unique() == decisions)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Path]]:
    """The store and the archive of a service that was stopped; neither is to be changed."""
    data = tmp_path_factory.mktemp("verified") / "data"
    served(data)
    with embedded.start(data / "valkey") as server:
        store = Store(server.url)
        yield store, data / "archive"
        store.close()


@pytest.fixture
def copy(kept: tuple[Store, Path], tmp_path: Path) -> Path:
    """The archive, to be broken."""
    return Path(shutil.copytree(kept[1], tmp_path / "archive"))


@pytest.fixture
def snapshot(kept: tuple[Store, Path]) -> Iterator[Callable[..., None]]:
    """Sets fields of the snapshot until the test is over."""
    store = kept[0]
    before = store.snapshot("home")
    yield lambda **fields: store._redis.hset("{home}:snapshot", mapping=fields)
    store._redis.hset("{home}:snapshot", mapping=before)


def verdict(kept: tuple[Store, Path], archive: Path, told: Told = TOLD) -> Verdict:
    return verify(kept[0], archive, "home", told)


def check(found: Verdict, name: str) -> Check:
    return next(check for check in found.checks if check.name == name)


def broken(found: Verdict) -> set[str]:
    return {check.name for check in found.checks if not check.holds}


def first(found: Verdict, name: str) -> Difference:
    difference = check(found, name).first
    assert difference is not None
    return difference


def file_of(archive: Path, kind: str = OUTCOMES) -> Path:
    """A file that is neither the first nor the last."""
    return in_order(archive / "policy=home", kind)[1]


def alter(archive: Path, change: Callable[[pl.DataFrame], pl.DataFrame], kind: str = OUTCOMES) -> pl.DataFrame:
    """Write one file anew; its rows as they were."""
    path = file_of(archive, kind)
    frame = pl.read_parquet(path, hive_partitioning=False)
    change(frame).cast(frame.schema).write_parquet(path)  # type: ignore[arg-type]
    return frame


def with_value(name: str, at: int, value: Any) -> Callable[[pl.DataFrame], pl.DataFrame]:
    """One value of one row set."""

    def change(frame: pl.DataFrame) -> pl.DataFrame:
        values = frame.get_column(name).to_list()
        values[at] = value
        return frame.with_columns(pl.Series(name, values, frame.schema[name]))

    return change


def test_all_holds_on_what_a_service_left(kept: tuple[Store, Path]) -> None:
    found = verdict(kept, kept[1])
    assert [str(check.first) for check in found.checks if check.first] == []
    assert found.outcomes == check(found, "scores").looked_at == DECISIONS
    assert check(found, "published").looked_at > 2
    assert all(check.looked_at for check in found.checks)


def test_without_recomputing_scores_are_skipped_and_the_rest_holds(kept: tuple[Store, Path]) -> None:
    found = verdict(kept, kept[1], Told(scores=False, progress=lambda more: None))
    assert found.holds
    assert (check(found, "scores").looked_at, check(found, "scores").skipped) == (0, "--no-recompute")


def test_a_file_that_is_gone_is_missed(kept: tuple[Store, Path], copy: Path) -> None:
    in_order(copy / "policy=home", OUTCOMES)[-1].unlink()
    found = verdict(kept, copy)
    assert {"archive", "model"} <= broken(found)
    assert (first(found, "archive").field, first(found, "archive").found) == ("file", "missing")


def test_a_gap_in_the_middle_is_seen_by_the_model(kept: tuple[Store, Path], copy: Path) -> None:
    file_of(copy).unlink()
    assert first(verdict(kept, copy), "model").field == "learned"


def test_a_torn_file_is_named(kept: tuple[Store, Path], copy: Path) -> None:
    path = file_of(copy)
    path.write_bytes(path.read_bytes()[:-100])
    assert first(verdict(kept, copy), "archive").file == path.name


def test_a_file_under_another_name_is_named(kept: tuple[Store, Path], copy: Path) -> None:
    path = file_of(copy)
    path.rename(path.with_name(path.name.replace("outcomes-1", "outcomes-0")))
    assert first(verdict(kept, copy), "archive").field == "name"


def test_a_decision_that_stands_twice_is_named(kept: tuple[Store, Path], copy: Path) -> None:
    frame = alter(copy, lambda frame: pl.concat([frame, frame.tail(1)]))
    found = verdict(kept, copy)
    assert {"archive", "model"} <= broken(found)
    assert first(found, "archive").decision == frame.item(-1, "decision")


def test_a_decision_shipped_twice_is_named(kept: tuple[Store, Path], copy: Path) -> None:
    frame = pl.read_parquet(file_of(copy), hive_partitioning=False)
    unheard = frame.filter(pl.col("events").is_null().all().over("decision"))
    one, two = unheard.get_column("decision").unique(maintain_order=True)[:2]
    alter(copy, lambda frame: frame.with_columns(pl.col("decision").replace(two, one)))
    difference = first(verdict(kept, copy), "archive")
    assert (difference.field, difference.found) == ("decision", f"{one} again")


def test_an_event_shipped_twice_is_named(kept: tuple[Store, Path], copy: Path) -> None:
    def again(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(
            pl.col("id", "decision", "slot", "type", "time").shift(1).fill_null(strategy="backward")
        )

    frame = alter(
        copy, lambda frame: pl.concat([frame.head(3), again(frame.slice(2, 2)).tail(1), frame.slice(4)]), EVENTS
    )
    difference = first(verdict(kept, copy), "archive")
    assert (difference.field, difference.found) == ("event", f"{frame.item(2, 'id')} again")


def test_an_event_that_counted_and_is_not_archived_is_named(kept: tuple[Store, Path], copy: Path) -> None:
    frame = alter(copy, lambda frame: frame.slice(0, 3).vstack(frame.slice(4)), EVENTS)
    difference = first(verdict(kept, copy), "archive")
    assert (difference.field, difference.decision) == ("event", frame.item(3, "decision"))


def test_a_catalog_that_is_gone_is_named(kept: tuple[Store, Path], copy: Path) -> None:
    (copy / "policy=home" / "catalog" / "1.json").unlink()
    found = verdict(kept, copy)
    assert {"archive", "model"} <= broken(found)
    assert "1.json" in first(found, "archive").found


def test_a_column_that_contradicts_its_row_is_named(kept: tuple[Store, Path], copy: Path) -> None:
    frame = alter(copy, with_value("propensity", 2, 0.125))
    found = verdict(kept, copy)
    assert broken(found) == {"archive"}
    assert (first(found, "archive").field, first(found, "archive").found) == ("propensity", "0.125")
    assert first(found, "archive").decision == frame.item(2, "decision")


def test_a_reward_the_events_do_not_give_is_named(kept: tuple[Store, Path], copy: Path) -> None:
    frame = alter(copy, with_value("reward", 0, 0.5))
    found = verdict(kept, copy)
    assert {"records", "model"} <= broken(found)
    assert first(found, "records").position == frame.item(0, "position")
    assert (first(found, "records").field, first(found, "records").found) == ("reward", "0.5")


def test_another_choice_is_named(kept: tuple[Store, Path], copy: Path) -> None:
    frame = pl.read_parquet(file_of(copy), hive_partitioning=False)
    at = next(i for i, p in enumerate(frame["probabilities"]) if len(p) > 2 and frame.item(i, "slot") == 0)
    was = frame.item(at, "chosen")
    alter(copy, with_value("chosen", at, (was + 1) % 3))
    difference = first(verdict(kept, copy), "draws")
    assert (difference.field, difference.expected, difference.found) == ("chosen", str(was), str((was + 1) % 3))
    assert difference.decision == frame.item(at, "decision")


def test_the_other_arm_is_named(kept: tuple[Store, Path], copy: Path) -> None:
    frame = pl.read_parquet(file_of(copy), hive_partitioning=False)
    at = next(i for i, arm in enumerate(frame["arm"]) if arm == "learned" and frame["context"].is_first_distinct()[i])
    decision = frame.item(at, "decision")
    mine = pl.col("decision") == decision
    alter(
        copy,
        lambda frame: frame.with_columns(
            arm=pl.when(mine).then(pl.lit("holdout")).otherwise("arm"),
            trainable=pl.when(mine).then(False).otherwise("trainable"),
        ),
    )
    found = verdict(kept, copy)
    assert (first(found, "draws").field, first(found, "draws").decision) == ("arm", decision)


def test_probabilities_off_by_a_bit_are_found_by_scoring_again(kept: tuple[Store, Path], copy: Path) -> None:
    frame = pl.read_parquet(file_of(copy), hive_partitioning=False)
    at = next(i for i, p in enumerate(frame["probabilities"]) if len(p) > 2 and frame.item(i, "chosen") != 0)
    p = np.array(frame.item(at, "probabilities"), np.float32)
    p[0] = np.nextafter(p[0], np.float32(1.0))
    alter(copy, with_value("probabilities", at, p.tolist()))
    found = verdict(kept, copy)
    assert broken(found) == {"scores"}
    assert first(found, "scores").field == "probabilities[0]"
    assert first(found, "scores").decision == frame.item(at, "decision")


def test_a_model_version_that_never_was_is_named(kept: tuple[Store, Path], copy: Path) -> None:
    frame = alter(copy, with_value("model_version", 0, 123_456))
    difference = first(verdict(kept, copy), "scores")
    assert (difference.field, difference.decision) == ("model_version", frame.item(0, "decision"))


def test_propensities_of_another_policy_than_the_one_served_are_found(kept: tuple[Store, Path], copy: Path) -> None:
    def others(frame: pl.DataFrame) -> pl.DataFrame:
        """What was drawn is said to have been the least likely."""
        p = [
            [0.04 if i == chosen else 0.96 / (len(was) - 1) for i in range(len(was))] if len(was) > 1 else [1.0]
            for was, chosen in zip(frame["probabilities"], frame["chosen"], strict=True)
        ]
        return frame.with_columns(pl.Series("probabilities", p, frame.schema["probabilities"]))

    for path in in_order(copy / "policy=home", OUTCOMES):
        frame = pl.read_parquet(path, hive_partitioning=False)
        others(frame).write_parquet(path)
    difference = first(verdict(kept, copy), "calibration")
    assert "mean of 1{drawn}/p" in difference.field
    assert "draws for" in difference.found


def test_a_weight_that_was_not_learned_is_found(kept: tuple[Store, Path], snapshot: Callable[..., None]) -> None:
    model = bytearray(kept[0].snapshot("home")["model"])
    model[-6] ^= 1  # of the last weight's, or what learning keeps beside it
    snapshot(model=bytes(model), sha256=hashlib.sha256(model).hexdigest())
    found = verdict(kept, kept[1])
    assert "model" in broken(found)
    assert not {"archive", "records", "draws", "scores", "calibration"} & broken(found)


def test_a_model_whose_checksum_fails_is_found(kept: tuple[Store, Path], snapshot: Callable[..., None]) -> None:
    snapshot(sha256="0" * 64)
    found = verdict(kept, kept[1])
    assert broken(found) == {"model", "published"}


def test_totals_that_are_not_the_sums_are_found(kept: tuple[Store, Path], snapshot: Callable[..., None]) -> None:
    totals = Totals.from_bytes(kept[0].snapshot("home")["totals"])
    totals.sums[0, 3, 3] += 1.0
    snapshot(totals=totals.to_bytes())
    found = verdict(kept, kept[1])
    assert broken(found) == {"model"}
    assert first(found, "model").field == "totals"


def test_a_published_weight_that_was_not_learned_is_found(kept: tuple[Store, Path]) -> None:
    redis, key = kept[0]._redis, "{home}:weights"
    entries = redis.xrange(key)
    (_, newest) = kept[0].changes("home", "0-0")[-1]
    values = np.frombuffer(newest.values, "<f4").copy()
    values[0] += 0.5
    told = (newest.before, newest.after, newest.indices, values.tobytes(), newest.centre, newest.table)
    changed = WeightChange(*told, crc(*told))
    redis.xdel(key, entries[-1][0])
    fields = dict(zip(("from", "to", "index", "value", "centre", "table", "crc"), changed, strict=True))
    redis.xadd(key, fields)
    found = verdict(kept, kept[1])
    redis.xtrim(key, maxlen=0)
    for position, before in entries:
        redis.delete(key) if position == entries[0][0] else None
        redis.xadd(key, before, id=position)
    assert broken(found) == {"published"}
    assert "weights[" in first(found, "published").field


def test_what_was_set_aside_is_said_and_breaks_nothing(kept: tuple[Store, Path], snapshot: Callable[..., None]) -> None:
    counts = msgspec.json.decode(kept[0].snapshot("home")["counts"])
    snapshot(counts=msgspec.json.encode(counts | {"damaged": 3}))
    found = verdict(kept, kept[1])
    assert found.holds
    assert any(note.startswith("3 ") for note in found.notes)


def _ran(*words: str) -> Result:
    result = CliRunner().invoke(app, list(words))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def test_the_command_says_so_by_its_status_and_in_json(kept: tuple[Store, Path], tmp_path: Path) -> None:
    data = Path(shutil.copytree(kept[1].parent, tmp_path / "data", ignore=shutil.ignore_patterns("*.sock", "lock")))
    assert _ran("--data", str(data), "--json", str(tmp_path / "found.json")).exit_code == 0
    found = msgspec.json.decode((tmp_path / "found.json").read_bytes())
    assert found["holds"]
    assert {policy["policy"] for policy in found["policies"]} == {"home", "bare", "dry", "sure"}
    alter(data / "archive", with_value("reward", 0, 0.5))
    result = _ran("--data", str(data), "--policy", "home", "--json", "-")
    policy = msgspec.json.decode(result.stdout)["policies"][0]
    assert result.exit_code == 1
    assert [check["name"] for check in policy["checks"] if not check["holds"]][:1] == ["records"]


@pytest.mark.parametrize("words", [["--data", "/nowhere/at/all"], ["--data", "{data}", "--policy", "nobody"]])
def test_what_cannot_be_looked_at_is_status_2(kept: tuple[Store, Path], words: list[str]) -> None:
    assert _ran(*(word.format(data=kept[1].parent) for word in words)).exit_code == 2
