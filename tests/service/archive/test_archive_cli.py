"""What is exported trains stock VW to the learner's weights, and what others logged is imported."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner, Result

from bandit.archive.archived import outcomes
from bandit.archive.files import read_imported, read_outcomes
from bandit.config import Learning, Replay
from bandit.dsjson.write import Writer
from bandit.fold import read_model
from service import settings, wiring
from service.archive.cli import app
from service.archive.files import Archive
from service.store.commands import Store
from tests.archives import DECIDED, written
from tests.bandit.trained_vw import trained
from tests.catalogs import CATALOG
from tests.running import Json, Running, eventually

LEARNING = Learning(bits=16, replay=Replay(depth=0))
POLICY: Json = {"id": "home", "horizon_s": 0.5, "holdout": {"share": 0.2}, "learning": msgspec.to_builtins(LEARNING)}
DECISIONS = 120


def _ran(*words: str) -> Result:
    result = CliRunner().invoke(app, list(words))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def _features(line: bytes) -> bytes:
    """The part `c` as it stands."""
    return line[line.index(b'"c":{') : line.index(b',"a":[')]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service that has decided, heard, learned and archived."""
    catalog = CATALOG | {"policies": [POLICY]}
    running = Running(tmp_path_factory.mktemp("served") / "data", catalog, ADBANDIT_ARCHIVE_S="0.2")
    for i in range(DECISIONS):
        own = [
            {"template": "x|y".replace("|", "-"), "features": {'a|b:c "d"\n': i % 3, "é": "日本 🙂"}},
            {"template": "z"},
        ]
        context = {"device": "mobile" if i % 2 else "desktop", "hour": i % 24 + 0.1, "tags": ["a b", "c:d|e"][: i % 3]}
        user = {"user": {"age": i % 5, "who\n": '"quoted" \\ text'}} if i % 3 else {}
        request: Json = {"context": context | user, "count": 1 + i % 2, "user": {"key": f"u{i}"}}
        answer = running.decide(policy="home", **request, **({"candidates": own} if i % 5 == 0 else {}))
        if i % 2:
            running.tell({"id": f"c{i}", "type": "click", "decision_id": answer["decision_id"], "slot": 0})
    eventually(lambda: read_outcomes(running.data / "archive", "home")["decision"].n_unique() == DECISIONS)
    yield running
    running.stop()


def test_stock_vw_trained_on_the_export_has_the_learners_weights(served: Running, tmp_path: Path) -> None:
    file = tmp_path / "log.dsjson"
    said = _ran("export", "--policy", "home", "--data", str(served.data), "--out", str(file))
    store = Store(wiring.redis_url(settings.read({"data": served.data})))
    learned = read_model(store.snapshot("home"), LEARNING).weights()
    store.close()
    assert "0 decisions set aside" in said.output
    assert "vw --dsjson --cb_adf --cb_type mtr --bit_precision 16" in said.output
    assert np.count_nonzero(learned) > 50
    assert trained(file, LEARNING).tobytes() == learned.tobytes()


def test_the_export_imports_again_with_its_probabilities_and_leaves_the_learners_files_alone(
    served: Running, tmp_path: Path
) -> None:
    file = tmp_path / "log.dsjson"
    _ran("export", "--policy", "home", "--data", str(served.data), "--out", str(file))
    assert _ran("import", str(file), "--policy", "home", "--data", str(tmp_path)).exit_code == 0
    kept, logged = read_imported(tmp_path / "archive", "home"), read_outcomes(served.data / "archive", "home")
    of_shelf = ("candidates", "barred", "variant")  # which an import has none of
    same = [name for name in kept.columns if name not in (*of_shelf, "context", "inline")]
    assert kept.select(same).equals(logged.select(same))
    Archive(tmp_path / "archive", "home").settle(())
    assert len(read_imported(tmp_path / "archive", "home")) == len(kept)
    assert read_outcomes(tmp_path / "archive", "home").is_empty()
    writer = Writer(LEARNING)
    again = [line for outcome in outcomes(kept) for line in writer.lines(outcome, None)]
    assert list(map(_features, again)) == list(map(_features, file.read_bytes().splitlines()))


