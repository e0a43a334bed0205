"""Microseconds of each step of the engine: `python -m tests.bench.bench_engine`. Prints; asserts nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from bandit.codec import encode
from bandit.config import Exploration, Learning, Replay
from bandit.context import hash_context, packed_context
from bandit.decide import Ask
from bandit.decide import decide as decide_ads
from bandit.draws import uniform
from bandit.exploration.choose import KINDS, probabilities
from bandit.features import Vector, hash_features
from bandit.kernels.drawing import draw
from bandit.kernels.warm import compile_all
from bandit.model import Example, Model
from bandit.quick import choose
from bandit.scoring import scores, stack, terms
from bandit.stand import from_shelf
from tests.bench.bench_decide import shop

CONTEXT = {
    "hour": 14,
    "device": "mobile",
    "os": "android",
    "language": "de-DE",
    "page": {"type": "category", "id": "shoes"},
    "tags": ["sale", "new"],
    "user": {"age": 41, "vip": True, "country": "DE"},
}  # 10 features
PLACEMENTS = 4


def best_us(call: Callable[[], object], n: int = 2_000, rounds: int = 7) -> float:
    """Microseconds a call: the fastest of several rounds, since other processes only ever add."""
    call()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(n):
            call()
        times.append(time.perf_counter() - start)
    return min(times) / n * 1e6


def vectors(count: int, d: int, seed: int) -> list[Vector]:
    """`count` vectors of `d` features."""
    rng = np.random.default_rng(seed)
    return [Vector(rng.integers(0, 2**32, d).astype(np.uint32), np.ones(d, np.float32)) for _ in range(count)]


def whole(k: int) -> None:
    """A plain decision, and what it consists of."""
    shelf, weights = shop(k)
    asked = Ask(id=b"0" * 16, time=1.0, context=CONTEXT)
    stand, made, prepared = from_shelf(shelf, 1.0, None, None), decide_ads(asked, shelf, weights), weights.prepared
    assert prepared is not None
    general = replace(weights, prepared=None)
    some = (CONTEXT, stand, shelf, weights.table, prepared, 0.5)
    for what, call in (
        (f"decide among {k} and encode the record", lambda: encode(decide_ads(asked, shelf, weights))),
        ("  pack the context", lambda: packed_context(CONTEXT)),
        ("  that, and the kernel: hash, score, explore, draw", lambda: choose(*some)),
        ("  encode", lambda: encode(made)),
        ("  decided the general way, step by step", lambda: decide_ads(asked, shelf, general)),
    ):
        print(f"{what:54}{best_us(call):9.1f} us")


def decide() -> None:
    """Steps of one decision, the general way."""
    print(f"{'hash 10 context features, User and Context':48}{best_us(lambda: hash_context(CONTEXT)):9.1f} us")
    flat = {f"feature{i}": f"value{i}" for i in range(10)}
    print(f"{'hash 10 strings of one namespace':48}{best_us(lambda: hash_features('Context', flat)):9.1f} us")
    compiled, weights = terms(Learning()), np.random.default_rng(0).normal(size=2**18).astype(np.float32)
    user, context = hash_context(CONTEXT)
    for k in (20, 100):
        template, placement = np.divmod(np.arange(k, dtype=np.int32), np.int32(PLACEMENTS))
        ads, places = stack(vectors(k // PLACEMENTS, 5, seed=1)), stack(vectors(PLACEMENTS, 3, seed=2))
        some = (weights, compiled, user, context, ads, places, template, placement)
        print(f"{f'score {k} candidates of 5 + 3 features':48}{best_us(lambda some=some: scores(*some)):9.1f} us")
        costs = scores(*some)
        for kind in sorted(KINDS):
            exploration = Exploration(kind=kind)
            took = best_us(lambda e=exploration, c=costs: probabilities(c, e, 1_000))
            print(f"{f'probabilities of {k}, {kind}':48}{took:9.1f} us")
        p = probabilities(costs, Exploration(), 1_000)
        print(f"{f'draw from {k}':48}{best_us(lambda p=p: draw(p, 0.7)):9.1f} us")
    print(f"{'uniform number of a decision':48}{best_us(lambda: uniform(b'x' * 16, 0, 1_000)):9.1f} us")


def learn() -> None:
    """One outcome, with and without replay."""
    ads, places, people = vectors(25, 5, seed=1), vectors(PLACEMENTS, 3, seed=2), vectors(50, 3, seed=3)
    for k in (20, 100):
        for depth in (0, 16):
            model = Model.fresh(Learning(replay=Replay(depth=depth, full_until=1_000_000, least=0)))
            chosen = [(people[i % 50], people[i % 7], i % k, -float(i % 30 == 0)) for i in range(500)]
            pairs = [(ads[i // PLACEMENTS], places[i % PLACEMENTS]) for i in range(k)]
            start = time.perf_counter()
            for i, (user, context, position, cost) in enumerate(chosen):
                example = Example(user, context, *map(list, zip(*pairs, strict=True)), position, cost, 0.2)
                model.learn(example, str(i).encode())
            took = (time.perf_counter() - start) / len(chosen) * 1e6
            print(f"{f'learn an outcome of {k} candidates, replay {depth}':48}{took:9.1f} us")
    print(f"{'save, 2**18 weights':48}{best_us(model.save, n=10):9.1f} us")


if __name__ == "__main__":
    compile_all()
    for k in (20, 100):
        whole(k)
    decide()
    learn()
