"""All that is done to a running service, each a named thing: break it, and heal what does not heal by itself.

A fault returns once all is as it was but for what the service must now catch up with.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Literal, NamedTuple

import redis

from tests.chaos.stage import Stage

PROCESSES = ("learner", "shipper", "worker", "web")
HOUR_S = 3_600.0
SLOW_S, TOO_SLOW_S = 0.3, 2.5  # of an answer of Redis; the service waits 2 s


class Fault(NamedTuple):
    name: str
    group: str  # of the table in docs/promises.md
    needs: Literal["embedded", "own", "either"]  # whose Redis
    break_it: Callable[[Stage], None]


def kill(name: str, stage: Stage) -> None:
    stage.kill(name)


def kill_two(stage: Stage) -> None:
    for name in stage.chance.sample(PROCESSES, 2):
        with suppress(ProcessLookupError):  # a worker that went with its web
            stage.kill(name)
        time.sleep(stage.chance.uniform(0.0, 0.1))


def kill_again(name: str, stage: Stage) -> None:
    """And once more, while it reads again what it had read."""
    stage.kill(name)
    time.sleep(stage.chance.uniform(0.3, 1.5))
    stage.kill(name)


def freeze(name: str, stage: Stage) -> None:
    stage.freeze(name, stage.chance.uniform(0.3, 3.0))


def at_point(point: str, moment: str, deed: str, stage: Stage) -> None:
    """Have a process do it to itself, at one of the next calls."""
    stage.arm(point, moment, deed, stage.chance.choice((1, 1, 2, 3)))
    try:
        pid = stage.fired()
    finally:
        stage.disarm()
    if deed == "stop":
        time.sleep(stage.chance.uniform(0.5, 3.0))
        os.kill(pid, signal.SIGCONT)


def at_tick(deed: str, stage: Stage) -> None:
    """Ticks are written where decisions are few."""
    stage.lull.set()
    try:
        at_point(TICK, "sent", deed, stage)
    finally:
        stage.lull.clear()
        stage.lulled_until = time.monotonic()


def while_starting(point: str, moment: str, stage: Stage) -> None:
    """The learner is killed, and its successor at a point on its way up."""
    stage.arm(point, moment, "kill")
    stage.kill("learner")
    try:
        stage.fired()
    finally:
        stage.disarm()


# Redis


def restart_redis(stage: Stage) -> None:
    stage.server.kill()
    stage.server.start()


def redis_away(stage: Stage) -> None:
    stage.server.kill()
    time.sleep(stage.chance.uniform(2.0, 5.0))
    stage.server.start()


def freeze_redis(stage: Stage) -> None:
    stage.server.pause(stage.chance.uniform(0.5, 5.0))


def lose_last_second(stage: Stage) -> None:
    with stage.bystander.while_history_changes():
        stage.server.forget_last(stage.chance.uniform(0.5, 1.5))


def lose_last_second_and(name: str, stage: Stage) -> None:
    """As when one machine holds both."""
    with stage.bystander.while_history_changes():
        stage.server.forget_last(stage.chance.uniform(0.5, 1.5))
        stage.kill(name)


def slow(delay_s: float, stage: Stage) -> None:
    stage.proxy.delay_s = delay_s
    time.sleep(stage.chance.uniform(3.0, 6.0))
    stage.proxy.delay_s = 0.0


def refusing(stage: Stage) -> None:
    """No connection is taken, and those there were are cut."""
    stage.proxy.refusing = True
    stage.proxy.cut_all()
    time.sleep(stage.chance.uniform(1.0, 4.0))
    stage.proxy.refusing = False


def cut(way: str, stage: Stage) -> None:
    """Somewhere within what is sent, five times."""
    for _ in range(5):
        done = stage.proxy.cuts
        stage.proxy.cut_after(way, stage.chance.randrange(1, 30_000))
        give_up_at = time.monotonic() + 5.0
        while stage.proxy.cuts == done and time.monotonic() < give_up_at:
            time.sleep(0.01)


def configured(name: str, broken: str, whole: str, stage: Stage) -> None:
    """Writes are refused because of a setting."""
    with stage.server.client() as client:
        client.config_set(name, broken)
        time.sleep(stage.chance.uniform(1.0, 4.0))
        client.config_set(name, whole)


def cannot_save(stage: Stage) -> None:
    """MISCONF: a save failed, so the server takes no writes."""
    in_its_way = stage.server.folder / "dump.rdb"
    in_its_way.mkdir(exist_ok=True)
    with stage.server.client() as client:
        client.config_set("save", "3600 1")
        client.bgsave()
        time.sleep(stage.chance.uniform(1.0, 4.0))
        assert client.info("persistence")["rdb_last_bgsave_status"] == "err"
        with suppress(redis.RedisError):
            client.config_set("save", "")
        in_its_way.rmdir()
        client.bgsave()


# Clocks and second learners


def step_clock(first_s: float, stage: Stage) -> None:
    """An hour one way, for a while, and back."""
    stage.shift_clock(first_s)
    time.sleep(stage.chance.uniform(1.5, 3.0))
    stage.shift_clock(0.0)


def second_learner(stage: Stage) -> None:
    """Beside the first for some seconds, then one of the two is killed."""
    with stage.second("learner"):
        time.sleep(stage.chance.uniform(3.0, 5.0))
        if stage.chance.random() < 0.5:
            stage.kill("learner")
            time.sleep(1.0)


def overtaken_learner(stage: Stage) -> None:
    """Stopped, another takes over, and then it goes on where it stood."""
    first = stage.pid("learner")
    os.kill(first, signal.SIGSTOP)
    try:
        with stage.second("learner"):
            time.sleep(stage.chance.uniform(4.0, 6.0))
            os.kill(first, signal.SIGCONT)
            time.sleep(stage.chance.uniform(0.5, 2.0))
    finally:
        os.kill(first, signal.SIGCONT)


def overtaken_in_commit(stage: Stage) -> None:
    """Stopped with a commit on its way to Redis or about to be; another takes over; then it goes on."""
    stage.arm("service.store.commands:Store.commit", stage.chance.choice(("before", "sent", "after")), "stop")
    pid = stage.fired()
    try:
        with stage.second("learner"):
            time.sleep(stage.chance.uniform(4.0, 6.0))
            os.kill(pid, signal.SIGCONT)
            time.sleep(1.0)
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


JOURNALLED = "service.outbox.journal:JournalWriter.append"
TOLD, ASKED_ONCE = "service.outbox.shared:Outbox.append_new", "service.outbox.shared:Outbox.append_once"
SHIP, TICK = "service.store.commands:Store.ship", "service.store.commands:Store.append"
MARKED, EVENTS_MARKED = "service.outbox.journal:Journal.mark_shipped", "service.outbox.shared:Outbox.mark_shipped"
COMMITTING, COMMIT = "service.learner.learning:PolicyLearner._commit", "service.store.commands:Store.commit"
PUT, PUBLISH, TRIM = (
    "service.archive.files:_put",
    "service.archive.files:Archive.publish",
    "service.store.commands:Store.trim",
)
SETTLE = "service.archive.files:Archive.settle"

AT_POINTS = (
    ("between journal append and answer", JOURNALLED, "after"),
    ("between events' append and answer", TOLD, "after"),
    ("between append by request id and answer", ASKED_ONCE, "after"),
    ("before rows are sent", SHIP, "before"),
    ("rows sent, answer not read", SHIP, "sent"),
    ("rows acknowledged, position not noted", SHIP, "after"),
    ("before a journal's position is noted", MARKED, "before"),
    ("before the events' position is noted", EVENTS_MARKED, "before"),
    ("between learn and commit", COMMITTING, "before"),
    ("commit sent, answer not read", COMMIT, "sent"),
    ("committed, not noted", COMMIT, "after"),
    ("archive: before a file", PUT, "before"),
    ("archive: between files", PUT, "after"),
    ("between commit and publish", PUBLISH, "before"),
    ("archive published, log not trimmed", PUBLISH, "after"),
    ("trim sent, answer not read", TRIM, "sent"),
    ("trimmed, not noted", TRIM, "after"),
)
AT_STARTS = (
    ("on restart, before files are settled", SETTLE, "before"),
    ("on restart, files settled", SETTLE, "after"),
)
POINTS = tuple(dict.fromkeys([*(point for _, point, _ in (*AT_POINTS, *AT_STARTS)), TICK]))

FAULTS = (
    *(Fault(f"kill -9 {name}", "kill -9 at random", "either", partial(kill, name)) for name in PROCESSES),
    Fault("kill -9 valkey", "kill -9 at random", "embedded", partial(kill, "valkey")),
    Fault("kill -9 supervisor", "kill -9 at random", "either", Stage.kill_supervisor),
    Fault("kill -9 two at once", "kill -9 at random", "either", kill_two),
    Fault("kill -9 learner, and again", "kill -9 at random", "either", partial(kill_again, "learner")),
    Fault("kill -9 shipper, and again", "kill -9 at random", "either", partial(kill_again, "shipper")),
    *(Fault(f"stop {name}", "SIGSTOP, SIGCONT", "either", partial(freeze, name)) for name in PROCESSES),
    Fault("stop valkey", "SIGSTOP, SIGCONT", "embedded", partial(freeze, "valkey")),
    Fault("stop supervisor", "SIGSTOP, SIGCONT", "either", partial(freeze, "supervisor")),
    *(
        Fault(f"kill: {where}", "kill -9 at a chosen point", "either", partial(at_point, point, moment, "kill"))
        for where, point, moment in AT_POINTS
    ),
    Fault("kill: tick sent, answer not read", "kill -9 at a chosen point", "either", partial(at_tick, "kill")),
    Fault("stop: tick sent, answer not read", "SIGSTOP at a chosen point", "either", partial(at_tick, "stop")),
    *(
        Fault(f"kill: {where}", "kill -9 at a chosen point", "either", partial(while_starting, point, moment))
        for where, point, moment in AT_STARTS
    ),
    *(
        Fault(f"stop: {where}", "SIGSTOP at a chosen point", "either", partial(at_point, point, moment, "stop"))
        for where, point, moment in AT_POINTS
        if moment == "sent" or point in (JOURNALLED, TOLD, PUBLISH)
    ),
    Fault("redis killed, restarted", "Redis fails", "own", restart_redis),
    Fault("redis away 2 to 5 s", "Redis fails", "own", redis_away),
    Fault("redis frozen up to 5 s", "Redis fails", "own", freeze_redis),
    Fault("redis lost its last second", "Redis forgets", "own", lose_last_second),
    *(
        Fault(f"redis lost its last second, {name} killed", "Redis forgets", "own", partial(lose_last_second_and, name))
        for name in PROCESSES
    ),
    Fault("redis slow: 0.3 s an answer", "Redis is slow", "own", partial(slow, SLOW_S)),
    Fault("redis slow: 2.5 s an answer", "Redis is slow", "own", partial(slow, TOO_SLOW_S)),
    Fault("redis refuses connections", "Redis fails", "own", refusing),
    Fault("connection cut within requests", "connection cut", "own", partial(cut, "requests")),
    Fault("connection cut within answers", "connection cut", "own", partial(cut, "answers")),
    Fault("redis full (maxmemory)", "Redis refuses writes", "own", partial(configured, "maxmemory", "1mb", "0")),
    Fault(
        "redis lacks replicas", "Redis refuses writes", "own", partial(configured, "min-replicas-to-write", "1", "0")
    ),
    Fault("redis cannot save (MISCONF)", "Redis refuses writes", "own", cannot_save),
    Fault("clock an hour forward, and back", "clock steps", "either", partial(step_clock, HOUR_S)),
    Fault("clock an hour back, and forward", "clock steps", "either", partial(step_clock, -HOUR_S)),
    Fault("a second learner", "two learners", "either", second_learner),
    Fault("a learner that wakes after another took over", "two learners", "either", overtaken_learner),
    Fault("a learner that wakes amid a commit", "two learners", "either", overtaken_in_commit),
)
