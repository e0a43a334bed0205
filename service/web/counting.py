"""Every answer counted and timed, whoever gave it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from service import metrics
from service.tally import counting, observing


def counted(route: str, status: int, took_s: float) -> tuple[str, str]:
    """Count one answer; the `Server-Timing` header that goes with it."""
    requests, seconds = _series(route, status)
    requests()
    seconds(took_s)
    return "Server-Timing", f"app;dur={took_s * 1000:.3f}"


@cache
def _series(route: str, status: int) -> tuple[Callable[[], None], Callable[[float], None]]:
    return counting(metrics.requests.labels(route, status)), _seconds(route)


@cache
def _seconds(route: str) -> Callable[[float], None]:
    return observing(metrics.request_seconds.labels(route))
