"""What it takes to know what a request may not be shown: `python -m tests.bench.bench_eligibility`.

100 campaigns with a template each. Microseconds of processor time, the fastest of several rounds, since other
processes only ever add; and the share of a decision among 100 candidates without any of it. Prints; asserts nothing.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np

from bandit.catalog import Catalog, checked
from bandit.decide import Ask, decide, weigh
from bandit.eligibility.plan import Plan
from bandit.kernels.warm import compile_all
from bandit.profiles.exposures import EXPOSURE, NOTHING, Exposures, named
from bandit.shelf import Shelf, lay_out
from tests.bench.work import CONTEXT

CAMPAIGNS, EXPOSURES, NOW_S = 100, 200, 1_800_000_000.0
REQUEST = CONTEXT | {"geo": {"country": "DE"}, "query": "cheap running shoes"}
PROFILE = {"~visits": "2-3", "~likes": ["shoes", "coats"]}


def shelf_of(**of_campaigns: Callable[[int], object]) -> Shelf:
    """One campaign and template each, with these fields of the campaign."""
    campaigns = [{"id": f"c{i}"} | {name: make(i) for name, make in of_campaigns.items()} for i in range(CAMPAIGNS)]
    plain = {
        "policies": [{"id": "bench"}],
        "placements": [{"id": "p", "kind": "search" if "keywords" in of_campaigns else "content"}],
        "campaigns": campaigns,
        "templates": [{"id": f"t{i}", "campaign": f"c{i}", "features": {"brand": f"b{i}"}} for i in range(CAMPAIGNS)],
    }
    catalog = checked(msgspec.convert(plain, Catalog))
    return lay_out(catalog, catalog.policies[0])


def rules(i: int) -> dict[str, Any]:
    """Three clauses, no two campaigns alike."""
    return {
        "country": ["DE", "AT", f"X{i}"],
        "audience": {"~visits": ["1", "2-3"] if i % 3 else "8+"},
        "hours": {"from": i % 20, "zone": "Europe/Berlin"},
    }


def exposures() -> Exposures:
    """What a busy user was shown."""
    rng = np.random.default_rng(1)
    shown = np.zeros(EXPOSURES, EXPOSURE)
    shown["time"] = np.sort(NOW_S - rng.random(EXPOSURES) * 1e6)
    shown["campaign"] = [named(f"c{i}") for i in rng.integers(0, 2 * CAMPAIGNS, EXPOSURES)]
    return shown


def best_us(call: Callable[[], object], n: int = 1_000, rounds: int = 7) -> float:
    call()
    times = []
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(n):
            call()
        times.append(time.process_time() - start)
    return min(times) / n * 1e6


def new_each_time(plan: Plan) -> Callable[[], object]:
    """Requests for which nothing is remembered."""
    truth, join = plan._truth, plan._joined.__wrapped__
    return lambda: join(truth(REQUEST, PROFILE, NOW_S), b"", b"")


def main() -> None:
    compile_all()
    bare = shelf_of()
    table = np.random.default_rng(1).normal(0, 0.01, 1 << 18).astype(np.float32)
    weights, ask = weigh(table, 5_000, bare), Ask(id=b"0" * 16, time=NOW_S, context=REQUEST)
    plain = best_us(lambda: decide(ask, bare, weights))
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, {CAMPAIGNS} campaigns")
    print(f"{'a plain decision':56}{plain:9.1f} us")
    targeted, searched = Plan(shelf_of(targeting=rules)), Plan(shelf_of(keywords=lambda i: ["shoes", f"k{i}"]))
    once = [{"impressions": 3, "hours": 24}, {"impressions": 10, "hours": 168}]
    nothing, capped, shown = Plan(bare), Plan(shelf_of(caps=lambda _: once)), exposures()
    gone = np.arange(CAMPAIGNS) < 3
    for what, call in (
        ("a catalog that limits nothing", lambda: nothing.limits(REQUEST, PROFILE, shown, None, NOW_S)),
        ("three clauses each", lambda: targeted.limits(REQUEST, PROFILE, NOTHING, None, NOW_S)),
        ("  for a request like none before", new_each_time(targeted)),
        ("keywords, a search placement", lambda: searched.limits(REQUEST, PROFILE, NOTHING, None, NOW_S)),
        ("caps over two windows, a user shown nothing", lambda: capped.limits(REQUEST, PROFILE, NOTHING, None, NOW_S)),
        (f"caps over two windows, {EXPOSURES} exposures", lambda: capped.limits(REQUEST, PROFILE, shown, None, NOW_S)),
        ("three campaigns without money", lambda: nothing.limits(REQUEST, PROFILE, NOTHING, gone, NOW_S)),
    ):
        took = best_us(call)
        print(f"{what:56}{took:9.1f} us{took / plain:8.2f} of a decision")


if __name__ == "__main__":
    main()
