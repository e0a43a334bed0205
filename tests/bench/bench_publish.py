"""From the end of a decision's horizon to its weights in every web worker.

    python -m tests.bench.bench_publish [--rounds 20] [--workers 2]

Thin traffic, the worst case: one decision and its click at a time, so only ticks move the log on. The version
that the slowest worker serves is read from /metrics.
"""

from __future__ import annotations

import argparse
import re
import statistics
import tempfile
import time
from pathlib import Path

from tests.running import Running, eventually

HORIZON_S = 1.0
CATALOG = {
    "policies": [{"id": "bench", "horizon_s": HORIZON_S}],
    "placements": [{"id": "hero"}],
    "templates": [{"id": "a"}, {"id": "b"}],
}


def served(service: Running) -> int:
    """Version in the slowest worker."""
    text = service.pool.request("GET", f"{service.url}/metrics").data.decode()
    found = re.search(r'^adbandit_model_version\{policy="bench"\} (\S+)$', text, re.MULTILINE)
    return int(float(found[1])) if found else -1


def lag_s(service: Running) -> float:
    """One decision, clicked; how long after its horizon all workers serve it."""
    before = served(service)
    answer = service.decide(policy="bench")
    closes = time.monotonic() + HORIZON_S
    service.tell({"id": answer["decision_id"], "type": "click", "decision_id": answer["decision_id"]})
    eventually(lambda: served(service) > before, HORIZON_S + 10.0, 0.005)
    return time.monotonic() - closes


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--rounds", type=int, default=20)
    words.add_argument("--workers", type=int, default=2)
    chosen = words.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        service = Running(Path(folder) / "data", CATALOG, ADBANDIT_WORKERS=str(chosen.workers))
        try:
            lags = sorted(lag_s(service) for _ in range(chosen.rounds))
        finally:
            service.stop()
    print(f"{chosen.workers} workers, {chosen.rounds} decisions, seconds after the horizon:")
    print(f"median {statistics.median(lags):.2f}, least {lags[0]:.2f}, most {lags[-1]:.2f}")


if __name__ == "__main__":
    main()