def test_the_period_is_kept_to(served: Running) -> None:
    words = ["export", "--policy", "home", "--data", str(served.data)]
    times = read_outcomes(served.data / "archive", "home")["time"]
    after = times.sort()[0].strftime("%Y-%m-%dT%H:%M:%S+0000")
    everything, from_start = _ran(*words), _ran(*words, "--since", after)
    assert everything.stdout.count("\n") == from_start.stdout.count("\n") == len(times)
    assert _ran(*words, "--until", after).stdout == ""


FOREIGN: Json = {
    "_label_cost": -1.0,
    "_label_probability": 0.8,
    "_label_Action": 2,
    "_labelIndex": 1,
    "o": [{"v": 1.0, "EventId": "e7"}],
    "Timestamp": "2024-05-01T10:00:00.1234567Z",
    "Version": "1",
    "EventId": "e7",
    "a": [2, 1],
    "c": {
        "User": {"age": 3},
        "Geo": {"city": "Bonn"},
        "_multi": [{"i": {"id": "one"}, "j": {"_t": 1}}, {"_tag": "two"}],
    },
    "p": [0.8, 0.2],
    "pdrop": 0.5,
    "VWState": {"m": "abc/def"},
}


def _written(folder: Path, *lines: Json) -> str:
    file = folder / "foreign.dsjson"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(file)


def test_a_personalizer_log_is_imported_with_probabilities_and_a_report(tmp_path: Path) -> None:
    dangling = {"RewardValue": 1.0, "EnqueuedTimeUtc": "2024-05-01T10:00:00Z", "EventId": "e9"}
    file = _written(tmp_path, FOREIGN, dangling, FOREIGN | {"EventId": "e8", "a": [2, 1], "pdrop": 0.0})
    said = _ran("import", file, "--policy", "shop", "--data", str(tmp_path)).output
    rows = read_imported(tmp_path / "archive", "shop")
    assert rows["templates"].to_list() == [["one", "two"]] * 2
    assert rows["probabilities"].to_list() == [[pytest.approx(0.2), pytest.approx(0.8)]] * 2
    assert rows.select("chosen", "reward", "weight").rows() == [(1, 1.0, 2.0), (1, 1.0, 1.0)]
    assert rows["context"].to_list() == ['{"Geo.city":"Bonn","user":{"age":3}}'] * 2
    assert "1 observations without a decision" in said
    assert "2 not kept: j._t: Vowpal Wabbit passes over names that start with _" in said


def test_a_file_with_a_fault_is_refused_with_its_line_and_nothing_is_written(tmp_path: Path) -> None:
    file = _written(tmp_path, FOREIGN, FOREIGN | {"p": [0.8, "x"]})
    refused = _ran("import", file, "--policy", "shop", "--data", str(tmp_path))
    assert (refused.exit_code, "line 2 #/p/1: Expected `float`, got `str`" in refused.output) == (2, True)
    assert not list((tmp_path / "archive" / "policy=shop" / "imported").iterdir())


def test_the_same_file_is_not_imported_twice(tmp_path: Path) -> None:
    words = ["import", _written(tmp_path, FOREIGN), "--policy", "shop", "--data", str(tmp_path)]
    assert [_ran(*words).exit_code for _ in range(2)] == [0, 2]
    assert len(read_imported(tmp_path / "archive", "shop")) == 1


@pytest.mark.parametrize("policy", ["../out", "", "a/b"])
def test_a_policy_that_is_no_id_is_refused(policy: str, tmp_path: Path) -> None:
    for words in (["import", _written(tmp_path, FOREIGN)], ["export"]):
        assert _ran(*words, "--policy", policy, "--data", str(tmp_path / "data")).exit_code == 2
    assert not (tmp_path / "data").exists()


def test_a_policy_never_archived_is_refused(tmp_path: Path) -> None:
    refused = _ran("export", "--policy", "home", "--data", str(tmp_path))
    assert (refused.exit_code, "holds nothing of policy 'home'" in refused.output) == (2, True)


def test_rows_of_one_archive_keep_their_schema(tmp_path: Path) -> None:
    written(tmp_path / "archive")
    _ran("import", _written(tmp_path, FOREIGN), "--policy", "home", "--data", str(tmp_path))
    both = pl.concat([read_outcomes(tmp_path / "archive", "home"), read_imported(tmp_path / "archive", "home")])
    assert len(both) == 2 * len(DECIDED) + 1
