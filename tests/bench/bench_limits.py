"""What limits, levels and prices add to a decision, in process.

    python -m tests.bench.bench_limits [--rounds 7]

The decision of bench_decide, 100 candidates. Limits are of four reasons, one of them of template and placement both.
`known` are limits that came before, as those of rules and budgets mostly do; `new` are worked out for this request
alone, as those of a user who reached a cap are. Each round times all in turn, in processor time, and its ratios are to
the plain decision of the same round.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
from msgspec.structs import replace

from bandit.catalog import Campaign, Catalog, Placement, Template, checked
from bandit.codec import encode
from bandit.decide import Ask, Weights, decide, weigh, with_prices
from bandit.eligibility.limits import NONE, Limits
from bandit.kernels.warm import compile_all
from bandit.profiles.exposures import EXPOSURE
from bandit.profiles.fatigue import levels
from bandit.shelf import Shelf, lay_out
from tests.bench.bench_decide import PLACEMENTS, POLICY, features
from tests.bench.work import CONTEXT

K = 100
NOW_S = 1_800_000_000.0


def shop(*, fatigue: bool) -> Shelf:
    """K candidates of ten campaigns."""
    policy = replace(POLICY, fatigue=fatigue)
    placements = tuple(Placement(id=f"p{i}") for i in range(PLACEMENTS))
    templates = [Template(id=f"t{i}", campaign=f"c{i % 10}", features=features(i)) for i in range(K // PLACEMENTS)]
    campaigns = tuple(Campaign(id=f"c{i}") for i in range(10))
    catalog = Catalog(
        version=1, policies=(policy,), placements=placements, campaigns=campaigns, templates=tuple(templates)
    )
    return lay_out(checked(catalog), policy)


def some(shelf: Shelf) -> Limits:
    chance, t = np.random.default_rng(2), len(shelf.templates)
    searching = np.arange(len(shelf.placements)) == 0
    return Limits(
        templates={reason: chance.random(t) < 0.05 for reason in ("targeting.device", "cap.template", "budget")},
        pairs={"targeting.keywords": (chance.random(t) < 0.1, searching)},
    )


def tired(shelf: Shelf) -> Callable[[], Limits]:
    """Limits of a user who was shown 100 ads."""
    shown = np.zeros(100, EXPOSURE)
    shown["time"], shown["template"] = NOW_S - np.arange(100, 0, -1) * 3_600, np.resize(shelf.numbers, 100)
    return lambda: Limits(levels=levels(shown, shelf.numbers, NOW_S))


def works() -> dict[str, Callable[[], object]]:
    """The decisions that are timed."""
    plain, leveled = shop(fatigue=False), shop(fatigue=True)
    table = np.random.default_rng(1).normal(0, 0.01, 1 << 18).astype(np.float32)
    ready, ready_too = weigh(table, 5_000, plain), weigh(table, 5_000, leveled)
    limits, user = some(plain), tired(leveled)
    known = limits._replace(key=b"these")

    def decided(shelf: Shelf, weights: Weights, limited: Limits) -> object:
        ask = Ask(id=b"0" * 16, time=NOW_S, user=b"u" * 16, context=CONTEXT, limits=limited)
        return encode(decide(ask, shelf, weights))

    return {
        "plain": lambda: decided(plain, ready, NONE),
        "known limits": lambda: decided(plain, ready, known),
        "new limits": lambda: decided(plain, ready, limits),
        "fatigue": lambda: decided(leveled, ready_too, user()),
        "new prices": lambda: with_prices(ready, plain, {"c1": 0.25}),
    }


def took_us(work: Callable[[], object], times: int = 1_000) -> float:
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) / times * 1e6


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rounds", type=int, default=7)
    rounds, timed = words.parse_args().rounds, works()
    compile_all()
    for work in timed.values():
        took_us(work, 100)
    found = [{name: took_us(work) for name, work in timed.items()} for _ in range(rounds)]
    for name in timed:
        ratio = statistics.median(f[name] / f["plain"] for f in found)
        print(f"{name}: {statistics.median(f[name] for f in found):.1f} us, {ratio:.2f} of plain")


if __name__ == "__main__":
    main()
