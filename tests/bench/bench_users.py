"""What it takes to know a user: the read of a decision, and the time from what somebody does to their state.

    python -m tests.bench.bench_users [--reads 3000] [--activities 60]

A read is a round trip to the embedded server over its socket; beside it the same by redis-py's pipeline. The second
part runs a whole service: from the call of POST /v1/activity to the first answer that shows it.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis

from bandit.profiles.exposures import row
from bandit.profiles.profile import Profile, UserState
from bandit.profiles.stored import encode
from service import embedded
from service.store.books import Books, Change
from service.store.commands import Store
from service.store.users import UserStore
from service.users import Users
from tests.bench.bench_caps import a_shop
from tests.running import eventually


def told(name: str, work: Callable[[int], object], rounds: int) -> None:
    """Wall time and processor time of one round."""
    wall = []
    started = time.thread_time()
    for number in range(rounds):
        begun = time.perf_counter()
        work(number)
        wall.append(time.perf_counter() - begun)
    cpu = (time.thread_time() - started) / rounds
    wall.sort()
    print(f"{name:34s} {wall[rounds // 2] * 1e6:8.0f} {wall[rounds * 95 // 100] * 1e6:8.0f} {cpu * 1e6:8.0f}")


def reads(rounds: int) -> None:
    now = time.time()
    names = [os.urandom(16) for _ in range(rounds)]
    seen = [row(now - number, os.urandom(16), 0, "sale", "summer", "hero") for number in range(20)]
    state = UserState(Profile(since=1, last=2, categories={"shoes": 1.0}), b"".join(sorted(seen)))
    with tempfile.TemporaryDirectory() as folder, embedded.start(Path(folder)) as server:
        users = Users(UserStore(server.url, time.monotonic))
        users.look()
        client: Any = redis.Redis.from_url(server.url)

        def piped(number: int) -> object:
            with client.pipeline(transaction=False) as pipeline:
                pipeline.get(f"{{u:{names[number].hex()}}}:state")
                pipeline.lrange(f"{{u:{names[number].hex()}}}:shown", 0, -1)
                return pipeline.execute()

        print(f"{os.cpu_count()} cores of {platform.machine()}")
        print("microseconds                        wall p50      p95      cpu")
        told("redis-py's pipeline, unknown user", piped, rounds)
        told("unknown user", lambda number: users.read(names[number], now), rounds)
        one = [row(now, os.urandom(16), 0, "sale", "summer", "hero")]

        def decided(number: int) -> None:
            users.read(names[number], now)
            users.shown(names[number], one, now)

        told("unknown user, and an ad is shown", decided, rounds)
        Books(Store(server.url)).put_states([Change(name, b"", encode(state), 0) for name in names])
        told("known user, 20 exposures, 1 pending", lambda number: users.read(names[number], now), rounds)


def updates(count: int) -> None:
    took = []
    with a_shop(1) as shop:
        for number in range(count):
            key = f"u-{number}"
            begun = time.perf_counter()
            activity = {"id": key, "type": "view", "user": {"key": key}, "product": "p", "category": "shoes"}
            shop.call("POST", "/v1/activity", {"activities": [activity]})
            eventually(lambda key=key: shop.call("GET", f"/v1/users/{key}")[0] == 200, every_s=0.002)
            took.append(time.perf_counter() - begun)
    took.sort()
    p50, p95 = took[count // 2], took[count * 95 // 100]
    print(f"from POST /v1/activity to the state: p50 {p50 * 1e3:.0f} ms, p95 {p95 * 1e3:.0f} ms, of {count}")


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("--reads", type=int, default=3_000)
    words.add_argument("--activities", type=int, default=60)
    chosen = words.parse_args()
    reads(chosen.reads)
    updates(chosen.activities)


if __name__ == "__main__":
    main()
