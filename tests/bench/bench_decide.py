"""One decision in process, beside gittins and VW's own text path on the same work: needs `pip install gittins`.

    python -m tests.bench.bench_decide [--rounds 7]

10 context features, candidates of 8 features, quadratic interactions, SquareCB, record built and encoded. Each round
times the three in turn; the ratios are taken round by round, so that a machine that changes its pace cancels out.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import gittins
import numpy as np
from vowpal_wabbit_next import TextFormatParser, Workspace

from bandit.catalog import Catalog, Placement, Template, checked
from bandit.codec import encode
from bandit.config import Exploration, Learning, Policy, vw_arguments
from bandit.decide import Ask, Weights, decide, weigh
from bandit.kernels.warm import compile_all
from bandit.shelf import Shelf, lay_out
from tests.bench.work import CONTEXT

PLACEMENTS = 2
POLICY = Policy(
    id="bench",
    exploration=Exploration(kind="squarecb"),
    learning=Learning(interactions=("UA", "UP", "CA", "CP", "AP")),
)


def features(i: int) -> dict[str, str | float | bool]:
    """Seven of a template; its id is the eighth."""
    texts: dict[str, str | float | bool] = {"tone": f"tone{i % 3}", "season": "summer", "brand": f"b{i % 40}"}
    return texts | {"colour": f"c{i % 5}", "discount": (i + 1) / 10, "price": 9.9 + i, "video": i % 2 == 0}


def shop(k: int, places: int = PLACEMENTS) -> tuple[Shelf, Weights]:
    """k candidates and a model's weights."""
    placements = tuple(Placement(id=f"p{i}") for i in range(places))
    templates = tuple(Template(id=f"t{i}", features=features(i)) for i in range(k // places))
    catalog = checked(Catalog(version=1, policies=(POLICY,), placements=placements, templates=templates))
    shelf = lay_out(catalog, POLICY)
    table = np.random.default_rng(1).normal(0, 0.01, 1 << 18).astype(np.float32)
    return shelf, weigh(table, 5_000, shelf)


def ours(k: int, places: int = PLACEMENTS) -> Callable[[], object]:
    """Decide and encode the record."""
    shelf, weights = shop(k, places)
    return lambda: encode(decide(Ask(id=b"0" * 16, time=1.0, user=b"u" * 16, context=CONTEXT), shelf, weights))


def theirs(k: int) -> Callable[[], object]:
    """Decide with gittins, which takes flat context and hashes every candidate anew."""
    state = gittins.create(bits=18, horizon=3600.0)
    user, page = dict(CONTEXT["user"]), dict(CONTEXT["page"])
    plain = {name: value for name, value in CONTEXT.items() if name not in ("user", "page")}
    context = plain | {f"user.{n}": v for n, v in user.items()} | {f"page.{n}": v for n, v in page.items()}
    candidates = [(f"t{i}", {"placement": f"p{i % PLACEMENTS}", **features(i)}) for i in range(k)]
    return lambda: gittins.decide(state, context, candidates, 1.0, "salt")


def vw_text(k: int) -> Callable[[], object]:
    """Build VW's text, have it parsed and predicted."""
    learning = [argument for argument in vw_arguments(POLICY.learning) if argument != "--cb_adf"]
    workspace = Workspace(["--cb_explore_adf", "--squarecb", *learning])
    parser = TextFormatParser(workspace)
    rows = [features(i) | {"id": f"t{i}"} for i in range(k)]

    def text(features_: dict[str, object]) -> str:
        return " ".join(f"{n}={v}" if isinstance(v, str) else f"{n}:{float(v)}" for n, v in features_.items())

    def predict() -> object:
        page, user = CONTEXT["page"], CONTEXT["user"]
        plain = {n: v for n, v in CONTEXT.items() if not isinstance(v, dict)}
        lines = [f"shared |User {text(user)} |Context {text(plain)} {text(page)}"]
        lines += [f"|Ad {text(row)} |Placement id=p{i % PLACEMENTS}" for i, row in enumerate(rows)]
        return workspace.predict_one([parser.parse_line(line) for line in lines])

    return predict


def took_us(work: Callable[[], object], times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - began) / times * 1e6


def compare(k: int, rounds: int) -> None:
    """Print medians and the ratios of each round."""
    works = {"ours": ours(k), "gittins": theirs(k), "VW text": vw_text(k)}
    for work in works.values():
        took_us(work, 20)
    found = [{name: took_us(work, 20_000 // k) for name, work in works.items()} for _ in range(rounds)]
    print(
        f"{k} candidates: " + ", ".join(f"{name} {statistics.median(f[name] for f in found):.1f} us" for name in works)
    )
    for name in ("gittins", "VW text"):
        ratios = sorted(f[name] / f["ours"] for f in found)
        print(f"  {name} takes {statistics.median(ratios):.1f} times as long ({ratios[0]:.1f} to {ratios[-1]:.1f})")


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rounds", type=int, default=7)
    rounds = words.parse_args().rounds
    compile_all()
    for k in (20, 100):
        compare(k, rounds)
    many = ours(10_000, places=20)
    took_us(many, 3)
    print(f"10,000 candidates (500 templates x 20 placements): ours {min(took_us(many, 20) for _ in range(5)):.0f} us")


if __name__ == "__main__":
    main()
