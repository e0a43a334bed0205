"""What is archived stands there once, whoever died or was overtaken in between, and is never removed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bandit.archive.files import read_outcomes
from bandit.records import Tick
from service import embedded
from service.archive import files as archive
from service.learner.learning import Overtaken
from tests.entries import CANDIDATES, START_S, Log, decision, event, log_of
from tests.hosts import Desk, a_desk


@pytest.fixture
def desk(valkey_server: embedded.EmbeddedValkey) -> Iterator[Desk]:
    with a_desk(valkey_server) as found:
        yield found


def five(first: int = 0) -> Log:
    """Five decisions and a tick that closes them."""
    shown = ((i, decision(i + 1, START_S + i)) for i in range(first, first + 5))
    return log_of(*shown, (first + 9, Tick(START_S + first + 9)))


def test_rows_stand_once_after_a_learner_was_overtaken(desk: Desk) -> None:
    two, one = desk.learner(), desk.learner()
    desk.write(five())
    desk.elapsed += 100
    one.round()
    desk.write(five(20))
    desk.elapsed += 100
    with pytest.raises(Overtaken):
        two.round()
    one.round()
    desk.learner()
    rows = read_outcomes(desk.archive, "home")["position"].to_list()
    assert len(rows) == len(set(rows)) == 10


def test_a_learner_that_is_overtaken_between_commit_and_naming_costs_and_doubles_nothing(desk: Desk) -> None:
    active = desk.learner()
    desk.write(five())
    desk.elapsed += 100
    real = active._archive.publish

    def publish() -> tuple[str, ...]:
        desk.learner()
        return real()

    active._archive.publish = publish  # type: ignore[method-assign]
    active.round()
    assert len(read_outcomes(desk.archive, "home")) == 5
    assert not list(desk.archive.rglob("*.pending"))
    assert desk.store.unnamed("home") == set()


def test_files_of_another_host_wait_for_their_names_there(desk: Desk) -> None:
    learner = desk.learner()
    desk.write(five())
    desk.elapsed += 100
    learner._archive.publish = lambda: ()  # type: ignore[method-assign]
    learner.round()  # and this host dies
    there, desk.archive = desk.archive, desk.archive / "another"
    desk.write(five(20))
    desk.all_learned(desk.learner())
    desk.archive = there
    desk.all_learned(desk.learner())
    both = [set(read_outcomes(folder, "home")["decision"]) for folder in (there, there / "another")]
    assert [len(some) for some in both] == [5, 5]
    assert not both[0] & both[1]


def test_an_empty_redis_does_not_cost_the_archive(desk: Desk) -> None:
    learner = desk.learner()
    desk.write(five())
    desk.elapsed += 100
    learner.round()
    desk.store._redis.delete("{home}:snapshot", "{home}:log")
    desk.learner()
    assert len(read_outcomes(desk.archive, "home")) == 5


@pytest.mark.parametrize("committed", [True, False])
def test_a_kill_before_files_got_their_names_costs_and_doubles_nothing(desk: Desk, committed: bool) -> None:
    learner = desk.learner()
    desk.write(five())
    desk.elapsed += 100
    if committed:
        learner._archive.publish = lambda: ()  # type: ignore[method-assign]
        learner.round()
    else:
        learner.fold.step(*five()[0])
        learner._archive.write()
    again = desk.learner()
    desk.elapsed += 100
    again.round()
    assert len(read_outcomes(desk.archive, "home")) == 5
    assert not list(desk.archive.rglob("*.pending"))


def test_a_restart_passes_over_what_was_set_aside(desk: Desk) -> None:
    shown = [decision(i, START_S + i, version=9 if i == 1 else 1) for i in range(4)]
    desk.write(log_of(*enumerate(shown), (3.5, Tick(START_S + 3.5))))
    desk.elapsed += 0.26
    desk.learner().round()
    learner = desk.learner()
    learner.round()
    learner.finish()
    assert desk.learner().fold.read == learner.fold.read


def test_a_decision_with_nothing_to_show_leaves_no_row_and_stops_nothing(desk: Desk) -> None:
    desk.write(log_of((0, decision(1, START_S, slots=0)), (1, event("e", 1, START_S)), (9, Tick(START_S + 9))))
    desk.all_learned(learner := desk.learner())
    assert learner.fold.counts.used == 0
    assert len(read_outcomes(desk.archive, "home")) == 0


def test_what_one_tick_closes_is_put_down_in_parts_and_committed_as_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "LOOSE", 2)
    monkeypatch.setattr(archive, "WAITING_CANDIDATES", 2 * CANDIDATES)
    learner = desk.learner()
    desk.write(five())
    learner.round()
    files = [path.name for path in desk.archive.rglob("outcomes-*")]
    assert len(files) == 3
    assert not any(name.endswith(".pending") for name in files)
    assert read_outcomes(desk.archive, "home")["decision"].to_list() == [f"{n:032x}" for n in range(1, 6)]


def test_parts_of_a_learner_that_died_before_its_commit_are_removed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "LOOSE", 2)
    monkeypatch.setattr(archive, "WAITING_CANDIDATES", 2 * CANDIDATES)
    learner = desk.learner()
    learner._commit = lambda *_: None  # type: ignore[method-assign]
    desk.write(five())
    learner.round()
    assert list(desk.archive.rglob("*.pending"))
    desk.all_learned(desk.learner())
    assert not list(desk.archive.rglob("*.pending"))
    assert len(read_outcomes(desk.archive, "home")) == 5
