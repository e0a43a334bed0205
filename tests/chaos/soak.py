"""Does anything grow? `python -m tests.chaos.soak --minutes 30 --rate 200 [--json FILE]`

The service with its default settings under steady load; every few seconds the memory of each process, of Redis, and the
disk of outbox and archive. Over the last two thirds a line is laid through the means of 20 spans, so that what a
collection of garbage or a compaction does within one counts once. Exit status 1 if something grows that must not,
or if an accepted decision was not learned.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import redis
import urllib3
from rich.console import Console
from rich.table import Table
from scipy import stats

from bandit.archive.files import OUTCOMES, ordered
from service import embedded
from tests.bench.work import CATALOG
from tests.running import Json, Late, Running, eventually

POLICY = "soak"
HORIZON_S = 30.0
SAMPLE_S = 3.0
SPANS = 20
MB = 2.0**20
# What an hour may add of its level before it is said to grow; a leak of a byte a request is far more than that.
FLAT_SHARE = 0.02
PROCESSES = ("worker", "web", "learner", "shipper", "valkey", "supervisor")
GROWS = ("disk: archive",)  # it keeps all; so does the append-only file until it is rewritten
UNBOUNDED = (*GROWS, "disk: append-only file")
SETTLES_S = {"disk: outbox": 960.0}  # event ids are known for 15 minutes, so it grows as long
CLICKS, IMPRESSIONS = 0.05, 0.5  # shares of the decisions


class Series(msgspec.Struct, frozen=True):
    """One quantity over the run."""

    name: str
    first_mb: float
    last_mb: float
    largest_mb: float
    level_mb: float  # mean of what the line is laid through
    slope_mb_per_h: float
    low_mb_per_h: float  # 95 % interval
    high_mb_per_h: float
    verdict: str  # flat, grows, uncertain, unbounded


class Soak(msgspec.Struct, frozen=True):
    """What is kept of a run."""

    date: str
    minutes: float
    rate: float  # decisions a second wanted
    decisions: int  # answered
    events: int  # accepted
    failed: int  # requests without an answer
    archived: int  # decisions in the archive at the end
    p50_ms: float
    p99_ms: float
    processor: dict[str, float]  # process -> share of one processor it used
    bytes_archived_per_decision: float
    series: list[Series]


class Client:
    """Asks at a steady rate whatever the answers take, and tells of some."""

    def __init__(self, service: Running, rate: float, threads: int = 2) -> None:
        self._service, self._rate, self._threads = service, rate, threads
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self.took_ms: list[float] = []
        self.decisions = self.events = self.failed = 0

    def run(self, seconds: float) -> None:
        began = time.monotonic()
        threads = [
            threading.Thread(target=self._shop, args=(i, began, began + seconds), daemon=True)
            for i in range(self._threads)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _shop(self, i: int, began: float, until: float) -> None:
        chance = np.random.default_rng(i)
        count = 0
        while (due := began + (count * self._threads + i) / self._rate) < until:
            time.sleep(max(0.0, due - time.monotonic()))
            count += 1
            self._one(f"{i}.{count}", chance)

    def _one(self, name: str, chance: np.random.Generator) -> None:
        try:
            started = time.perf_counter()
            status, answer = self._service.call("POST", "/v1/decisions", _request(chance))
            took_ms = 1e3 * (time.perf_counter() - started)
            told = _events(name, answer, chance) if status == 200 else []
            accepted = self._service.tell(*told)["accepted"] if told else 0
        except (urllib3.exceptions.HTTPError, AssertionError):
            status, took_ms, accepted = 0, 0.0, 0
        with self._lock:
            self.decisions += status == 200
            self.failed += status != 200
            self.events += accepted
            if status == 200:
                self.took_ms.append(took_ms)


def _request(chance: np.random.Generator) -> Json:
    return {
        "policy": POLICY,
        "user": {"key": f"u{chance.integers(5_000)}"},
        "context": {
            "hour": int(chance.integers(24)),
            "device": ("mobile", "desktop")[chance.integers(2)],
            "page": {"type": ("home", "category", "product")[chance.integers(3)]},
            "tags": [f"t{chance.integers(20)}"],
        },
    }


def _events(name: str, answer: Json, chance: np.random.Generator) -> list[Json]:
    shares = (("impression", IMPRESSIONS), ("click", CLICKS))
    kinds = [kind for kind, share in shares if chance.random() < share]
    return [{"id": f"{kind}.{name}", "type": kind, "decision_id": answer["decision_id"]} for kind in kinds]


class Sampler:
    """Notes the size of everything, in bytes, every few seconds."""

    def __init__(self, service: Running) -> None:
        self._service = service
        self._redis = redis.Redis.from_url(embedded.socket_url(service.data / "valkey"))
        self.times: list[float] = []
        self.sizes: dict[str, list[float]] = {}
        self.processor_s: dict[str, list[float]] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Sampler:
        self._began = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(SAMPLE_S):
            self._sample()

    def _sample(self) -> None:
        family = {**self._service.children(), "supervisor": self._service.process.pid}
        self.times.append(time.monotonic() - self._began)
        for name in PROCESSES:
            self._note(f"memory: {name}", _resident(family[name]))
            self.processor_s.setdefault(name, []).append(_processor_s(family[name]))
        self._note("memory: redis used", self._redis.info("memory")["used_memory"])
        for name, folder in (("outbox", "outbox"), ("archive", "archive"), ("append-only file", "valkey")):
            self._note(f"disk: {name}", _disk(self._service.data / folder))

    def _note(self, name: str, size: float) -> None:
        self.sizes.setdefault(name, []).append(size)


def _resident(pid: int) -> float:
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return 1024.0 * int(fields["VmRSS"].split()[0])


def _processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100.0


def _disk(folder: Path) -> float:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:  # shipped, renamed or rewritten meanwhile
            continue
    return float(total)


def fitted(name: str, times_s: Sequence[float], sizes: Sequence[float]) -> Series:
    """A line through what came after the first third.

    times_s  [n] since the beginning
    sizes    [n] bytes

    >>> fitted("memory: x", range(0, 3600, 5), [MB * 100.0] * 720).verdict
    'flat'
    >>> fitted("memory: x", range(0, 3600, 5), [MB * (100.0 + i / 72) for i in range(720)]).verdict
    'grows'
    """
    at, mb = np.asarray(times_s, float), np.asarray(sizes, float) / MB
    after_s = at[-1] / 3
    if SETTLES_S.get(name, 0.0) < 0.75 * at[-1]:
        after_s = max(after_s, SETTLES_S.get(name, 0.0))
    kept = at >= after_s
    spans = min(SPANS, int(kept.sum()) // 2)
    hours = np.array([part.mean() for part in np.array_split(at[kept] / 3600.0, spans)])
    means = np.array([part.mean() for part in np.array_split(mb[kept], spans)])
    line = stats.linregress(hours, means)
    half = float(np.nan_to_num(stats.t.ppf(0.975, spans - 2) * line.stderr))  # not a number where nothing changed
    slope = float(line.slope)
    return Series(
        name=name,
        first_mb=float(mb[0]),
        last_mb=float(mb[-1]),
        largest_mb=float(mb.max()),
        level_mb=float(means.mean()),
        slope_mb_per_h=slope,
        low_mb_per_h=slope - half,
        high_mb_per_h=slope + half,
        verdict=_verdict(name, slope - half, slope + half, float(means.mean())),
    )


def _verdict(name: str, low: float, high: float, level: float) -> str:
    if name in UNBOUNDED:
        return "unbounded"
    allowed = FLAT_SHARE * level
    if high <= allowed:
        return "flat"
    return "grows" if low > allowed else "uncertain"


def soaked(minutes: float, rate: float) -> Soak:
    """Run it."""
    catalog = {**CATALOG, "policies": [{**CATALOG["policies"][0], "id": POLICY, "horizon_s": HORIZON_S}]}
    with tempfile.TemporaryDirectory(prefix="soak-") as name:
        service = Running(Path(name) / "data", catalog)
        try:
            client = Client(service, rate)
            with Sampler(service) as sampler:
                client.run(60.0 * minutes)
            eventually(lambda: _all_learned(service, client.decisions), HORIZON_S + 60.0)
        except Late:
            Console(stderr=True).print("[red]not all was learned in time")
        finally:
            service.stop()
        files = ordered(service.data / "archive", POLICY, OUTCOMES)
        archived = sum(
            int(pl.scan_parquet(file).select(pl.col("decision").n_unique()).collect().item()) for file in files
        )
        sizes = sum(file.stat().st_size for file in files)
    spent_s = sampler.times[-1] - sampler.times[0]
    return Soak(
        date=time.strftime("%Y-%m-%d"),
        minutes=minutes,
        rate=rate,
        decisions=client.decisions,
        events=client.events,
        failed=client.failed,
        archived=archived,
        p50_ms=float(np.percentile(client.took_ms, 50)),
        p99_ms=float(np.percentile(client.took_ms, 99)),
        processor={name: (s[-1] - s[0]) / spent_s for name, s in sampler.processor_s.items()},
        bytes_archived_per_decision=sizes / max(archived, 1),
        series=[fitted(name, sampler.times, sizes_) for name, sizes_ in sampler.sizes.items()],
    )


def _all_learned(service: Running, decisions: int) -> bool:
    report = service.report(POLICY)
    return bool(report["open"] == 0 and sum(arm["decisions"] for arm in report["arms"].values()) >= decisions)


def shown(soak: Soak) -> Table:
    table = Table(
        title=f"{soak.minutes:g} min at {soak.rate:g} decisions/s: {soak.decisions:,} decided, "
        f"{soak.archived:,} archived, p99 {soak.p99_ms:.1f} ms"
    )
    for heading in ("", "first MB", "last MB", "largest MB", "MB an hour", "95 %", ""):
        table.add_column(heading, justify="right" if heading else "left")
    for one in soak.series:
        interval = f"{one.low_mb_per_h:+.1f} to {one.high_mb_per_h:+.1f}"
        sizes = (f"{size:.1f}" for size in (one.first_mb, one.last_mb, one.largest_mb))
        table.add_row(one.name, *sizes, f"{one.slope_mb_per_h:+.1f}", interval, one.verdict)
    return table


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--minutes", type=float, default=30.0)
    words.add_argument("--rate", type=float, default=200.0, help="decisions a second")
    words.add_argument("--json", type=Path)
    chosen = words.parse_args()
    soak = soaked(chosen.minutes, chosen.rate)
    console = Console()
    console.print(shown(soak))
    console.print("processors: " + ", ".join(f"{name} {share:.2f}" for name, share in soak.processor.items()))
    if chosen.json:
        chosen.json.parent.mkdir(parents=True, exist_ok=True)
        chosen.json.write_bytes(msgspec.json.format(msgspec.json.encode(soak), indent=1) + b"\n")
    grows = [one.name for one in soak.series if one.verdict == "grows"]
    return 1 if grows or soak.archived != soak.decisions else 0


if __name__ == "__main__":
    sys.exit(main())
