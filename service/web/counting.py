"""Every answer counted and timed, whoever gave it."""

from __future__ import annotations

from functools import cache

from prometheus_client import Counter, Histogram

from service import metrics


def counted(route: str, status: int, took_s: float) -> tuple[str, str]:
    """Count one answer; the `Server-Timing` header that goes with it."""
    requests, seconds = _series(route, status)
    requests.inc()
    seconds.observe(took_s)
    return "Server-Timing", f"app;dur={took_s * 1000:.3f}"


@cache
def _series(route: str, status: int) -> tuple[Counter, Histogram]:
    return metrics.requests.labels(route, status), metrics.request_seconds.labels(route)
