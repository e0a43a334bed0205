"""What a profile takes, in CPU time: told to a model, read, grown, and its activity accepted.

`python -m tests.bench.bench_profiles`
"""

from __future__ import annotations

import platform
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from bandit.kernels.warm import compile_all
from bandit.profiles.activity import LOG, Activity, Kind
from bandit.profiles.features import features
from bandit.profiles.fold import NOBODY, fold
from bandit.profiles.stored import decode, encode
from service.access.signing import Signer
from service.activity.collecting import Collector
from service.outbox.shared import Outbox

NOW_S = 1_800_000_000.0
KINDS: list[Kind] = ["view"] * 10 + ["search", "add_to_cart", "add_to_cart", "purchase", "review", "dwell"]


def lived(number: int) -> list[Activity]:
    """What one user did in some two weeks."""
    draw, at, found = random.Random(1), NOW_S - 14 * 86_400.0, []
    for i in range(number):
        at += draw.expovariate(number / (14 * 86_400.0))
        kind = draw.choice(KINDS)
        found.append(
            Activity(
                *(f"a{i}", b"u" * 16, kind, at, at),
                product=f"product-{draw.randrange(300)}",
                category=f"women > shoes > {int(draw.paretovariate(0.7)) % 60}",
                brand=f"brand-{draw.randrange(30)}",
                price=draw.lognormvariate(3.0, 1.0),
                quantity=1,
                dwell_s=40.0,
                tokens=tuple(range(4)),
                sentiment=0.5 if kind == "review" else None,
            )
        )
    return found


def micros(work: Callable[[], object], times: int) -> float:
    """CPU time of one go, microseconds."""
    work()
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) / times * 1e6


def accepting(text: str) -> float:
    """CPU time of one of 500 activities of a call, microseconds."""
    calls = 10
    with tempfile.TemporaryDirectory() as folder:
        collector = Collector(Outbox(Path(folder) / "box"), Signer(b"s" * 32), lambda: "EUR")
        spent = 0.0
        for call in range(calls):
            bodies = [(i, text.replace("ID", f"{call}-{i}").encode()) for i in range(500)]
            began = time.process_time()
            collector.accept(bodies, NOW_S)
            spent += time.process_time() - began
    return spent / calls / 500 * 1e6


def main() -> None:
    compile_all()
    entries = lived(2_000)
    state = NOBODY
    began = time.process_time()
    for number, entry in enumerate(entries, 1):
        state = fold(state, f"{number}-0", LOG, entry)
    grown = (time.process_time() - began) / len(entries) * 1e6
    stored = encode(state)
    profile = state.profile
    view = '{"id":"ID","type":"view","user":{"key":"u"},"product":"p-1","category":"shoes","brand":"acme"}'
    search = '{"id":"ID","type":"search","user":{"key":"u"},"query":"red running shoes size 43"}'
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, CPU time, microseconds")
    print(f"profile of {len(entries)} activities: {len(msgspec.msgpack.encode(profile))} bytes")
    print(f"features of it   {micros(lambda: features(profile, NOW_S), 20_000):6.2f}")
    print(f"features of None {micros(lambda: features(None, NOW_S), 20_000):6.2f}")
    print(f"read             {micros(lambda: decode(stored), 20_000):6.2f}")
    print(f"grown by one     {grown:6.2f}")
    print(f"accept a view    {accepting(view):6.2f}")
    print(f"accept a search  {accepting(search):6.2f}")


if __name__ == "__main__":
    main()
