"""Several learners and one lease: one learns, and when it is gone another does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bandit.archive.files import read_outcomes
from service import embedded
from service.catalogs import Catalogs
from service.learner.learners import LONGEST_PAUSE_S, Learners
from service.learner.leasing import LEASE_S, RENEW_S, Lease
from tests.entries import START_S, decision, log_of
from tests.hosts import OFTEN, Desk, a_desk


@pytest.fixture
def desk(valkey_server: embedded.EmbeddedValkey) -> Iterator[Desk]:
    with a_desk(valkey_server) as found:
        yield found


def learners(desk: Desk, name: str) -> Learners:
    return Learners(desk.store, Catalogs(desk.store), desk.archive, OFTEN, lambda: desk.elapsed, name)


def expire(desk: Desk) -> None:
    """As if the lease's time had passed at the server."""
    desk.store._redis.delete("{home}:lease")
    desk.elapsed += LEASE_S


def working(some: Learners) -> bool:
    some.look()
    return "home" in some._running


def test_of_two_one_learns_and_the_other_stands_by(desk: Desk) -> None:
    one, two = learners(desk, "one"), learners(desk, "two")
    assert [working(one), working(two)] == [True, False]
    desk.elapsed += RENEW_S
    assert [working(two), working(one)] == [False, True]


def test_the_other_takes_over_once_the_lease_has_run_out(desk: Desk) -> None:
    one, two = learners(desk, "one"), learners(desk, "two")
    assert [working(one), working(two)] == [True, False]
    expire(desk)
    assert working(two)
    one.round()
    assert not one._running


def test_a_lease_that_ran_out_and_that_nobody_took_costs_no_restart(desk: Desk) -> None:
    one = learners(desk, "one")
    working(one)
    made = one._running["home"]
    expire(desk)
    assert working(one)
    desk.write(log_of((0, decision(1, START_S))))
    one.round()
    assert one._running["home"] is made
    assert desk.store.snapshot("home")["read"] == made.fold.read.encode()


def test_a_learner_that_has_the_lease_again_after_another_archived_begins_again(desk: Desk) -> None:
    one, two = learners(desk, "one"), learners(desk, "two")
    working(one)
    desk.write(log_of(*((i, decision(i + 1, START_S + i)) for i in range(7))))
    desk.elapsed += OFTEN.commit_s
    one._leases["home"]._renew_at = desk.elapsed + 1.0
    one.round()  # commits, and holds what is not archived yet
    desk.store._redis.delete("{home}:lease")
    working(two)
    desk.elapsed += OFTEN.archive_s
    two.round()
    two.finish()  # archives at the very position that is committed
    desk.elapsed += LEASE_S
    working(one)
    desk.write(log_of(*((i, decision(i + 1, START_S + i)) for i in range(20, 29))))
    desk.elapsed += OFTEN.archive_s
    one.round()
    one.finish()
    rows = read_outcomes(desk.archive, "home")
    assert len(rows) == rows["decision"].n_unique() > 0


def test_who_wakes_after_it_was_overtaken_commits_nothing(desk: Desk) -> None:
    one, two = learners(desk, "one"), learners(desk, "two")
    working(one)
    desk.write(log_of(*((i, decision(i + 1, START_S + i)) for i in range(9))))
    asleep = one._running["home"]
    desk.store._redis.delete("{home}:lease")
    two.look()
    desk.elapsed += 0.3
    two.round()
    committed = desk.store.snapshot("home")
    one._leases["home"]._renew_at = desk.elapsed + 1.0  # it still believes it has the lease
    one.round()
    assert (asleep in one._running.values(), desk.store.snapshot("home")) == (False, committed)


def test_a_learner_that_stops_lets_another_take_over_at_once(desk: Desk) -> None:
    one, two = learners(desk, "one"), learners(desk, "two")
    working(one)
    one.finish()
    assert working(two)


def test_a_lease_lasts_while_it_is_renewed_and_every_taking_has_its_own_fence(desk: Desk) -> None:
    one, two = (Lease(desk.store, "home", name, lambda: desk.elapsed) for name in ("one", "two"))
    first = one.fence()
    desk.elapsed += RENEW_S
    assert (one.fence(), two.fence()) == (first, None)
    assert two.seize() != first
    desk.elapsed += RENEW_S
    assert one.fence() is None
    two.release()
    desk.elapsed += RENEW_S
    assert one.fence() not in (None, first)


def test_releasing_a_lease_that_another_has_taken_changes_nothing(desk: Desk) -> None:
    one, two = (Lease(desk.store, "home", name, lambda: desk.elapsed) for name in ("one", "two"))
    one.fence()
    fence = two.seize()
    one.release()
    desk.elapsed += RENEW_S
    assert two.fence() == fence


def test_a_policy_that_keeps_failing_is_tried_less_and_less_often_and_then_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    some, tried = learners(desk, "one"), 0

    def full(*_: object) -> None:
        nonlocal tried
        tried += 1
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("service.learner.learners.PolicyLearner", full)
        for _ in range(400):
            desk.elapsed += 0.25
            assert not working(some)
    assert 5 < tried < 12
    desk.elapsed += LONGEST_PAUSE_S
    assert working(some)
    some.round()
    assert some._pauses  # it may fail again, with the next file
    desk.elapsed += 3 * LONGEST_PAUSE_S
    some.round()
    assert not some._pauses
