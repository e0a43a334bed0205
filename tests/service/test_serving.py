"""What a web worker decides with: the learner's very weights, and never a damaged one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from bandit.arrays import Floats
from service import embedded
from service.catalogs import Catalogs
from service.learner.learning import PolicyLearner
from service.serving import Served, Serving, crc
from service.store.commands import WeightChange
from tests.entries import LEARNING, START_S, Log, decision, event, grown, log_of
from tests.hosts import Desk, Unsteady, a_desk, lease

NOW_S = 1_800_000_000.0


@pytest.fixture
def desk(valkey_server: embedded.EmbeddedValkey) -> Iterator[Desk]:
    with a_desk(valkey_server) as found:
        yield found


@pytest.fixture
def serving(desk: Desk) -> Serving:
    return made(desk)


def made(desk: Desk, store: object = None) -> Serving:
    used = store or desk.store
    return Serving(used, Catalogs(used), lambda: NOW_S)  # type: ignore[arg-type]


def served(serving: Serving) -> Served:
    found = serving.policy("home")
    assert found
    return found


def table(serving: Serving) -> Floats:
    return served(serving).weights.table


def centre(serving: Serving) -> bytes:
    return served(serving).weights.centre.to_bytes()


def teach(desk: Desk, learner: PolicyLearner, log: Log) -> None:
    """Write to the log, and let the learner read and commit it."""
    desk.write(log)
    desk.elapsed += 0.3
    learner.round()


def lesson(at_s: float) -> Log:
    """A clicked decision, and the tick that closes it."""
    number = int(at_s) + 1
    clicked = event(f"e{at_s}", number, START_S + at_s + 1)
    shown = decision(number, START_S + at_s, slots=2)
    return log_of((at_s, shown), (at_s + 1, clicked), (at_s + 4.0, decision(number + 1000, START_S + at_s + 4)))


def publish(
    desk: Desk, before: int, after: int, index: list[int], value: list[float], *, centre: bytes = b"", damage: int = 0
) -> None:
    """A weight change as a learner would write it."""
    parts = np.array(index, "<u4").tobytes(), np.array(value, "<f4").tobytes(), centre, 0
    change = WeightChange(before, after, *parts, crc(before, after, *parts) ^ damage)
    read = (desk.store.snapshot_field("home", "read") or b"").decode()
    assert desk.store.commit("home", {"read": b"9-9"}, after=read, fence=lease(desk.store), change=change)


@pytest.mark.parametrize("seed", range(3))
def test_sparse_changes_add_up_to_the_learner_s_weights(desk: Desk, serving: Serving, seed: int) -> None:
    learner, log = desk.learner(), grown(seed, 80)
    for i in range(0, len(log), 8):
        serving.refresh()
        teach(desk, learner, log[i : i + 8])
    serving.refresh()
    assert learner.fold.model.learned > 0
    assert served(serving).weights.version == learner.fold.model.learned
    assert table(serving).tobytes() == learner.fold.model.weights().tobytes()
    assert centre(serving) == learner.fold.model.centre().to_bytes() != b""
    assert serving.refused == 0


def test_a_worker_that_starts_late_or_missed_changes_has_the_same_weights(desk: Desk, serving: Serving) -> None:
    learner = desk.learner()
    serving.refresh()
    teach(desk, learner, lesson(0))
    serving.refresh()
    for at_s in (10, 20, 30):
        teach(desk, learner, lesson(at_s))
    newest = desk.store.last_change("home")
    desk.store._redis.xtrim("{home}:weights", minid=newest, approximate=False)
    late = made(desk)
    for one in (serving, late):
        one.refresh()
        assert table(one).tobytes() == learner.fold.model.weights().tobytes()
        assert centre(one) == learner.fold.model.centre().to_bytes() != b""


def test_weights_that_are_in_use_are_never_changed_in_place(desk: Desk, serving: Serving) -> None:
    serving.refresh()
    in_use = table(serving)
    teach(desk, desk.learner(), lesson(0))
    serving.refresh()
    assert not in_use.any()
    assert table(serving).any()


@pytest.mark.parametrize(
    "change",
    [
        {"index": [1, 2], "value": [1.0, 2.0], "damage": 1},
        {"index": [1, 2], "value": [1.0, float("nan")]},
        {"index": [1], "value": [float("inf")]},
        {"index": [1 << LEARNING.bits], "value": [1.0]},
        {"index": [1, 2], "value": [1.0]},
        {"index": [1], "value": [1.0], "centre": b"\0\0\0\0\0\0\xc0\x7f"},
        {"index": [1], "value": [1.0], "centre": b"odd"},
    ],
    ids=["checksum", "nan", "infinite", "beyond the table", "lengths", "mean nan", "means cut"],
)
def test_a_damaged_change_is_refused_and_the_old_weights_stay(desk: Desk, serving: Serving, change: dict) -> None:  # type: ignore[type-arg]
    teach(desk, desk.learner(), lesson(0))
    serving.refresh()
    before, version = table(serving).copy(), served(serving).weights.version
    publish(desk, version, version + 1, **change)
    serving.refresh()
    assert serving.refused == 1
    assert (table(serving).tobytes(), served(serving).weights.version) == (before.tobytes(), version)


def test_a_change_of_another_table_than_the_one_at_hand_is_not_mixed_with_it(desk: Desk, serving: Serving) -> None:
    learner = desk.learner()
    teach(desk, learner, lesson(0))
    serving.refresh()
    other = table(serving).copy()
    other[7] = 1.0  # as in a history that the store has lost
    serving._served = {"home": replace(served(serving), weights=replace(served(serving).weights, table=other))}
    teach(desk, learner, lesson(10))
    serving.refresh()
    assert table(serving).tobytes() == learner.fold.model.weights().tobytes()


@pytest.mark.parametrize(
    ("field", "value"),
    [("sha256", b"0" * 64), ("model", b"noise"), ("model", b""), ("learning", b"{}"), ("sha256", b"\xff")],
)
def test_a_snapshot_that_does_not_check_out_is_refused_and_the_old_weights_stay(
    desk: Desk, serving: Serving, field: str, value: bytes
) -> None:
    learner = desk.learner()
    teach(desk, learner, lesson(0))
    serving.refresh()
    before = table(serving).copy()
    desk.store._redis.hset("{home}:snapshot", field, value)
    publish(desk, 7, 9, [1], [1.0])  # a gap, so that the snapshot is to be loaded
    serving.refresh()
    assert serving.refused == 1
    assert table(serving).tobytes() == before.tobytes()


def test_without_any_model_it_serves_zero_weights(serving: Serving) -> None:
    assert serving.policy("home") is None
    serving.refresh()
    assert served(serving).weights.version == 0
    assert not table(serving).any()


def test_while_redis_is_away_everything_stays_as_it_is(desk: Desk) -> None:
    away: list[str] = [""]
    serving = made(desk, Unsteady(desk.store, lambda: away[0]))
    serving.refresh()
    before = served(serving)
    away[0] = "before"
    with pytest.raises(Exception, match="broken"):
        serving.refresh()
    assert served(serving) is before


def test_a_new_catalog_keeps_the_weights_and_a_policy_that_is_gone_is_unknown(desk: Desk, serving: Serving) -> None:
    teach(desk, desk.learner(), lesson(0))
    serving.refresh()
    before = table(serving).copy()
    Catalogs(desk.store).put("placements", "foot", b"{}", if_match=None)
    serving.refresh()
    assert (served(serving).shelf.version, served(serving).shelf.n) == (2, 6)
    assert table(serving).tobytes() == before.tobytes()
    assert centre(serving)
    Catalogs(desk.store).delete("policies", "home", if_match=None)
    serving.refresh()
    assert (serving.policy("home"), serving.terms("home")) == (None, None)


def test_an_unchanged_store_changes_nothing(serving: Serving) -> None:
    serving.refresh()
    before = served(serving)
    serving.refresh()
    assert served(serving) is before
