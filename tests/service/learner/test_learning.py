"""The learner against a real store: killed, cut off or overtaken, it ends with the same bytes and archive."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import Phase, given
from hypothesis import strategies as st

from bandit.archive.files import read_events, read_outcomes
from bandit.fold import Fold
from bandit.join import order
from bandit.records import Event, Outcome, Tick
from service import embedded
from service.learner.learning import Overtaken
from service.store.commands import START, StoreAway
from tests.entries import LEARNING, START_S, Log, decision, event, laws, log_of, logs, shelf_at
from tests.hosts import OFTEN, Desk, Unsteady, a_desk, lease


@pytest.fixture
def desk(valkey_server: embedded.EmbeddedValkey) -> Iterator[Desk]:
    with a_desk(valkey_server) as found:
        yield found


def folded(log: Log) -> tuple[dict[str, bytes], list[Outcome]]:
    """The snapshot and the outcomes of a fold that nothing interrupts."""
    fold = Fold(LEARNING, shelf_at)
    outcomes = [outcome for at in log for outcome in fold.step(*at)]
    return fold.snapshot(), outcomes


def assert_archived(desk: Desk, log: Log, outcomes: list[Outcome]) -> None:
    """Every slot of every outcome, and every event, stands in the archive once and in log order."""
    rows = read_outcomes(desk.archive, "home").select("position", "slot", "reward").rows()
    assert rows == [(o.position, slot, reward) for o in outcomes for slot, reward in enumerate(o.rewards)]
    events = read_events(desk.archive, "home")["position"].to_list()
    assert events == [position for position, entry in log if isinstance(entry, Event)]


def end_of(log: Log) -> Log:
    """A tick that closes the whole log."""
    return [(f"{order(log[-1][0])[0] + 60_000}-0", Tick(START_S))]


@laws(25, seek=[Phase.generate])
@given(logs(most=90), st.randoms(use_true_random=False), st.sampled_from([0.0, 0.1, 0.3]))
def test_killed_and_cut_off_at_any_moment_it_ends_with_the_same_bytes_and_archive(
    valkey_server: embedded.EmbeddedValkey, log: Log, chance: random.Random, broken: float
) -> None:
    def breaks() -> str:
        return chance.choice(("before", "after")) if chance.random() < broken else ""

    with a_desk(valkey_server) as desk:
        learner, unread = None, log
        while unread:
            some = chance.randint(1, 5)
            desk.write(unread[:some])
            unread = unread[some:]
            desk.elapsed += chance.choice((0.1, 0.4, 0.4))
            learner = None if chance.random() < 0.1 else learner
            try:
                learner = learner or desk.learner(Unsteady(desk.store, breaks))
                learner.round()
            except Overtaken:
                learner = None
            except StoreAway:
                learner = chance.choice((learner, None))
        desk.write(end_of(log))
        snapshot, outcomes = folded(log + end_of(log))
        assert desk.all_learned(desk.learner()) == snapshot
        assert_archived(desk, log, outcomes)


def test_trimming_keeps_what_a_restart_needs_and_little_else(desk: Desk) -> None:
    log = log_of(*((i / 2, decision(i, START_S + i / 2, slots=1 + i % 3)) for i in range(1, 100)))
    learner = desk.learner()
    for i in range(0, len(log), 10):
        desk.write(log[i : i + 10])
        desk.elapsed += 1.1
        learner.round()
    assert desk.store.log_length("home") < 15  # open ones, and those that the last few slots replay
    assert desk.all_learned(desk.learner()) == folded(log)[0]


@pytest.mark.parametrize("same_fence", [True, False], ids=["by the cursor alone", "by the fence too"])
def test_a_learner_that_was_overtaken_says_so_and_changes_nothing(desk: Desk, same_fence: bool) -> None:
    log = log_of((0, decision(1, START_S)), (1, event("e", 1, START_S)), (9, Tick(START_S + 9)))
    first, second = desk.learner(), desk.learner()
    first.fence = second.fence if same_fence else first.fence
    desk.write(log)
    desk.elapsed += 0.3
    second.round()
    before = [desk.store.snapshot("home"), desk.store.changes("home", START), desk.store.log("home", START, count=9)]
    with pytest.raises(Overtaken):
        first.round()
    after = [desk.store.snapshot("home"), desk.store.changes("home", START), desk.store.log("home", START, count=9)]
    assert before == after
    assert desk.all_learned(desk.learner()) == folded(log)[0]


def test_a_restart_keeps_no_more_of_the_log_than_the_learner_before(desk: Desk) -> None:
    told = ((i, entry) for i in range(40) for entry in (decision(i, START_S + i), event(f"e{i}", i, START_S + i)))
    desk.write(log_of(*told, (60, Tick(START_S + 60))))
    desk.all_learned(first := desk.learner())
    assert desk.learner().fold.needed_from() == first.fold.needed_from()


def test_a_learner_whose_lease_was_taken_commits_nothing_though_nobody_else_did(desk: Desk) -> None:
    first = desk.learner()
    lease(desk.store)
    desk.write(log_of((0, decision(1, START_S))))
    desk.elapsed += 0.3
    with pytest.raises(Overtaken):
        first.round()
    assert desk.store.snapshot("home") == {}


def test_what_a_store_forgot_is_learned_again_and_archived_once_under_new_versions(desk: Desk) -> None:
    log = log_of(*((i, decision(i + 1, START_S + i)) for i in range(20)), (29, Tick(START_S + 29)))
    desk.write(log[:10])
    desk.all_learned(desk.learner())
    kept = {key: desk.store._redis.dump(key) for key in desk.store._redis.keys("{home}:*")}
    desk.write(log[10:])
    desk.all_learned(desk.learner())
    lost = desk.learner().fold.version
    desk.store._redis.delete(*desk.store._redis.keys("{home}:*"))
    for key, value in kept.items():
        desk.store._redis.restore(key, 0, value)
    desk.write(log[10:])
    learner = desk.learner()
    assert learner.fold.version > lost
    after = desk.all_learned(learner)
    whole = folded(log)[0]
    assert {name: after[name] for name in ("model", "totals", "cursor")} == {
        name: whole[name] for name in ("model", "totals", "cursor")
    }
    archived = read_outcomes(desk.archive, "home")
    assert archived["decision"].to_list() == [decision(i + 1, 0.0).id.hex() for i in range(20)]
    assert list(desk.archive.glob("policy=home/superseded/*/date=*/*.parquet"))


def test_versions_given_out_before_a_store_went_back_are_not_given_out_again(desk: Desk) -> None:
    desk.write(log_of((0, decision(1, START_S, model_version=5_000)), (9, Tick(START_S + 9))))
    learner = desk.learner()
    desk.all_learned(learner)
    assert learner.fold.version > 5_000
    assert desk.learner().fold.version == learner.fold.version
    assert desk.store.changes("home", START)[-1][1].before == -1


def test_beside_an_archive_an_emptied_store_begins_anew_and_nothing_is_moved(desk: Desk) -> None:
    log = log_of(*((i, decision(i + 1, START_S + i)) for i in range(20)), (29, Tick(START_S + 29)))
    desk.write(log[:10])
    desk.all_learned(desk.learner())
    old = desk.learner().fold
    desk.store._redis.delete(*desk.store._redis.keys("{home}:*"))
    desk.write(log[10:])
    learner = desk.learner()
    desk.all_learned(learner)
    line = learner.fold.lines[-1]
    assert (line.how, line.learns(old.cursor), line.learns(learner.fold.cursor)) == ("emptied", False, True)
    assert learner.fold.version > old.version
    assert not list(desk.archive.glob("policy=home/superseded/*"))


def test_a_damaged_entry_is_set_aside_and_the_rest_is_learned(desk: Desk) -> None:
    log = log_of(*((i, decision(i, START_S + i)) for i in range(4)), (9, Tick(START_S + 9)))
    desk.write(log[:2])
    desk.store._redis.xadd("{home}:log", {"e": b"\0\1\2\3 noise"}, id=f"{order(log[1][0])[0]}-5")
    desk.write(log[2:])
    learner = desk.learner()
    desk.all_learned(learner)
    assert (learner.fold.model.learned, learner.fold.counts.damaged) == (4, 1)


def test_a_decision_of_a_catalog_that_is_lost_is_set_aside(desk: Desk) -> None:
    shown = [decision(i, START_S + i, version=9 if i == 1 else 1) for i in range(4)]
    desk.write(log_of(*((i, one) for i, one in enumerate(shown)), (9, Tick(START_S + 9))))
    learner = desk.learner()
    desk.all_learned(learner)
    assert (learner.fold.model.learned, learner.fold.counts.damaged) == (3, 1)


def test_nothing_is_committed_before_it_is_time(desk: Desk) -> None:
    desk.write(log_of((0, decision(1, START_S))))
    learner = desk.learner()
    learner.round()
    assert desk.store.snapshot("home") == {}
    learner.finish()
    assert desk.store.snapshot("home")["read"] == learner.fold.read.encode()


def test_a_learner_that_reads_nothing_new_archives_what_waits(desk: Desk) -> None:
    log = log_of((0, event("a", 1, START_S)))
    desk.write(log)
    learner = desk.learner()
    for passed_s in (OFTEN.commit_s, OFTEN.archive_s):
        desk.elapsed += passed_s
        learner.round()
    assert_archived(desk, log, [])


def test_a_learner_that_stops_archives_what_waits_even_what_it_has_committed(desk: Desk) -> None:
    log = log_of((0, event("a", 1, START_S)))
    desk.write(log)
    learner = desk.learner()
    desk.elapsed += OFTEN.commit_s
    learner.round()
    assert desk.store.snapshot("home")
    learner.finish()
    assert_archived(desk, log, [])


def test_with_keep_log_nothing_is_ever_trimmed(desk: Desk) -> None:
    log = log_of(*((i, decision(i, START_S + i)) for i in range(300)))
    desk.write(log)
    desk.all_learned(desk.learner(rhythm=OFTEN._replace(keep_log=True)))
    assert desk.store.log_length("home") == 300
