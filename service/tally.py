"""Counting in memory what Prometheus is told in one go: its updates in shared memory are dear beside a decision.

Values are appended to a list, which any thread may do without a lock; `settle` hands over what has gathered. A process
that is killed takes at most the last moments' counts with it.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

import numpy as np
from prometheus_client import Counter, Histogram

_settling = Lock()
_pending: list[tuple[list[float], Callable[[list[float]], None]]] = []


def counting(counter: Counter) -> Callable[[], None]:
    """What adds one to a counter at the next `settle`."""
    gathered: list[float] = []
    _pending.append((gathered, lambda values: counter.inc(len(values))))
    return lambda: gathered.append(1.0)


def observing(histogram: Histogram) -> Callable[[float], None]:
    """What adds an observation to a histogram at the next `settle`."""
    gathered: list[float] = []
    _pending.append((gathered, lambda values: _observe(histogram, values)))
    return gathered.append


def settle() -> None:
    """Hand over all that has gathered."""
    with _settling:
        for gathered, hand_over in _pending:
            if count := len(gathered):
                values = gathered[:count]
                del gathered[:count]  # what another thread appended meanwhile stays
                hand_over(values)


def _observe(histogram: Histogram, values: list[float]) -> None:
    """As `histogram.observe` does with each; the client has no call for many."""
    histogram._sum.inc(sum(values))
    places = np.searchsorted(histogram._upper_bounds, values)  # the first bound that is not below
    for place, times in zip(*np.unique(places, return_counts=True), strict=True):
        histogram._buckets[place].inc(int(times))
