"""Outcomes a second of the learner, log to archive, beside stock VW reading the same decisions as dsjson.

    python -m tests.bench.bench_learner [--decisions 20000] [--rounds 5]

The log stands in an embedded Valkey, read over its unix socket: decisions over 20 candidates of 8 features with 10
features of context, one in ten clicked, and a tick that closes them. The learner reads, joins, learns, sums up,
archives and commits as it does in service, with the same threshold of the garbage collector. Processor time of the
learner's process, by which it also commits; learner and VW in turn, so that a machine that changes its pace cancels
out of the ratio.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import numpy as np
from vowpal_wabbit_next import run_cli_driver

from bandit.archive.archived import Archived
from bandit.catalog import Catalog, Placement, Template, checked
from bandit.codec import encode
from bandit.config import Learning, Policy, Replay, vw_arguments
from bandit.decide import Ask, decide, weigh
from bandit.dsjson.write import Writer
from bandit.features import Feature
from bandit.kernels.warm import compile_all
from bandit.records import Entry, Event, Tick
from bandit.shelf import Shelf, lay_out
from service import embedded
from service.catalogs import Catalogs
from service.learner.learning import PolicyLearner, Rhythm
from service.store.commands import Store
from service.wiring import COLLECT_AFTER
from tests.bench.work import CONTEXT

START_S = 1_700_000_000.0
RHYTHM = Rhythm(commit_s=0.25, archive_s=10.0, keep_log=True)  # as in service, but that the log may be read again
DEPTHS = (4, 16, 64)


def features(i: int) -> dict[str, Feature]:
    """Five of a template; its id is the sixth."""
    return {"tone": f"t{i % 3}", "price": 9.9 + i, "brand": f"b{i % 4}", "season": "summer", "video": True}


def shop(depth: int) -> tuple[Catalog, Shelf]:
    """Ten templates of six features in two placements of two, ids included; replay at one depth throughout."""
    replay = Replay(depth=depth, full_until=1_000_000, least=depth)
    policy = Policy(id="bench", horizon_s=10.0, learning=Learning(replay=replay))
    templates = tuple(Template(id=f"t{i}", features=features(i)) for i in range(10))
    placements = tuple(Placement(id=f"p{i}", features={"height": i + 1}) for i in range(2))
    catalog = checked(Catalog(version=1, policies=(policy,), placements=placements, templates=templates))
    shelf = lay_out(catalog, policy)
    assert {shelf.ads[i].index.size + shelf.places[j].index.size for i in range(10) for j in range(2)} == {8}
    return catalog, shelf


def entries(shelf: Shelf, decisions: int) -> Iterator[tuple[str, Entry]]:
    """Position and entry: a decision every 10 ms, clicks a second later, a tick in the end."""
    rng = np.random.default_rng(1)
    weights = weigh(rng.normal(0, 0.01, 1 << 18).astype(np.float32), 5_000, shelf)
    for number in range(decisions):
        time_s = START_S + number / 100
        context = CONTEXT | {"hour": number % 24, "user": CONTEXT["user"] | {"visits": number % 50}}
        ask = Ask(id=rng.bytes(16), time=time_s, user=(number % 5_000).to_bytes(16, "big"), context=context)
        made = decide(ask, shelf, weights)
        yield f"{int(time_s * 1000)}-0", made
        if rng.random() < 0.1:
            yield f"{int(time_s * 1000)}-1", Event(str(number), made.id, 0, "click", time_s + 1, time_s + 1, 0.0)
    end_s = START_S + decisions / 100 + shelf.policy.horizon_s + 1
    yield f"{int(end_s * 1000)}-0", Tick(end_s)


def fill(store: Store, shelf: Shelf, decisions: int) -> None:
    """Write the log."""
    pipe = store._redis.pipeline(transaction=False)
    for position, entry in entries(shelf, decisions):
        pipe.xadd("{bench}:log", {"e": encode(entry)}, id=position)
        if len(pipe) >= 1_000:
            pipe.execute()
    pipe.execute()


def learn(store: Store, shelf: Shelf, archive: Path) -> None:
    """All of the log, from nothing."""
    store._redis.delete("{bench}:snapshot", "{bench}:weights")
    learner = PolicyLearner(shelf.policy, store, Catalogs(store), archive, RHYTHM, time.process_time)
    while learner.round():
        pass
    learner.finish()


def export(archive: Path, out: Path) -> None:
    """The archive as dsjson."""
    found = Archived(archive, "bench")
    shelf = found.shelf(1)
    writer = Writer(shelf.policy.learning)
    lines = (line for outcome in found.outcomes() for line in writer.lines(outcome, shelf))
    with out.open("wb") as sink:
        sink.writelines(line + b"\n" for line in lines)


def vw(file: Path) -> None:
    """The same through VW's own command, in one thread."""
    run_cli_driver(["--dsjson", *vw_arguments(Learning()), "-d", str(file)], onethread=True)


def took_s(call: Callable[[], None]) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began


def show(what: str, took: list[float], decisions: int) -> float:
    """Print a median; microseconds an outcome."""
    each_s = statistics.median(took) / decisions
    print(f"{what:40}{1 / each_s:10,.0f} outcomes/s{each_s * 1e6:9.1f} us")
    return each_s * 1e6


def beside_vw(store: Store, folder: Path, decisions: int, rounds: int) -> float:
    """Learner and VW in turn; microseconds an outcome of the learner."""
    catalog, shelf = shop(depth=0)
    Catalogs(store).replace_if_other(catalog)
    archives = (folder / f"archive-{i}" for i in count())
    learn(store, shelf, first := next(archives))
    export(first, file := folder / "log.dsjson")
    pairs = [(took_s(lambda: learn(store, shelf, next(archives))), took_s(lambda: vw(file))) for _ in range(rounds)]
    ours = show("learner, no replay", [pair[0] for pair in pairs], decisions)
    show("vw --dsjson", [pair[1] for pair in pairs], decisions)
    ratios = sorted(theirs / own for own, theirs in pairs)
    print(f"  vw takes {statistics.median(ratios):.2f} times as long ({ratios[0]:.2f} to {ratios[-1]:.2f})")
    return ours


def replayed(store: Store, archive: Path, depth: int, decisions: int) -> float:
    """Microseconds an outcome of the learner at one replay depth."""
    catalog, shelf = shop(depth)
    store._redis.delete("{bench}:snapshot", "{bench}:weights")
    Catalogs(store).replace_if_other(catalog)
    return show(f"learner, replay depth {depth}", [took_s(lambda: learn(store, shelf, archive))], decisions)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    words.add_argument("--decisions", type=int, default=20_000)
    words.add_argument("--rounds", type=int, default=5)
    chosen = words.parse_args()
    compile_all()
    gc.set_threshold(COLLECT_AFTER)
    with tempfile.TemporaryDirectory() as name, embedded.start(Path(name) / "valkey") as server:
        folder, store = Path(name), Store(server.url)
        fill(store, shop(0)[1], chosen.decisions)
        plain = beside_vw(store, folder, chosen.decisions, chosen.rounds)
        for depth in DEPTHS:
            each = replayed(store, folder / f"depth-{depth}", depth, chosen.decisions)
            print(f"  {(each - plain) / depth:.1f} us a replayed outcome")


if __name__ == "__main__":
    main()
