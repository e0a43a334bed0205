"""Tuning from end to end, on logs where it is plain what can be learned."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner

from bandit.config import Policy
from bandit.errors import BadInput
from service.catalogs import from_file
from simulations.evaluation.options import Options
from simulations.evaluation.targets.engine import read_config
from simulations.logs.archive import open_archive
from simulations.logs.base import Log
from simulations.tuning.beginning import Beginning
from simulations.tuning.cli import app
from simulations.tuning.search import search, stages
from simulations.tuning.space import BASE
from simulations.tuning.tuned import Tuned, challenger, tune
from tests.simulations.tuning.taste import LEARNING, SHOP, archived, as_dsjson

N = 800
OPTIONS = Options(seed=1, interval="bootstrap", samples=200)
SPACE = {"exploration.kind": ("greedy", "softmax", "squarecb"), "learning.learning_rate": (0.5, 2.0)}
BLIND = ("uniform", "softmax", "squarecb")
KINDS = {"exploration.kind": ("greedy", "softmax", "squarecb")}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return archived(tmp_path_factory.mktemp("taste"), N)


@pytest.fixture(scope="module")
def log(home: Path) -> Log:
    return open_archive(home, "home")


@pytest.fixture(scope="module")
def found(log: Log) -> Tuned:
    return tune(log, space=SPACE, tries=2, options=OPTIONS)


def test_a_config_that_learns_surely_beats_an_even_draw(found: Tuned) -> None:
    assert found.refusal is None
    assert found.winner
    assert found.final
    assert found.final.gain.low > 0.1
    assert found.winner.name != BASE


def test_the_winner_earns_what_is_told_of_it(found: Tuned) -> None:
    assert found.final
    assert found.final.logged == pytest.approx(0.35, abs=0.05)
    assert found.final.value.low < 0.6  # nobody can earn more
    assert found.final.value.high > 0.5


def test_the_rounds_that_judge_are_the_last_and_chose_nothing(found: Tuned) -> None:
    assert found.final
    assert found.final.rounds == round(0.3 * N)
    assert {one.rounds for one in found.tried} == {N - round(0.3 * N)}


def test_what_is_not_looked_at_does_not_change_the_search(log: Log) -> None:
    configs = {BASE: {}, "greedy": {"exploration.kind": "greedy"}}
    searched = search(log, configs, held_out=0.6, options=OPTIONS)
    assert searched == search(Beginning(log, N // 2), configs, held_out=0.2, options=OPTIONS)


def test_the_policys_own_config_is_among_those_tried_and_gains_nothing(found: Tuned) -> None:
    (base,) = (one for one in found.tried if one.name == BASE)
    assert base.gain is not None
    assert base.low is not None
    assert base.low <= 0.0
    assert abs(base.gain) < 0.02


def test_the_same_seed_finds_the_same(log: Log, found: Tuned) -> None:
    assert tune(log, space=SPACE, tries=2, options=OPTIONS) == found


def test_nothing_wins_where_nothing_can_be_learned(tmp_path: Path) -> None:
    dull = open_archive(archived(tmp_path, 600, liked=0.3, other=0.3), "home")
    told = tune(dull, space=KINDS, tries=3, options=OPTIONS)
    assert told.winner is None
    assert told.refusal
    assert "nothing tried surely beats" in told.refusal
    with pytest.raises(BadInput, match="nothing"):
        challenger(dull, told, "home-tuned")


def test_more_tried_is_wider(log: Log) -> None:
    greedy = {"greedy": {"exploration.kind": "greedy"}}
    crowd = greedy | {f"rate {i}": {"learning.learning_rate": 0.1 + 0.2 * i} for i in range(4)}
    (alone,) = search(log, greedy, options=OPTIONS)
    among = next(one for one in search(log, crowd, options=OPTIONS) if one.name == "greedy")
    assert alone.low is not None
    assert among.low is not None
    assert among.gain == alone.gain
    assert among.low < alone.low


def test_stages_keep_a_third_on_three_times_the_rounds_and_end_with_one() -> None:
    assert stages(9_000, 10) == [(1_000, 4), (3_000, 2), (9_000, 1)]
    for rounds, configs in ((100, 1), (50_000, 2), (1_000_000, 100)):
        found = stages(rounds, configs)
        assert found[-1] == (rounds, 1)
        assert [length for length, _ in found] == sorted(length for length, _ in found)
        assert [kept for _, kept in found] == sorted((kept for _, kept in found), reverse=True)


def test_whoever_falls_behind_early_is_not_tried_further(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulations.tuning.search.SHORTEST", 100)
    blind = {f"blind {i}": {"learning.interactions": [], "exploration.kind": kind} for i, kind in enumerate(BLIND)}
    told = search(log, blind | {"greedy": {"exploration.kind": "greedy"}}, held_out=0.2, options=OPTIONS)
    assert told[0].name == "greedy"
    assert sorted({one.rounds for one in told}) == [213, 640]
    assert sum(one.rounds == 640 for one in told) == 2


def test_a_stage_too_short_to_say_anything_drops_nobody(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simulations.tuning.search.SHORTEST", 8)
    kinds = {kind: {"exploration.kind": kind} for kind in ("greedy", "softmax", "squarecb")}
    told = search(log, {BASE: {}, **kinds}, held_out=0.95, options=OPTIONS)
    assert [one.rounds for one in told] == [40] * 4
    assert next(one for one in told if one.name == BASE).gain is not None


def test_a_beginning_is_the_first_decisions_of_the_log(log: Log) -> None:
    whole = np.concatenate([batch.logged.reward for batch in log.batches()])
    few = list(Beginning(log, 100).batches(features=True))
    assert np.array_equal(np.concatenate([batch.logged.reward for batch in few]), whole[:100])
    assert sum(len(batch.rows) for batch in few) == 100


@pytest.mark.parametrize("held_out", [0.0, 1.0, -1.0, 0.9999])
def test_a_log_that_leaves_nothing_to_search_or_to_judge_is_refused(log: Log, held_out: float) -> None:
    with pytest.raises(BadInput):
        tune(log, space=KINDS, tries=1, held_out=held_out, options=OPTIONS)


def test_the_command_writes_a_policy_that_a_catalog_takes_beside_the_old_one(home: Path, tmp_path: Path) -> None:
    space, out, json = tmp_path / "space.yaml", tmp_path / "tuned.yaml", tmp_path / "tuned.json"
    space.write_text("exploration.kind: [greedy, softmax]\n")
    told = CliRunner().invoke(
        app, [str(home), "--tries", "2", "--space", str(space), "--out", str(out), "--json", str(json)]
    )
    assert told.exit_code == 0, told.output
    catalog, old = tmp_path / "catalog.yaml", SHOP.policies[0]
    both = [msgspec.to_builtins(old), msgspec.yaml.decode(out.read_bytes())]
    catalog.write_bytes(msgspec.yaml.encode(msgspec.to_builtins(SHOP) | {"policies": both}))
    policy = from_file(catalog).policies[1]
    assert policy.id == "home-tuned"
    assert policy.horizon_s == old.horizon_s
    config = read_config(out)
    assert config.exploration
    assert config.exploration.kind in {"greedy", "softmax"}
    assert config.learning == LEARNING
    assert msgspec.json.decode(json.read_bytes(), type=Tuned).winner


def test_the_command_reads_dsjson_and_ends_with_status_1_where_nothing_wins(tmp_path: Path) -> None:
    space, out = tmp_path / "space.yaml", tmp_path / "tuned.json"
    space.write_text("learning.replay.depth: [0]\nlearning.bits: [10]\nlearning.interactions: [[UA, UP], []]\n")
    asked = [str(as_dsjson(tmp_path / "log.dsjson", 300)), "--space", str(space), "--out", str(out), "--tries", "2"]
    assert CliRunner().invoke(app, asked).exit_code == 0
    assert "UA" in msgspec.json.decode(out.read_bytes(), type=Policy).learning.interactions
    space.write_text("exploration.kind: [uniform]\nlearning.replay.depth: [0]\nlearning.bits: [10]\n")
    out.unlink()
    told = CliRunner().invoke(app, [*asked, "--held-out", "0.02"])
    assert told.exit_code == 1
    assert "adbandit: " in told.output
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--policy", "other"], "other"),
        (["--held-out", "2"], "held_out"),
        (["--level", "0"], "level"),
        (["--id", "no id"], "no id"),
        (["--space", "/dev/null"], "search space"),
    ],
)
def test_bad_input_ends_with_one_line_and_status_1(home: Path, arguments: list[str], told: str, tmp_path: Path) -> None:
    found = CliRunner().invoke(app, [str(home), "--out", str(tmp_path / "tuned.yaml"), *arguments])
    assert found.exit_code == 1
    assert told in found.output
    assert "Traceback" not in found.output
