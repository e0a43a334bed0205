"""Who learns a policy: one learner holds the lease, the others stand by and take over when it runs out.

A lease alone proves nothing: its holder may have been stopped, and wake after another took over. So every taking gives
a new fence, and a commit with an older one is refused by the store.
"""

from __future__ import annotations

from collections.abc import Callable

from service.store.commands import Store

LEASE_S = 1.5  # from the last sign of life until another may take over
RENEW_S = 0.4  # between signs of life


class Lease:
    """One policy's lease, as one learner sees it."""

    def __init__(self, store: Store, policy: str, holder: str, elapsed: Callable[[], float]) -> None:
        """
        holder   names this learner and no other, ever
        elapsed  seconds that never step
        """
        self._store = store
        self._policy = policy
        self._holder = holder
        self._elapsed = elapsed
        self._renew_at = float("-inf")
        self._fence: str | None = None

    def fence(self) -> str | None:
        """What to commit with, or None while another learner is at work. Raises StoreAway."""
        if self._elapsed() >= self._renew_at:
            asked = self._elapsed()
            self._fence = self._store.lease(self._policy, self._holder, LEASE_S)
            self._renew_at = asked + RENEW_S
        return self._fence

    def seize(self) -> str:
        """Take the lease from whoever has it; what to commit with. Raises StoreAway."""
        fence = self._store.lease(self._policy, self._holder, LEASE_S, seize=True)
        assert fence is not None, "a lease that is seized is had"
        self._fence, self._renew_at = fence, self._elapsed() + RENEW_S
        return fence

    def release(self) -> None:
        """Give it back, if it is held. Raises StoreAway."""
        if self._fence is not None:
            self._store.release(self._policy, self._holder)
            self._fence, self._renew_at = None, float("-inf")


def follows(fence: str, known: str) -> bool:
    """Whether nobody held the lease between these two fences of one learner: what it has folded is still the newest.

    >>> follows("8 one", "7 one"), follows("9 one", "7 one")
    (True, False)
    """
    return int(fence.partition(" ")[0]) - int(known.partition(" ")[0]) in (0, 1)
