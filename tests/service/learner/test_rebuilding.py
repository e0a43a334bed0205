"""Models made anew and models gone back to: each the very fold its line says, and learning goes on from it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from bandit.archive.archived import Archived
from bandit.config import Learning, RewardFormula
from bandit.errors import BadInput, OtherLearning
from bandit.fold import Fold
from bandit.join import order
from bandit.refold import along
from service import embedded
from service.catalogs import Catalogs
from service.learner.learning import Overtaken, PolicyLearner
from service.learner.rebuilding import Done, Wanted, Workbench, rebuild, rollback
from service.serving import Serving
from service.verify.verifying import Told, verify
from tests.entries import START_S, Log, decision, event, log_of, raw, refolded
from tests.hosts import OFTEN, Desk, a_desk, lease

SHOWN = 60


@pytest.fixture
def desk(valkey_server: embedded.EmbeddedValkey) -> Iterator[Desk]:
    with a_desk(valkey_server) as found:
        yield found


def some(first: int, count: int = SHOWN) -> Log:
    """Decisions, every third one clicked, every fifth bought, then a pause in which all close."""
    log: list[tuple[float, object]] = []
    for i in range(first, first + count):
        log.append((i, decision(i, START_S + i, hour=i % 24)))
        if i % 3 == 0:
            log.append((i + 0.5, event(f"c{i}", i, START_S + i + 0.5)))
        if i % 5 == 0:
            log.append((i + 0.6, event(f"p{i}", i, START_S + i + 0.6, kind="purchase", value=9.0)))
    end = first + count + 9
    return log_of(*log, (end, decision(end, START_S + end)))  # type: ignore[arg-type]


def bench(desk: Desk) -> Workbench:
    return Workbench(desk.store, Catalogs(desk.store), desk.archive, "the bench", lambda: desk.elapsed)


def learn(desk: Desk, log: Log) -> None:
    desk.write(log)
    desk.all_learned(learner(desk))


def learner(desk: Desk) -> PolicyLearner:
    """One of the policy as the catalog in force has it."""
    policy = next(p for p in Catalogs(desk.store).current().policies if p.id == "home")
    given = policy, desk.store, Catalogs(desk.store), desk.archive, OFTEN, lambda: desk.elapsed
    return PolicyLearner(*given, lease(desk.store))


def again(desk: Desk, **wanted: object) -> Done:
    return rebuild(bench(desk), "home", Wanted(**wanted), lambda _: None)  # type: ignore[arg-type]


def back(desk: Desk, version: int | None = None, *, catch_up: bool = False) -> Done:
    return rollback(bench(desk), "home", version, lambda _: None, catch_up=catch_up)


def in_force(desk: Desk) -> Fold:
    return learner(desk).fold


def by_its_line(desk: Desk) -> Fold:
    """The archive folded as the line in force says."""
    fold = in_force(desk)
    archived = Archived(desk.archive, "home", fold._learning)
    return refolded(along(archived.outcomes(), fold.lines[-1]), fold._learning, archived.shelf)


def test_with_nothing_changed_the_model_is_the_same_bytes_under_a_higher_version(desk: Desk) -> None:
    learn(desk, some(0))
    before = in_force(desk)
    done = again(desk)
    after = in_force(desk)
    assert after.model.save() == before.model.save()
    assert done.version == after.version > before.version == done.before
    assert after.totals.to_bytes() == before.totals.to_bytes()


@pytest.mark.parametrize(
    "wanted",
    [
        {"reward": RewardFormula(click=0.0, purchase=1.0)},
        {"without": frozenset(raw(i) for i in range(0, SHOWN, 3))},
        {"learning": Learning(interactions=("UA",), learning_rate=0.5)},
        {"learning": Learning(hash="all", bits=16)},
    ],
    ids=["other rewards", "without some", "other VW options", "another hash and size"],
)
def test_a_rebuilt_model_is_what_its_line_says_and_goes_on_as_if_it_had_been_so_all_along(
    desk: Desk, wanted: dict[str, object]
) -> None:
    learn(desk, some(0))
    before = in_force(desk).model.save()
    again(desk, **wanted)
    assert in_force(desk).model.save() != before
    learn(desk, some(100))
    assert in_force(desk).model.save() == by_its_line(desk).model.save()
    assert in_force(desk).totals.to_bytes() == by_its_line(desk).totals.to_bytes()


def test_rebuilds_remember_what_was_left_out_unless_told_to_forget_it(desk: Desk) -> None:
    learn(desk, some(0))
    again(desk, without=frozenset([raw(3)]))
    assert again(desk, without=frozenset([raw(6)])).left_out == 2
    assert again(desk, afresh=True).left_out == 0


def test_a_rollback_puts_the_very_weights_back_and_leaves_out_what_came_between(desk: Desk) -> None:
    learn(desk, some(0))
    old = in_force(desk)
    again(desk, without=frozenset(raw(i) for i in range(0, SHOWN, 3)))
    learn(desk, some(100))
    done = back(desk)
    assert in_force(desk).model.save() == old.model.save()
    assert done.version > old.version
    learn(desk, some(200))
    assert in_force(desk).model.save() == by_its_line(desk).model.save()


def test_a_rollback_that_catches_up_is_as_if_there_had_been_no_rebuild(desk: Desk) -> None:
    learn(desk, some(0))
    old = in_force(desk).version
    again(desk, reward=RewardFormula(click=0.0, purchase=1.0))
    learn(desk, some(100))
    back(desk, old, catch_up=True)
    whole = Archived(desk.archive, "home")
    fold = in_force(desk)
    assert fold.model.save() == refolded(whole.outcomes(), fold._learning, whole.shelf).model.save()


def test_a_rollback_from_other_options_brings_the_catalog_back_too(desk: Desk) -> None:
    learn(desk, some(0))
    old = in_force(desk)
    again(desk, learning=Learning(interactions=("UA",)))
    back(desk)
    assert in_force(desk).model.save() == old.model.save()
    assert Catalogs(desk.store).current().policies[0].learning == old._learning


def test_workers_serve_the_old_model_until_the_new_one_is_there_and_then_that(desk: Desk) -> None:
    learn(desk, some(0))
    serving = Serving(desk.store, Catalogs(desk.store), lambda: START_S)
    serving.refresh()
    before = serving.policy("home")
    Catalogs(desk.store).relearn("home", Learning(interactions=("UA",)))
    serving.refresh()
    assert serving.policy("home") is before
    with pytest.raises(OtherLearning):
        learner(desk)
    done = again(desk, learning=Learning(interactions=("UA",)))
    serving.refresh()
    after = serving.policy("home")
    assert after
    assert after.weights.version == done.version
    assert after.weights.table.tobytes() == in_force(desk).model.weights().tobytes()
    assert after.weights.learned == done.outcomes


def test_a_learner_at_work_is_overtaken_by_a_rebuild(desk: Desk) -> None:
    learn(desk, some(0))
    working = learner(desk)
    again(desk)
    desk.write(some(100))
    desk.elapsed += 100
    with pytest.raises(Overtaken):
        working.round()


def test_a_rebuild_that_is_overtaken_changes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    learn(desk, some(0))
    before = in_force(desk)
    keep = desk.store.keep

    def seized_in_between(policy: str, version: int, why: str) -> bool:
        lease(desk.store)
        return keep(policy, version, why)

    monkeypatch.setattr(desk.store, "keep", seized_in_between)
    with pytest.raises(Overtaken):
        again(desk, without=frozenset([raw(3)]))
    assert in_force(desk).model.save() == before.model.save()
    assert in_force(desk).version == before.version


def test_what_a_rebuilt_model_replays_outlives_the_log(desk: Desk) -> None:
    learn(desk, some(0))
    learn(desk, some(1_000))  # so long after that the log of before is trimmed
    again(desk, without=frozenset(raw(i) for i in range(1_000, 1_100) if i % 16))
    carried = msgspec.msgpack.decode(desk.store.snapshot("home")["carried"])
    assert carried
    assert order(carried[0][0]) < order(desk.store.log_begins("home") or "")
    learn(desk, some(2_000))
    assert in_force(desk).model.save() == by_its_line(desk).model.save()
    assert msgspec.msgpack.decode(desk.store.snapshot("home")["carried"]) == []


def test_only_so_many_versions_are_kept_and_others_cannot_be_gone_back_to(desk: Desk) -> None:
    learn(desk, some(0))
    first = again(desk).before
    for _ in range(9):
        again(desk)
    assert len(desk.store.kept_versions("home")) == 8
    with pytest.raises(BadInput, match="kept; there is"):
        back(desk, first)


def test_a_policy_that_is_not_there_or_has_no_model_is_named(desk: Desk, tmp_path: Path) -> None:
    for policy, reason in (("other", "no policy"), ("home", "nothing yet")):
        with pytest.raises(BadInput, match=reason):
            rebuild(bench(desk), policy, Wanted(), lambda _: None)


@pytest.mark.parametrize(
    "wanted",
    [
        {"reward": RewardFormula(click=0.0, purchase=1.0)},
        {"without": frozenset(raw(i) for i in range(0, SHOWN, 3))},
        {"without": frozenset(raw(i) for i in range(SHOWN // 2, SHOWN))},
        {"learning": Learning(hash="all", bits=16)},
    ],
    ids=["other rewards", "without some", "without the last", "another hash and size"],
)
def test_what_is_in_force_afterwards_can_be_verified(desk: Desk, wanted: dict[str, object]) -> None:
    learn(desk, some(0))
    again(desk, **wanted)
    learn(desk, some(100))
    assert differences(desk) == {}
    back(desk)
    learn(desk, some(200))
    assert differences(desk) == {}


def differences(desk: Desk) -> dict[str, object]:
    """What `verify` finds of the model; the decisions here were drawn by nobody."""
    found = verify(desk.store, desk.archive, "home", Told(True, lambda _: None))
    return {c.name: c.first for c in found.checks if c.name in ("model", "published", "archive") and not c.holds}
