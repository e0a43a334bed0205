"""How soon a catalog change is in every answer, and what it costs the requests that come meanwhile.

    python -m tests.bench.bench_catalog [--templates 100] [--placements 5] [--workers 2] [--changes 6]

Three callers ask without pause, on connections that come and go, while one template is changed every two seconds. The
campaigns have caps and targeting, and the policy fatigue, so that there is something to lay out.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import urllib3

from tests.running import Json, Running

CALLERS, CAMPAIGNS = 3, 20
APART_S, CALM_S = 2.0, 2.0  # between two changes; before the first
NEAR_S = 1.5  # from a change on, in which requests count as its neighbours
PAUSE_S = 0.01  # of a caller


class Answer(NamedTuple):
    at: float  # seconds, when it was there
    took: float  # seconds
    version: int  # of the catalog


def catalog(templates: int, placements: int) -> Json:
    caps, targeting = [{"impressions": 9, "hours": 1}], {"device": ["mobile"]}
    return {
        "policies": [{"id": "home", "horizon_s": 60, "fatigue": True}],
        "placements": [{"id": f"p{i}"} for i in range(placements)],
        "campaigns": [{"id": f"c{i}", "caps": caps, "targeting": targeting} for i in range(CAMPAIGNS)],
        "templates": [template(i, "loud") for i in range(templates)],
    }


def template(number: int, tone: str) -> Json:
    features = {"category": f"k{number % 7}", "tone": tone}
    return {"id": f"t{number}", "campaign": f"c{number % CAMPAIGNS}", "features": features}


def ask(url: str, caller: int, done: threading.Event, answers: list[Answer]) -> None:
    """Ask without pause until done; every fifth time on a new connection, so that all workers are asked."""
    pool, number = urllib3.PoolManager(retries=False, timeout=10.0), 0
    while not done.is_set():
        number += 1
        body = {"policy": "home", "user": {"key": f"u{caller}-{number}"}, "context": {"device": "mobile"}}
        headers = {"Content-Type": "application/json", "Connection": "keep-alive" if number % 5 else "close"}
        begun = time.perf_counter()
        answer = pool.request("POST", f"{url}/v1/decisions", body=json.dumps(body), headers=headers)
        at = time.perf_counter()
        answers.append(Answer(at, at - begun, json.loads(answer.data)["catalog_version"]))
        time.sleep(PAUSE_S)


def figures(took: Sequence[float]) -> str:
    ordered = sorted(1e3 * one for one in took)
    p99 = ordered[int(0.99 * len(ordered))]
    return f"p50 {statistics.median(ordered):.1f} ms  p99 {p99:.1f} ms  most {ordered[-1]:.1f} ms"


def change(service: Running, number: int) -> tuple[float, float, int]:
    """When a change was asked for and answered, and its version."""
    begun = time.perf_counter()
    status, answer = service.call("PUT", "/v1/templates/t0", template(0, f"tone-{number}"))
    assert status == 200, answer
    return begun, time.perf_counter(), answer["version"]


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    for name, default in (("templates", 100), ("placements", 5), ("workers", 2), ("changes", 6)):
        words.add_argument(f"--{name}", type=int, default=default)
    chosen = words.parse_args()
    answers: list[Answer] = []
    done = threading.Event()
    with tempfile.TemporaryDirectory() as folder:
        shop = catalog(chosen.templates, chosen.placements)
        service = Running(Path(folder) / "data", shop, ADBANDIT_WORKERS=str(chosen.workers))
        callers = [threading.Thread(target=ask, args=(service.url, i, done, answers)) for i in range(CALLERS)]
        try:
            for caller in callers:
                caller.start()
            time.sleep(2 * CALM_S)
            changes = []
            for number in range(chosen.changes):
                changes.append(change(service, number))
                time.sleep(APART_S)
        finally:
            done.set()
            for caller in callers:
                caller.join()
            service.stop()
    first = changes[0][0]
    print(f"{chosen.templates * chosen.placements:,} candidates, {chosen.workers} workers")
    print("before             ", figures([one.took for one in answers if first - CALM_S < one.at < first]))
    near = [one.took for one in answers if any(begun <= one.at < begun + NEAR_S for begun, _, _ in changes)]
    print("around the changes ", figures(near))
    lags = [
        max((one.at - told for one in answers if one.at > told and one.version < version), default=0.0)
        for _, told, version in changes
    ]
    print(f"last answer of the old catalog {1e3 * max(lags):.0f} ms after a change was answered, at most")
    print(f"a change is answered in {1e3 * statistics.median(told - begun for begun, told, _ in changes):.0f} ms")


if __name__ == "__main__":
    main()
