"""The exported log is what was learned, and what others logged is read whole or refused with its place."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bandit.config import Id, Learning, Replay
from bandit.context import hash_context
from bandit.decide import Ask, decide
from bandit.dsjson.read import Reader
from bandit.dsjson.write import Writer, members
from bandit.eligibility.limits import Limits
from bandit.errors import BadInput
from bandit.examples import examples
from bandit.model import Model
from bandit.records import HOLDOUT, Decision, Event, InlineCandidate, Outcome, Round, packed
from bandit.shelf import Shelf, inline_vectors, lay_out
from tests.bandit.shops import SHELVES, weights
from tests.bandit.trained_vw import trained
from tests.entries import CATALOG, POLICY, SHELF, START_S, decision, event, laws, raw

ONCE = Replay(depth=0)
LEARNING = Learning(bits=14, replay=ONCE)

_odd = "aZ09 ._-|:\t\n\r\"'\\/{}[],éß€日本🙂\x01\x7f"
_names = st.text(_odd, min_size=1, max_size=9).filter(lambda name: not name.startswith("_"))
_numbers = st.one_of(st.integers(-(10**6), 10**6), st.floats(-1e6, 1e6), st.floats(-1e-30, 1e-30), st.just(-0.0))
_texts = st.text(_odd, max_size=12)
_values = st.one_of(st.booleans(), _numbers, _texts, st.lists(_texts, max_size=3))
_features = st.dictionaries(_names, _values, max_size=5)
_contexts = st.dictionaries(_names, st.one_of(_values, _features), max_size=5)
_ids = st.sampled_from(["sale", "new", "a-1"])
_inline = st.builds(InlineCandidate, template=_ids, placement=_ids, features=_features, placement_features=_features)


@st.composite
def _outcomes(draw: st.DrawFn) -> Outcome:
    """A decision over candidates of its own, with a reward and events."""
    candidates = tuple(draw(st.lists(_inline, min_size=1, max_size=4)))
    context = draw(_contexts) | draw(st.sampled_from([{}, {"user": {"age": 41, "tags": ["x", "y z"]}}]))
    number, k = draw(st.integers(1, 10**6)), len(candidates)
    shares = np.array(draw(st.lists(st.floats(0.01, 1.0), min_size=k, max_size=k)))
    probabilities = (shares / shares.sum()).astype("<f4").tobytes()
    time = START_S + draw(st.integers(0, 10**9)) / 1e3
    made = Decision(
        id=raw(number),
        time=time,
        user=draw(st.sampled_from([b"", raw(number)])),
        consent=draw(st.booleans()),
        arm=draw(st.sampled_from([0, 0, 1])),
        catalog_version=number % 9,
        model_version=number,
        context=context,
        rounds=(Round(packed(np.arange(k, dtype=np.uint32)), probabilities, draw(st.integers(0, k - 1))),),
        excluded=draw(st.sampled_from([{}, {"status": 2}])),
        inline=candidates,
        prices=draw(st.sampled_from([{}, {"summer": 0.1}])),
        products=draw(st.sampled_from([(), (("p-1", "é"),)])),
    )
    try:
        hash_context(context)
        inline_vectors(candidates)
    except BadInput:
        assume(False)
    heard = (Event("é|1", made.id, 0, "purchase", time + 1, time + 0.5, 9.5),) * draw(st.integers(0, 1))
    return Outcome(f"{int(time * 1000)}-{number}", made, heard, (draw(st.floats(-2000, 2000)),))


def _same_features(one: Decision, other: Decision) -> bool:
    pairs = [(hash_context(one.context), hash_context(other.context))]
    pairs += list(zip(inline_vectors(one.inline), inline_vectors(other.inline), strict=True))
    vectors = [(a, b) for left, right in pairs for a, b in zip(left, right, strict=True)]
    return all(np.array_equal(a.index, b.index) and np.array_equal(a.value, b.value) for a, b in vectors)


@given(outcome=_outcomes())
@laws(150)
def test_what_is_written_reads_back_as_it_was(outcome):
    reader = Reader()
    (line,) = Writer(LEARNING).lines(outcome, None)
    logged = reader.read(1, line)
    back = logged.outcome
    assert _same_features(back.decision, outcome.decision)
    features = {"context": outcome.decision.context, "inline": outcome.decision.inline}
    assert msgspec.structs.replace(back.decision, **features) == outcome.decision
    assert (back.position, back.events, back.rewards) == (outcome.position, outcome.events, outcome.rewards)
    assert (logged.trainable, logged.weight, reader.left) == (outcome.decision.trainable, 1.0, {})
    assert list(Writer(LEARNING).lines(back, None)) == [line]


OTHERWISE = [
    {},
    {"centre": False},
    {"hash": "all", "centre": False},
    {"hash": "all", "permutations": True, "interactions": ("AA", "UAA", "UA")},
]


@pytest.mark.parametrize("options", OTHERWISE, ids=lambda options: " ".join(options) or "default")
@given(outcomes=st.lists(_outcomes(), min_size=5, max_size=40))
@laws(25)
def test_stock_vw_learns_the_same_weights_from_any_text(options, outcomes, tmp_path_factory):
    learning = Learning(bits=14, replay=ONCE, **options)
    shelf = lay_out(CATALOG, msgspec.structs.replace(POLICY, learning=learning))
    assert _agree(outcomes, learning, tmp_path_factory.mktemp("any"), shelf)


def _shop(n: int) -> Iterator[Outcome]:
    """Decisions over a catalog, of one slot and of two, some held out, their propensities below any floor."""
    rng = np.random.default_rng(5)
    for number in range(1, n + 1):
        time = START_S + number
        made = decision(number, time, slots=1 + number % 2, arm=HOLDOUT if number % 7 == 0 else 0, hour=number % 24)
        shares = (rng.dirichlet(np.full(4, 0.2)) * 0.99 + 0.0025).astype("<f4")
        rounds = tuple(Round(drawn.candidates, shares.tobytes(), drawn.chosen) for drawn in made.rounds)
        rewards = tuple(float(rng.choice([0.0, 0.0, 1.0, 0.37, -2.5])) for _ in rounds)
        heard = (event(f"e{number}", number, time + 1),) if rewards[0] else ()
        yield Outcome(f"{int(time * 1000)}-0", msgspec.structs.replace(made, rounds=rounds), heard, rewards)


def _agree(outcomes: list[Outcome], learning: Learning, folder: Path, shelf: Shelf = SHELF) -> bool:
    """Whether our learner and stock VW, reading what was written, end with the same weights, bit for bit."""
    model, writer, file = Model.fresh(learning), Writer(learning), folder / "log.dsjson"
    with file.open("wb") as sink:
        for outcome in outcomes:
            sink.writelines(line + b"\n" for line in writer.lines(outcome, shelf))
            for slot, example in enumerate(examples(outcome, shelf) if outcome.decision.trainable else ()):
                model.learn(example, f"{outcome.position}/{slot}".encode())
    earned = any(abs(reward) > 0.01 for each in outcomes if each.decision.trainable for reward in each.rewards)
    assert model.weights().any() or not earned
    return model.weights().tobytes() == trained(file, learning).tobytes()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"cb_type": "ips"},
        {"interactions": ("UCA", "PA", "AA"), "ignore_linear": ""},
        {"propensity_floor": 0.001, "power_t": 0.25, "learning_rate": 2.0},
    ],
    ids=str,
)
def test_stock_vw_learns_the_same_weights_from_a_shops_log(options, tmp_path):
    assert _agree(list(_shop(600)), Learning(**({"bits": 14, "replay": ONCE} | options)), tmp_path)


def test_stock_vw_learns_the_same_weights_where_a_placement_is_the_only_one(tmp_path):
    shelf = lay_out(CATALOG, msgspec.structs.replace(POLICY, placements=("rail",)))
    both = np.arange(2, dtype="<u4").tobytes()
    outcomes = [
        msgspec.structs.replace(
            each, decision=msgspec.structs.replace(each.decision, rounds=_over(both, each.decision))
        )
        for each in _shop(200)
    ]
    assert _agree(outcomes, LEARNING, tmp_path, shelf)
    line = json.loads(next(Writer(LEARNING).lines(outcomes[0], shelf)))
    assert line["c"]["_multi"][0] == {
        "Ad": {"id": "sale", "campaign": "summer"},
        "_Placement": {"id": "rail", "height": 2},
    }


def test_stock_vw_learns_the_same_weights_with_variants_levels_and_prices(tmp_path):
    shelf, made = SHELVES[True, "softmax", 0.5], []
    for number in range(200):
        seen = np.random.default_rng(number).integers(0, shelf.levels, len(shelf.templates)).astype(np.uint8)
        context = {"hour": number % 24, "user": {"age": number % 7}}
        asked = Ask(id=raw(number), time=START_S, context=context, count=1 + number % 3, limits=Limits(levels=seen))
        decided = decide(asked, shelf, weights(shelf, {"cola": 0.25}))
        rewards = tuple(float((number + slot) % 3 == 0) for slot in range(len(decided.rounds)))
        made.append(Outcome(f"{number + 1}-0", decided, (), rewards))
    assert _agree(made, LEARNING, tmp_path, shelf)
    own = json.loads(next(Writer(LEARNING).lines(made[0], shelf)))["adbandit"]
    assert own["barred"]["status"] == made[0].decision.kept_out()["status"].tolist()


def _over(candidates: bytes, made: Decision) -> tuple[Round, ...]:
    """The rounds of a decision as even draws over two candidates."""
    return tuple(Round(candidates, np.full(2, 0.5, "<f4").tobytes(), drawn.chosen % 2) for drawn in made.rounds)


def test_numbers_are_written_as_they_were_learned_beside_the_context_as_it_came():
    writer, hours = Writer(LEARNING), (4, 0, 5)
    outcomes = [Outcome(f"{n}-0", decision(n, START_S + n, hour=hour), (), (0.0,)) for n, hour in enumerate(hours, 1)]
    lines = [json.loads(line) for outcome in outcomes for line in writer.lines(outcome, SHELF)]
    assert [line["c"]["Context"]["hour"] for line in lines] == [0.0, -2.0, 2.0]
    assert [line["adbandit"]["context"]["hour"] for line in lines] == [4, 0, 5]


def test_without_centring_numbers_stand_as_they_came():
    outcome = Outcome("5-0", decision(3, START_S, hour=7), (), (0.5,))
    line = json.loads(next(Writer(Learning(centre=False)).lines(outcome, SHELF)))
    assert line["c"]["Context"]["hour"] == 7
    assert "context" not in line["adbandit"]


def test_a_label_carries_the_floored_propensity_and_p_the_exact_ones():
    made = decision(3, START_S)
    shares = np.array([0.9, 0.05, 0.03, 0.02], "<f4")
    made = msgspec.structs.replace(made, rounds=(Round(made.rounds[0].candidates, shares.tobytes(), 2),))
    line = json.loads(next(Writer(LEARNING).lines(Outcome("5-0", made, (), (0.5,)), SHELF)))
    assert (line["_label_probability"], line["_label_cost"], line["_label_Action"]) == (0.5, -0.5, 3)
    assert line["a"] == [3, 1, 2, 4]
    assert line["p"] == [float(share) for share in shares[[2, 0, 1, 3]]]


def test_a_number_that_vw_could_round_otherwise_is_written_as_the_float32_it_is():
    between = 1.0 + 2.0**-24  # half way between two float32
    assert members({"plain": 0.3, "risky": between + 2.0**-52}) == b'{"plain":0.3,"risky":1.0000001192092896}'


def test_numbers_between_two_float32_reach_vw_as_our_learner_has_them(tmp_path):
    rng = np.random.default_rng(3)
    low = rng.uniform(0.1, 10.0, 400).astype("<f4")
    middle = (low.astype(float) + np.nextafter(low, np.float32(99)).astype(float)) / 2
    near = np.nextafter(middle, rng.choice([0.0, 99.0], 400)).tolist()
    given = [
        InlineCandidate(template="a", features={"x": x, "y": y}) for x, y in zip(near[::2], near[1::2], strict=True)
    ]
    made = [_one(n, candidate) for n, candidate in enumerate(given, 1)]
    assert _agree([Outcome(f"{n}-0", each, (), (near[n],)) for n, each in enumerate(made)], LEARNING, tmp_path)


def _one(number: int, candidate: InlineCandidate) -> Decision:
    alone = Round(bytes(1), np.ones(1, "<f4").tobytes(), 0)
    return msgspec.structs.replace(decision(number, START_S + number), rounds=(alone,), inline=(candidate,))


FOREIGN = {
    "_label_cost": -1.5,
    "_label_probability": 0.05,
    "_label_Action": 3,
    "_labelIndex": 2,
    "o": [{"v": 1.5, "EventId": "13118d9b4c114f8485d9dec417e3aefe", "ActionTaken": False}],
    "Timestamp": "2021-02-04T16:31:29.2460000Z",
    "Version": "1",
    "EventId": "13118d9b4c114f8485d9dec417e3aefe",
    "a": [3, 1, 2],
    "c": {
        "quiet": True,
        "User": {"name": "Ann", "_age": 3},
        "Geo": {"city": "Bonn", "at": {"lat": 50.7}, "tiles": [4, 5.5]},
        "FromUrl": [{"weather": "Sunny"}, {"weather": "Windy"}],
        "_multi": [
            {"_tag": "Cold brew", "i": {"constant": 1, "id": "Cold brew"}, "j": [{"type": "cold", "_title": "C"}]},
            {"_tag": "Latte", "i": {"constant": 1, "id": "Latte"}, "j": [{"type": "hot"}, {"seen": 2e9}]},
            {"Ad": {"id": "sale", "tone": "loud"}, "Placement": {"id": "hero", "height": 2}},
        ],
    },
    "p": [0.05, 0.05, 0.9],
    "VWState": {"m": "ff0744c1/550c12cb"},
    "_original_label_cost": -1.5,
}


def _line(**changes: object) -> bytes:
    return json.dumps({name: value for name, value in (FOREIGN | changes).items() if value is not None}).encode()


def test_a_personalizer_line_is_read_with_its_probabilities():
    reader = Reader()
    logged = reader.read(1, _line())
    made = logged.outcome.decision
    assert made.rounds[0].propensities().tolist() == [float(np.float32(p)) for p in (0.05, 0.9, 0.05)]
    assert (made.rounds[0].chosen, made.id.hex(), made.time) == (2, FOREIGN["EventId"], 1612456289.246)
    assert (logged.outcome.rewards, logged.outcome.events[0].value, logged.weight) == ((1.5,), 1.5, 1.0)


def test_foreign_namespaces_become_ours():
    made = Reader().read(1, _line()).outcome.decision
    assert made.context == {
        "quiet": True,
        "Geo.city": "Bonn",
        "Geo.at.lat": 50.7,
        "Geo.tiles.0": 4,
        "Geo.tiles.1": 5.5,
        "FromUrl.weather": ["Sunny", "Windy"],
        "user": {"name": "Ann"},
    }
    assert made.inline[1] == InlineCandidate(
        template="Latte", features={"i.constant": 1, "i.id": "Latte", "j.type": "hot"}
    )
    assert made.inline[2] == InlineCandidate(
        template="sale", placement="hero", features={"tone": "loud"}, placement_features={"height": 2}
    )


def test_a_name_that_is_no_id_becomes_one_of_its_own():
    names = ["Cold brew", "Cold-brew", "Cold/brew", "é", "x" * 99]
    lines = [_line(c={"_multi": [{"_tag": name}]}, a=[1], p=[1], _label_Action=1, _labelIndex=0) for name in names]
    ids = [Reader().read(1, line).outcome.decision.inline[0].template for line in lines]
    assert len(set(ids)) == 5
    assert all(msgspec.convert(name, Id) == name for name in ids)


def test_what_cannot_be_kept_is_counted_by_name():
    reader = Reader()
    for number in (1, 2):
        reader.read(number, _line())
    passed = "Vowpal Wabbit passes over names that start with _"
    assert reader.left == {
        ("User._age", passed): 2,
        ("j._title", passed): 2,
        ("j.seen", "a number is within 1000000 of 0"): 2,
    }
    assert (reader.models, reader.floored) == (2, 0)


def test_a_line_that_survived_a_drop_weighs_more():
    assert Reader().read(1, _line(pdrop=0.75)).weight == 4.0


def test_a_line_marked_to_be_skipped_is_not_trainable():
    assert not Reader().read(1, _line(_skipLearn=True)).trainable


def test_an_observation_without_a_decision_and_a_blank_line_are_passed_over():
    reader = Reader()
    assert reader.read(1, b'{"RewardValue":1.0,"EnqueuedTimeUtc":"2021-02-04T16:31:29Z","EventId":"x"}') is None
    assert reader.read(2, b"\r\n") is None
    assert reader.dangling == 1


@pytest.mark.parametrize(
    ("line", "place"),
    [
        (b"{", "line 7 #: not JSON"),
        (b"7", "line 7 #: Expected `object`"),
        (b'{"c":' + b"[" * 100_000, "line 7 #: not JSON"),
        (_line().replace(b"Sunny", b"\\ud800"), "line 7 #: not JSON"),
        (_line().replace(b"Sunny", b"\xff"), "line 7 #: not JSON"),
        (_line(p=None), "line 7 #: Object missing required field `p`"),
        (_line(_label_cost="NaN"), "line 7 #/_label_cost: Expected `float`"),
        (_line(_label_probability=0), "line 7 #/_label_probability: "),
        (_line(p=[0.05, 0.05, "x"]), "line 7 #/p/2: Expected `float`"),
        (_line(p=[0.05, 0.05, 1.5]), "line 7 #/p/2: "),
        (_line(p=[0.05, 0.05, 0.5]), "line 7 #/p: probabilities sum to 1, not 0.6"),
        (_line(p=[0.0, 0.5, 0.5]), "line 7 #/p/0: "),
        (_line(p=[0.5, 0.5]), "line 7 #/p: 2 probabilities for 3 candidates"),
        (_line(a=[1, 2, 2]), "line 7 #/a: "),
        (_line(a=[0, 1, 2]), "line 7 #/a: "),
        (_line(_label_Action=1), "line 7 #/_label_Action: 1, but the first of `a` is 3"),
        (_line(_labelIndex=3), "line 7 #/_labelIndex: "),
        (_line(pdrop=1.0), "line 7 #/pdrop: "),
        (_line(Timestamp="yesterday"), "line 7 #/Timestamp: "),
        (_line(EventId=""), "line 7 #/EventId: "),
        (_line(c={"x": 1}), "line 7 #/c/_multi: "),
        (_line(c={"_multi": []}), "line 7 #/c/_multi: "),
        (_line(c={"_multi": [1, 2, 3]}), "line 7 #/c/_multi/0: "),
        (_line(c={"_multi": [{}], "_slots": []}), "line 7 #/c/_slots: "),
        (_line(_outcomes=[]), "line 7 #/_outcomes: "),
        (_line(c={"_multi": [{}, {"i": {"x": [True]}}, {}]}), "line 7 #/c/_multi/1/i/x: a list"),
        (_line(c={"_multi": [{}, {}, {}], "G": {"x": [[1]]}}), "line 7 #/c/G/x: a list"),
        (_line(c={"_multi": [{}, {}, {}], **{f"f{i}": i + 1 for i in range(257)}}), "line 7 #/c: at most 256"),
        (_line(c={"_multi": [{}, {f"f{i}": i + 1 for i in range(257)}, {}]}), "line 7 #/c/_multi/1: at most 256"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_not_fit_the_form_is_refused_with_line_and_place(line, place):
    with pytest.raises(BadInput) as caught:
        Reader().read(7, line)
    assert str(caught.value).startswith(place)


_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(value=_json, name=st.sampled_from(sorted(FOREIGN)))
@laws(60)
def test_any_json_in_any_place_is_read_or_refused(value, name):
    with suppress(BadInput):
        Reader().read(1, json.dumps(FOREIGN | {name: value}).encode())
