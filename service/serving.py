"""What a web worker decides with: the newest catalog and weights, swapped in whole, never waited for.

Weights arrive as sparse changes; who missed one loads the snapshot. Whatever does not check out is refused and
the model at hand stays in use. With Redis away nothing changes here, and decisions go on.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import msgspec
import numpy as np
import structlog

from bandit.catalog import Catalog
from bandit.centring import NOWHERE, Centre
from bandit.config import Policy
from bandit.decide import Weights, weigh, with_prices
from bandit.eligibility.plan import Plan
from bandit.errors import Damaged, SnapshotRefused
from bandit.fold import read_base, read_model
from bandit.shelf import Shelf, lay_out
from service import metrics
from service.accepting import Terms
from service.catalogs import Catalogs
from service.store.commands import START, Store, WeightChange

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Served:
    """One policy as it is decided with. Never changed, only replaced."""

    shelf: Shelf
    plan: Plan  # of the shelf
    weights: Weights
    since: float  # when these weights came, seconds since 1970
    change: str  # position of the last weight change that is in them


class Serving:
    """All policies of the catalog in force. One thread refreshes, any may read."""

    def __init__(
        self,
        store: Store,
        catalogs: Catalogs,
        clock: Callable[[], float],
        shadow: Callable[[], Mapping[str, float]] = dict,
    ) -> None:
        """
        shadow  gives the shadow price of campaigns, as shares of the largest reward
        """
        self._store = store
        self._shadow = shadow
        self._catalogs = catalogs
        self._clock = clock
        self._served: Mapping[str, Served] = {}
        self._refreshing = threading.Lock()
        self.catalog = Catalog()  # in use; the empty one before any was seen
        self.catalog_version = -1  # of the catalog in use; -1 before any was seen
        self.reached = float("-inf")  # when Redis last answered, seconds since 1970
        self.refused = 0  # models and changes not taken

    def policy(self, policy_id: str) -> Served | None:
        """What to decide with, or None for an unknown policy."""
        return self._served.get(policy_id)

    def policies(self) -> Mapping[str, Served]:
        return self._served

    def terms(self, policy_id: str) -> Terms | None:
        """What accepting an event needs of a policy, or None for an unknown one."""
        served = self._served.get(policy_id)
        return Terms(served.shelf.policy.horizon_s, served.shelf.policy.currency) if served else None

    def currency(self) -> str | None:
        """What the shop counts in, which is what the first policy does; None where there is none."""
        first = next(iter(self._served.values()), None)
        return first.shelf.policy.currency if first else None

    @property
    def ready(self) -> bool:
        """Whether a catalog was ever seen, be it empty."""
        return self.catalog_version >= 0

    def refresh(self) -> None:
        """Take what is new. Raises StoreAway, and then all stays as it is."""
        with self._refreshing:
            self._refresh()

    def _refresh(self) -> None:
        catalog = self._catalogs.current()
        served = dict(self._served)
        behind = any(one.shelf.version != catalog.version for one in served.values())
        if behind or catalog.version != self.catalog_version:
            served = {p.id: self._with_shelf(served.get(p.id), catalog, p) for p in catalog.policies}
        for policy_id, old in served.items():
            served[policy_id] = self._priced(self._with_changes(policy_id, old))
        self._served = served
        for policy_id, one in served.items():
            metrics.model_version.labels(policy_id).set(one.weights.version)
        self.catalog, self.catalog_version = catalog, catalog.version
        self.reached = self._clock()

    def _with_shelf(self, old: Served | None, catalog: Catalog, policy: Policy) -> Served:
        if old is None:
            return self._loaded(lay_out(catalog, policy))
        if old.shelf.policy.learning != policy.learning:
            made_for = self._store.snapshot_field(policy.id, "learning")
            waits = made_for is not None and made_for != msgspec.json.encode(policy.learning)
            return old if waits else self._loaded(lay_out(catalog, policy))  # a rebuild for the new one is under way
        if old.shelf.version == catalog.version:
            return old
        shelf, known = lay_out(catalog, policy), old.weights
        weights = weigh(known.table, known.version, shelf, known.centre, base=known.base, prices=self._prices(policy))
        return Served(shelf, Plan(shelf), weights, old.since, old.change)

    def _prices(self, policy: Policy) -> dict[str, float]:
        return {campaign: share * policy.reward.maximum for campaign, share in self._shadow().items()}

    def _priced(self, served: Served) -> Served:
        weights = with_prices(served.weights, served.shelf, self._prices(served.shelf.policy))
        return served if weights is served.weights else replace(served, weights=weights)

    def _with_changes(self, policy_id: str, served: Served) -> Served:
        news = self._store.changes(policy_id, served.change)
        if not news:
            return served
        table, version, centre = served.weights.table.copy(), served.weights.version, served.weights.centre
        for _, change in news:
            if not _sound(change, len(table)):
                self._refuse(policy_id, "a weight change is damaged")
                return self._again(served)
            if change.after <= version:
                continue
            if change.before != version:
                return self._again(served)
            table[np.frombuffer(change.indices, "<u4")] = np.frombuffer(change.values, "<f4")
            version, centre = change.after, Centre.from_bytes(change.centre)
            if zlib.crc32(table.data) != change.table:  # this is not the table that was changed
                return self._again(served)
        prices = self._prices(served.shelf.policy)
        weights = weigh(table, version, served.shelf, centre, base=served.weights.base, prices=prices)
        return replace(served, weights=weights, since=self._clock(), change=news[-1][0])

    def _again(self, served: Served) -> Served:
        """From the snapshot, unless that is older than what is at hand."""
        loaded = self._loaded(served.shelf, served.plan)
        if loaded.weights.version >= served.weights.version:
            return loaded
        return replace(served, change=loaded.change)

    def _loaded(self, shelf: Shelf, plan: Plan | None = None) -> Served:
        """From the snapshot; zero weights where there is none or it is refused."""
        policy: Policy = shelf.policy
        change = self._store.last_change(policy.id)  # before the snapshot, so that none falls between
        fields = self._store.snapshot(policy.id)
        table, version, centre = np.zeros(1 << policy.learning.bits, np.float32), 0, NOWHERE
        base = 0
        if fields:
            try:
                model, base = read_model(fields, policy.learning), read_base(fields)
                table, version, centre = model.weights().copy(), base + model.learned, model.centre()
            except SnapshotRefused as fault:
                self._refuse(policy.id, str(fault))
        weights = weigh(table, version, shelf, centre, base=base, prices=self._prices(policy))
        return Served(shelf, plan or Plan(shelf), weights, self._clock(), change if fields else START)

    def _refuse(self, policy_id: str, reason: str) -> None:
        self.refused += 1
        metrics.models_refused.inc()
        log.error("model_refused", policy=policy_id, reason=reason)


def crc(before: int, after: int, indices: bytes, values: bytes, centre: bytes, table: int) -> int:
    """Checksum of a weight change."""
    whole = zlib.crc32(f"{before} {after} {table}".encode())
    return zlib.crc32(centre, zlib.crc32(values, zlib.crc32(indices, whole)))


def _sound(change: WeightChange, size: int) -> bool:
    odd = len(change.indices) != len(change.values) or len(change.indices) % 4
    if odd or crc(*change[:-1]) != change.crc:
        return False
    try:
        Centre.from_bytes(change.centre)
    except Damaged:
        return False
    index, value = np.frombuffer(change.indices, "<u4"), np.frombuffer(change.values, "<f4")
    return bool(np.all(index < size) and np.all(np.isfinite(value)))
