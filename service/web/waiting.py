"""How long requests wait for this worker, and whether that is too long to go on as if it were nothing.

Granian queues requests before any code of ours runs and says nothing of it. So the worker sends itself probes
(`service.web.probes`), which stand in the same queue: the age of the oldest one that has not come up yet is how long
the request at hand has waited, less the pause between two probes.

Shed late and at once: a wait is too long only after it was long for PATIENCE_S of answering, so what gathered behind
one slow call is answered; from then on every request that waited too long is refused, which takes a fraction of a
decision, so those that are answered have waited no longer than the limit. After CoDel (RFC 8289), whose target is a
wait, too.
"""

from __future__ import annotations

from threading import Lock

from service import metrics
from service.tally import observing

PATIENCE_S = 0.1  # of waits that were long all along, before the first refusal
AHEAD = 4  # turns since the probe was sent; fewer are no queue, but a process that gets no processor
CALM = 0.5  # share of the limit below which a wait is not long
NEVER = float("inf")


class Waiting:
    """The probes under way. One thread sends them, another meets them between requests."""

    def __init__(self, probes: int, limit_s: float) -> None:
        """
        probes   how many may be under way at once
        limit_s  longest wait of a request that is answered
        """
        self.limit_s = limit_s
        self._calm_s = CALM * limit_s
        self._sent = [NEVER] * probes  # when those under way were sent
        self._sent_at_turn = [0] * probes
        self._turn = 0  # requests met so far
        self._oldest = NEVER
        self._oldest_turn = 0
        self._long_since = NEVER  # when a wait was first met that was long, as all were since
        self._mutex = Lock()
        self._observe = observing(metrics.wait_seconds)

    def sent(self, probe: int, now: float) -> None:
        """Probe number `probe` is under way."""
        self._sent_at_turn[probe] = self._turn
        self._set(probe, now)

    def came_up(self, probe: int, now: float) -> None:
        """It is its turn, or it was lost."""
        waited_s = now - self._sent[probe]
        self._set(probe, NEVER)
        if waited_s >= 0.0:
            self._observe(waited_s)
            if waited_s < self._calm_s:
                self._long_since = NEVER

    def lost(self, probe: int) -> None:
        """It will not come up: its connection broke."""
        self._set(probe, NEVER)

    def seconds(self, now: float) -> float:
        """How long the request at hand has waited, at the least; 0 or below if not long enough to be seen."""
        return now - self._oldest

    def too_long(self, now: float, times: float) -> bool:
        """Whether to refuse the request at hand.

        times  the limit for a request of its kind, in limits
        """
        self._turn += 1
        waited_s = now - self._oldest
        if waited_s < self._calm_s:
            self._long_since = NEVER
            return False
        if self._long_since == NEVER:
            self._long_since = now
        lasting = now - self._long_since > PATIENCE_S and self._turn - self._oldest_turn > AHEAD
        return lasting and waited_s > times * self.limit_s

    def _set(self, probe: int, sent: float) -> None:
        with self._mutex:
            self._sent[probe] = sent
            self._oldest = min(self._sent)
            self._oldest_turn = self._sent_at_turn[self._sent.index(self._oldest)]
