"""Every learning option is served exactly: scored, resumed and exported. What cannot be is refused with its reason."""

import hashlib
from pathlib import Path

import msgspec
import numpy as np
import pytest
from vowpal_wabbit_next import Workspace

from bandit.config import Learning, Replay, vw_arguments
from bandit.dsjson.write import Writer
from bandit.examples import examples as learned_of
from bandit.model import Model
from bandit.records import Outcome
from bandit.scoring import scores, stack, terms
from bandit.vw_args import ACCEPTED, UPDATES, refused
from tests.bandit.stock_vw import predicted
from tests.bandit.trained_vw import trained
from tests.bandit.worlds import examples, vector
from tests.entries import SHELF, START_S, decision

OFTEN = Replay(depth=3, full_until=20, least=1, buffer=16)
ALONE = [(name, "3.5") if number else (name,) for name, number in ACCEPTED.items() if not name.startswith("--ftrl_")]
OPTIONS = [
    *({"vw_args": arguments} for arguments in ALONE),
    {"vw_args": ("--ftrl", "--ftrl_alpha", "0.1", "--ftrl_beta", "0.5")},
    {"vw_args": ("--sgd", "--initial_t", "2"), "constant": False},
    {"l1": 1e-3},
    {"l2": 1e-2},
    {"l1": 1e-4, "l2": 1e-3, "constant": False, "ignore_linear": ""},
    {"l1": 1e-4, "l2": 1e-3, "vw_args": ("--sgd",)},
    {"l1": 1e-4, "l2": 1e-3, "vw_args": ("--adaptive",)},
    {"l1": 1e-4, "l2": 1e-3, "vw_args": ("--normalized",)},
    {"l1": 1e-4, "l2": 1e-3, "vw_args": ("--adax",)},
    {"constant": False},
    {"cb_type": "ips", "l2": 1e-3},
]
served = pytest.mark.parametrize("options", OPTIONS, ids=str)


def _learned(learning: Learning, start: int, stop: int, model: Model | None = None) -> Model:
    model = model or Model.fresh(learning)
    for i, example in enumerate(examples(3, 200)[start:stop], start):
        model.learn(example, f"17-{i}/0".encode())
    return model


@served
def test_a_restart_is_exact(options):
    learning = Learning(bits=12, replay=OFTEN, **options)
    half = _learned(learning, 0, 77)
    saved = half.save()
    loaded = Model.load(saved, hashlib.sha256(saved).hexdigest(), learning)
    assert loaded.weights().tobytes() == half.weights().tobytes()
    for example in examples(3, 200)[77 - 16 : 77]:
        loaded.remember(example)
    assert _learned(learning, 77, 200, loaded).save() == _learned(learning, 0, 200).save()


@served
def test_the_kernel_scores_as_vw_predicts(options):
    learning = Learning(bits=12, replay=OFTEN, **options)
    model, rng = _learned(learning, 0, 200), np.random.default_rng(1)
    weights = np.ascontiguousarray(model.weights())
    stock = Workspace(vw_arguments(learning), model_data=model.vw_model())
    assert np.count_nonzero(weights) > 50
    for _ in range(20):
        ads, places, shared = ([vector(rng) for _ in range(n)] for n in (5, 3, 2))
        template, placement = (rng.integers(0, n, 9).astype(np.int32) for n in (5, 3))
        ours = scores(weights, terms(learning), *shared, stack(ads), stack(places), template, placement)
        actions = [(ads[t], places[p]) for t, p in zip(template, placement, strict=True)]
        assert ours == pytest.approx(predicted(stock, shared, actions), rel=1e-4, abs=1e-5)


@served
def test_stock_vw_learns_the_same_weights_from_the_export(options, tmp_path: Path):
    learning = Learning(bits=14, replay=Replay(depth=0), **options)
    model, writer, file = Model.fresh(learning), Writer(learning), tmp_path / "log.dsjson"
    with file.open("wb") as sink:
        for number in range(1, 301):
            time = START_S + number
            outcome = Outcome(f"{number}-0", decision(number, time, hour=number % 24), (), (float(number % 3 == 0),))
            sink.writelines(line + b"\n" for line in writer.lines(outcome, SHELF))
            for example in learned_of(outcome, SHELF):
                model.learn(example, str(number).encode())
    assert model.weights().tobytes() == trained(file, learning).tobytes()


def test_only_what_is_asked_for_becomes_an_argument():
    assert not {"--l1", "--l2", "--noconstant"} & set(vw_arguments(Learning(constant=True)))
    assert vw_arguments(Learning(l1=0.001, constant=False))[-3:] == ["--l1", "0.001", "--noconstant"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--bag", "5"], "several models"),
        (["--cover", "5"], "several models"),
        (["--nn", "3"], "scoring kernel would not know"),
        (["--sparse_weights"], "does not go on"),
        (["--hash", "all"], "field `hash`"),
        (["-q", "UU"], "`interactions`"),
        (["--l2", "0.1"], "`l2`"),
        (["--noconstant"], "`constant`"),
        (["--epsilon", "0.1"], "`exploration`"),
        (["--daemon"], "ends the process"),
        (["-f", "/tmp/x"], "reads, writes"),
        (["--initial_weight", "1"], "must be 0"),
        (["--passes", "2"], "between passes"),
        (["--min_prediction", "0"], "scoring kernel would not know"),
        (["--no_such_thing"], "accepted are --initial_t"),
        (["--initial_t=3"], "a word of its own"),
        (["--initial_t"], "followed by a number"),
        (["--initial_t", "nan"], "followed by a number"),
        (["--initial_t", "--sgd"], "followed by a number"),
        (["5"], "accepted are"),
        ([""], "accepted are"),
        (["--sgd", "--sgd"], "once"),
        (sorted(UPDATES)[:2], "at most one"),
        (["--ftrl_alpha", "0.1"], "come with --ftrl"),
    ],
    ids=str,
)
def test_what_cannot_be_served_is_refused_with_its_reason(arguments, reason):
    assert reason in (refused(arguments) or "")
    with pytest.raises(msgspec.ValidationError, match="vw_args: "):
        msgspec.convert({"vw_args": arguments}, Learning)


@pytest.mark.parametrize("update", ["--coin", "--ftrl"])
def test_penalties_that_an_update_takes_otherwise_are_refused(update):
    with pytest.raises(ValueError, match="l1 and l2"):
        Learning(l2=1e-3, vw_args=(update,))
