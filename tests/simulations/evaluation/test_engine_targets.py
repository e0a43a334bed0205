"""The engine as a target decides as it does when it serves, and is never asked about what it has learned."""

from __future__ import annotations

import struct
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest

from bandit.config import Exploration, Learning, Replay
from bandit.decide import Ask, decide, weigh
from bandit.errors import BadInput
from bandit.examples import examples
from bandit.model import Model
from bandit.records import Outcome
from bandit.shelf import lay_out
from simulations.evaluation.evaluate import evaluate
from simulations.evaluation.targets.engine import Config, Engine, read_config
from simulations.logs.archive import open_archive
from simulations.logs.table import TableLog
from simulations.logs.table_rows import Named
from tests.archives import written
from tests.entries import CATALOG, POLICY, START_S
from tests.simulations.evaluation.test_evaluate import canonical

SERVED = msgspec.structs.replace(POLICY, exploration=Exploration(softmax_lambda=2.0))
QUICK = {"reward_model": None, "interval": "normal"}


def learning(rounds: int, slots: int = 1, exploration: Exploration = SERVED.exploration) -> list[Outcome]:
    """What the engine decides and learns, publishing after every outcome: sales are liked in the morning."""
    shelf = lay_out(CATALOG, msgspec.structs.replace(SERVED, exploration=exploration))
    model = Model.fresh(SERVED.learning)
    found = []
    for i in range(rounds):
        time = START_S + i
        ask = Ask(id=struct.pack("<QQ", 7, i), time=time, context={"hour": i % 24}, count=slots)
        decision = decide(ask, shelf, weigh(np.array(model.weights(), order="C"), model.learned, shelf, model.centre()))
        positions = [int(drawn.positions()[drawn.chosen]) for drawn in decision.rounds]
        rewards = tuple(float((position < 2) == (i % 24 < 12) and i % 3 > 0) for position in positions)
        found.append(Outcome(f"{int(time * 1000)}-0", decision, (), rewards))
        for slot, example in enumerate(examples(found[-1], shelf)):
            model.learn(example, f"{found[-1].position}/{slot}".encode())
    return found


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("learned"), learning(400))


def config(folder: Path) -> Path:
    path = folder / "served.yaml"
    path.write_bytes(msgspec.yaml.encode({"exploration": msgspec.to_builtins(SERVED.exploration)}))
    return path


@pytest.mark.parametrize("slots", [1, 2])
def test_the_config_that_served_gives_every_probability_again(slots: int, tmp_path: Path) -> None:
    log = open_archive(written(tmp_path, learning(120, slots)), "home")  # of so few, weights are published after each
    found = evaluate(log, str(config(tmp_path)), slots="rounds", **QUICK)
    assert (found.rounds, found.mean_weight, found.max_weight) == (120 * slots, 1.0, 1.0)


def test_a_config_that_learns_from_an_even_log_earns_more_than_it(tmp_path: Path) -> None:
    log = open_archive(written(tmp_path, learning(600, exploration=Exploration(kind="uniform"))), "home")
    greedy = Engine(Config(exploration=Exploration(kind="greedy", min_probability=0.01)))
    found = evaluate(log, greedy, last=0.5, **QUICK)
    assert found.verdict != "refused"
    assert found.estimates["ips"].low > found.logged.value  # type: ignore[operator]


def test_a_model_is_not_asked_about_rounds_it_has_learned(archive: Path) -> None:
    log = open_archive(archive, "home")
    assert evaluate(log, "model@300", **QUICK).rounds == 100
    with pytest.raises(BadInput, match="no round is left that no target has learned from"):
        evaluate(log, "model", **QUICK)
    with pytest.raises(BadInput, match="the newest has learned 400"):
        evaluate(log, "model@401", **QUICK)


def test_an_engine_goes_by_any_table(tmp_path: Path) -> None:
    learned = Learning(bits=12, replay=Replay(depth=4), interactions=("CA",))
    engine = Engine(Config(exploration=Exploration(kind="epsilon_greedy", epsilon=0.5), learning=learned))
    found = evaluate(canonical(tmp_path), engine, **QUICK)
    assert (found.rounds, found.mean_weight) == (160, pytest.approx(1.0, abs=0.3))


def test_an_engine_that_stops_to_learn_stays_as_it_is(archive: Path) -> None:
    log = open_archive(archive, "home")
    targets = [Engine(Config(), still_after=100), Engine(Config())]
    said = [[each.asking(log).probabilities(batch) for batch in log.batches()] for each in targets]
    same = [np.concatenate(one)[:400].tolist() for one in said]
    assert same[0] == same[1]
    assert np.concatenate(said[0]).tolist() != np.concatenate(said[1]).tolist()


@pytest.mark.parametrize("text", ["exploration: {kind: bold}", "explore: {}", "- 1", "learning: {bits: 99}", "a: ["])
def test_a_file_that_is_no_config_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "odd.yaml").write_text(text)
    with pytest.raises(BadInput, match="is no engine config"):
        read_config(tmp_path / "odd.yaml")


def test_several_slots_are_one_decision(tmp_path: Path) -> None:
    log = open_archive(written(tmp_path, learning(300, slots=2)), "home")
    found = evaluate(log, "uniform", interval="normal", reward_model="means")
    earned = [sum(outcome.rewards) for batch in log.batches() for outcome in log.outcomes(batch)]
    assert (found.unit, found.logged.value) == ("decision", pytest.approx(np.mean(earned)))
    assert {"standard", "independent", "reward_interaction", "position_based", "cascade_dr"} == set(found.estimates)
    known = evaluate(log, "logged", **QUICK).estimates
    assert {round(estimate.value or 0.0, 6) for estimate in known.values()} == {round(float(np.mean(earned)), 6)}


def test_slots_drawn_otherwise_than_from_what_is_left_have_no_marginal_estimate(tmp_path: Path) -> None:
    rows = {
        "visit": [i // 2 for i in range(600)],
        "action": ["a", "b"] * 300,
        "offered": [["a", "b", "c"], ["b", "c"]] * 300,
        "p": [[0.5, 0.25, 0.25], [0.9, 0.1]] * 300,
        "reward": [1.0, 0.0] * 300,
    }
    pl.DataFrame(rows).write_parquet(tmp_path / "log.parquet")
    named = Named(propensity=None, probabilities="p", candidates="offered", decision="visit")
    found = evaluate(TableLog([tmp_path / "log.parquet"], named), "logged", **QUICK)
    assert set(found.estimates) == {"standard", "reward_interaction"}
