"""What is counted, for Prometheus. Every process of a host writes to one folder; any web worker can answer for all.

Import this only where PROMETHEUS_MULTIPROC_DIR is settled: `adbandit up` does that for its children.
"""

from __future__ import annotations

from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

_LATENCY_S = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)

requests = Counter("adbandit_requests_total", "HTTP answers", ["route", "status"])
request_seconds = Histogram("adbandit_request_seconds", "Time to answer", ["route"], buckets=_LATENCY_S)
decisions = Counter("adbandit_decisions_total", "Decisions answered", ["policy", "arm"])
no_fills = Counter("adbandit_no_fills_total", "Decisions without any eligible ad", ["policy"])
events = Counter(
    "adbandit_events_total", "Events sent to us", ["fate"]
)  # accepted, duplicate, rejected, unlogged, lost
activity = Counter(
    "adbandit_activity_total", "What users did, as told to us", ["fate"]
)  # accepted, duplicate, ignored, rejected
unlogged = Counter(
    "adbandit_decisions_unlogged_total", "Decisions answered and not written down: no room on disk", ["policy"]
)
shed = Counter("adbandit_shed_total", "Requests refused because they had waited too long", ["route"])
wait_seconds = Histogram("adbandit_wait_seconds", "Waits of a worker's own probes for their turn", buckets=_LATENCY_S)
models_refused = Counter("adbandit_models_refused_total", "Models and weight changes not taken")
model_version = Gauge(
    "adbandit_model_version", "Outcomes the served model has learned", ["policy"], multiprocess_mode="livemin"
)
shipped = Counter("adbandit_shipped_rows_total", "Outbox rows moved to the log")
backlog = Gauge("adbandit_outbox_backlog_rows", "Rows accepted and not shipped", multiprocess_mode="livemax")
outbox_bytes = Gauge("adbandit_outbox_bytes", "Journals and outbox on disk", multiprocess_mode="livemax")
learning = Gauge(
    "adbandit_learning", "Learners at work on this host; the others stand by", ["policy"], multiprocess_mode="livesum"
)
learned = Gauge("adbandit_learned_outcomes", "Outcomes learned", ["policy"], multiprocess_mode="livemax")
open_decisions = Gauge(
    "adbandit_open_decisions",
    "Decisions that wait for their horizon",
    ["policy"],
    multiprocess_mode="livemax",
)
bookkeeping = Gauge("adbandit_bookkeeping", "Bookkeepers at work; the others stand by", multiprocess_mode="livesum")
books_lag = Gauge(
    "adbandit_books_lag_seconds",
    "Age of what the bookkeeper took in last, while it is behind",
    ["log"],
    multiprocess_mode="livemax",
)
states_written = Counter("adbandit_states_written_total", "States of users written by the bookkeeper")
users_away = Gauge(
    "adbandit_users_away", "Workers without a connection to a server that has users", multiprocess_mode="livesum"
)
users_unshown = Counter("adbandit_users_unshown_total", "Ads decided that other workers could not be told of")
users_damaged = Counter("adbandit_users_damaged_total", "States of users that could not be read and count as none")
set_aside = Gauge("adbandit_entries_set_aside", "Log entries that are damaged", ["policy"], multiprocess_mode="livemax")


def forget_dead(folder: Path) -> None:
    """Drop the gauges of processes that are gone; their counters stay.

    folder  what PROMETHEUS_MULTIPROC_DIR names
    """
    for pid in {int(path.stem.rpartition("_")[2]) for path in folder.glob("gauge_*.db")}:
        if not Path(f"/proc/{pid}").exists():
            multiprocess.mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]


def exposition() -> bytes:
    """All processes' numbers in Prometheus' text format."""
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
