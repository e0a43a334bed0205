"""From this host to the log: every row exactly once, and no decision or tick before the events it closes over."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import Phase, given
from hypothesis import strategies as st

from bandit.join import SETTLE_S
from bandit.records import Decision, Event, Tick
from service import embedded
from service.outbox.ship import CHECK_S, TICK_S
from service.store.commands import Store
from tests.entries import START_S, laws
from tests.hosts import HORIZONS_S, POLICIES, Host, a_host


def assert_whole(host: Host) -> None:
    """Every accepted row stands in the log once; every decision and tick behind the events accepted before it."""
    numbers: Counter[int] = Counter()
    for policy in POLICIES:
        log = host.log(policy)
        closing = float("-inf")
        for entry in log:
            if isinstance(entry, Event):
                assert entry.time >= closing
            else:
                closing = max(closing, entry.time)
        rows = [entry for entry in log if not isinstance(entry, Tick)]
        numbers.update(int(row.id) if isinstance(row, Event) else int.from_bytes(row.id, "big") for row in rows)
    assert numbers == Counter(range(1, host.accepted + 1))


def act(host: Host, chance: random.Random) -> None:
    """One thing that happens on a host."""
    host.now += chance.choice((0.0, 0.001, 0.05, 0.4))
    action, policy = chance.choice("ddeeeesssk"), chance.choice(POLICIES)
    if action == "d":
        host.decide(chance.randrange(2), policy)
    elif action == "e":
        host.hear(policy)
    elif action == "k":
        host.restart()
    else:
        host.ship()


@laws(25, seek=[Phase.generate])
@given(st.randoms(use_true_random=False), st.sampled_from([0.0, 0.1, 0.5]), st.sampled_from([1, 2, 1_000]))
def test_killed_and_cut_off_at_any_moment_every_row_stands_in_the_log_once_and_in_order(
    valkey_server: embedded.EmbeddedValkey, chance: random.Random, broken: float, batch: int
) -> None:
    def breaks() -> str:
        return chance.choice(("before", "after")) if chance.random() < broken else ""

    with pytest.MonkeyPatch.context() as patched, a_host(Store(valkey_server.url), breaks) as host:
        patched.setattr("service.outbox.ship.BATCH", batch)
        for _ in range(40):
            act(host, chance)
        host.drain()
        assert_whole(host)


@laws(12, seek=[Phase.generate])
@given(st.randoms(use_true_random=False), st.booleans())
def test_what_redis_forgets_of_its_last_moments_is_shipped_again(
    valkey_server: embedded.EmbeddedValkey, chance: random.Random, killed: bool
) -> None:
    lost: list[bool] = []

    def breaks() -> str:
        return "before" if lost and lost.pop() else ""

    with a_host(Store(valkey_server.url), breaks) as host:
        for _ in range(25):
            act(host, chance)
        moment = kept(host.store)
        for _ in range(15):
            act(host, chance)
        put_back(host.store, moment)
        if killed:
            host.restart()
        else:
            lost.append(True)  # the server that came back has dropped the connection; the next row meets that
            host.hear()
        host.drain()
        assert_whole(host)


def kept(store: Store) -> dict[bytes, bytes]:
    return {key: store._redis.dump(key) for key in store._redis.scan_iter()}


def put_back(store: Store, moment: dict[bytes, bytes]) -> None:
    store._redis.flushall()
    for key, value in moment.items():
        store._redis.restore(key, 0, value)


def test_a_clock_that_steps_back_puts_no_event_behind_a_decision_it_came_before(valkey_url: str) -> None:
    with a_host(Store(valkey_url)) as host:
        host.hear()
        host.now += 1
        host.decide(0)
        host.now -= 3600
        host.decide(0)
        host.drain()
        assert_whole(host)


def test_a_server_that_comes_back_without_its_last_moments_gets_them_again(tmp_path: Path) -> None:
    server = embedded.start(tmp_path / "valkey")
    host = Host(tmp_path / "outbox", Store(server.url))
    host.decide(0)
    host.hear()
    host.ship()
    server.stop()
    shutil.rmtree(tmp_path / "valkey" / "appendonlydir")
    with embedded.start(tmp_path / "valkey"):
        host.decide(0)
        host.drain()
        assert_whole(host)


def test_a_tick_follows_when_nothing_else_moves_the_log_on(valkey_url: str) -> None:
    with a_host(Store(valkey_url)) as host:
        host.decide(0)
        host.ship()
        host.now += TICK_S
        host.ship()
        assert [type(entry).__name__ for entry in host.log()] == ["Decision", "Tick"]


def test_ticks_go_on_until_the_last_decision_must_be_closed_and_then_stop(valkey_url: str) -> None:
    with a_host(Store(valkey_url)) as host:
        host.decide(0)
        host.ship()
        for _ in range(200):
            host.now += TICK_S
            host.ship()
        last = host.log()[-1]
        assert START_S + HORIZONS_S["home"] + 1 < last.time < START_S + 20  # type: ignore[union-attr]


def test_there_is_no_tick_while_rows_wait(valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.outbox.ship.BATCH", 1)
    with a_host(Store(valkey_url)) as host:
        for _ in range(3):
            host.decide(0)
        host.ship()
        assert not any(isinstance(entry, Tick) for entry in host.log())


def test_a_decision_accepted_before_the_clock_stepped_back_an_hour_is_soon_closed_by_a_tick(valkey_url: str) -> None:
    with a_host(Store(valkey_url)) as host:
        elapsed = 0.0
        host._shipper._elapsed = lambda: elapsed
        host.decide(0)
        host.ship()
        host.now += 0.01
        host.decide(0)
        accepted = host.now
        elapsed += 0.1  # shipped later than the first was
        host.ship()
        host.now -= 3600.0
        elapsed += HORIZONS_S["home"] + 1.0
        host.decide(1)  # says less than the one before, so a tick is needed besides
        host.ship()
        assert host.log()[-1].time >= accepted + HORIZONS_S["home"] + SETTLE_S


def test_a_clock_that_stepped_back_is_believed_again_once_nothing_of_before_can_be_open(valkey_url: str) -> None:
    with a_host(Store(valkey_url)) as host:
        elapsed = 0.0
        host._shipper._elapsed = lambda: elapsed
        host.decide(0)
        host.ship()
        host.now -= 3600.0
        elapsed += 60.0
        host.decide(0)
        host.ship()
        elapsed += 1.0
        host.ship()
        assert host.log()[-1].time == pytest.approx(host.now, abs=2.0)


def test_what_a_server_that_took_over_misses_is_shipped_again_though_nothing_new_comes(valkey_url: str) -> None:
    with a_host(Store(valkey_url)) as host:
        host.decide(0)
        host.hear()
        host.drain()
        host.store._redis.flushall()  # as with a replica that has nothing of it
        host.now += CHECK_S
        host.drain()
        assert_whole(host)


def test_events_behind_one_of_an_hour_ahead_still_stand_before_the_next_decision(valkey_url: str) -> None:
    with a_host(Store(valkey_url)) as host:
        host.now += 3600.0
        host.hear()
        host.now -= 3600.0
        host.hear()
        host.decide(0)
        host.ship()
        assert [type(entry) for entry in host.log()[:3]] == [Event, Event, Decision]
