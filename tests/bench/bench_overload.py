"""Decisions at and above what one web worker can answer, with and without shedding: needs `wrk`.

    python -m tests.bench.bench_overload [--seconds 5] [--limit-ms 50]

Capacity is what 16 connections in a closed loop get. Then requests come at 0.5, 1, 2 and 4 times that, independently of
the answers, on up to 1,000 connections. The web worker has processor 0 to itself, everything else the others.
Prints answers with ads, their latency from when each request was due, and what became of the rest.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

import numpy as np

from tests.bench.arrivals import Shown, load
from tests.bench.load import Server, apart, wrk
from tests.bench.work import CATALOG, CONTEXT
from tests.running import Running

BODY = json.dumps({"policy": "bench", "user": {"key": "u-1"}, "context": CONTEXT})
TIMES = (0.5, 1.0, 2.0, 4.0)


def show(times: float, shown: Shown, seconds: float) -> None:
    answered, p50, p99 = shown.answered_ms, np.nan, np.nan
    if len(answered):
        p50, p99 = np.percentile(answered, (50, 99))
    share = {name: shown.statuses[status] / shown.due for name, status in (("shed", 429), ("lost", 0))}
    print(
        f"  {times:3.1f} x  due {shown.due / seconds:7,.0f}/s  answered {len(answered) / seconds:7,.0f}/s"
        f"  p50 {p50:7.1f} ms  p99 {p99:7.1f} ms  shed {share['shed']:6.1%}  no answer {share['lost']:6.1%}"
        f"  sent late by {shown.late_ms:.1f} ms"
    )


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--seconds", type=float, default=5.0)
    words.add_argument("--limit-ms", type=float, default=50.0)
    chosen = words.parse_args()
    for limit_ms in (chosen.limit_ms, 0.0):
        with tempfile.TemporaryDirectory() as name:
            service = Running(Path(name) / "data", CATALOG, ADBANDIT_SHED_MS=str(limit_ms))
            try:
                server = Server(service.url, service.children()["worker"])
                apart([server.worker])
                closed = wrk(server, BODY, Path(name), 16, 3)
                print(f"shedding above {limit_ms:g} ms" if limit_ms else "without shedding")
                print(f"  16 connections {closed.per_s:,.0f}/s  p99 {closed.p99_ms:.1f} ms  {closed.errors} errors")
                for times in TIMES:
                    rate = times * closed.per_s
                    show(times, load(f"{server.url}/v1/decisions", BODY, rate, chosen.seconds), chosen.seconds)
            finally:
                service.stop()


if __name__ == "__main__":
    main()
