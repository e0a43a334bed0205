"""What one web worker may decide of each campaign with a budget, without asking anybody.

A worker holds a few ads of each, about as many as it decides in HOLD_S, and exchanges them with Redis in its refresh
thread: it tells what it has, and what it has used that the log does not hold yet, and is given more. What it could not
exchange for GIVE_UP_S it may not use any more, long before others are given it (LAPSE_S).
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from bandit.arrays import Flags
from bandit.catalog import Campaign, Catalog
from bandit.join import SETTLE_S
from service.store.budgets import Budgets, Given, Told
from service.store.connecting import TIMEOUT_S

HOLD_S = 0.3  # of demand, held
IDLE_S = 2.0  # between exchanges of a campaign of which nothing is used
SCARCE_S = 0.2  # the same where nothing is left
GIVE_UP_S = 3.0  # without an exchange, after which what is held is given up
LAPSE_S = 10.0  # after which others are given what a worker held that is not heard of
UNUSED_S = 1.0  # where little is left, ads that were not used for so long are offered to others
BUCKET_S = 0.01  # uses so near to each other are told from the log together
BUCKETS = 1_000  # of a campaign and policy
MOVED = 0.002  # of the largest reward: shadow prices that moved less are as they were


class _Row:
    """What is held of one campaign."""

    def __init__(self, place: int) -> None:
        self.place = place  # in the catalog
        self.held = 0  # ads; below 0 where one page showed more than were held
        self.used: dict[str, list[tuple[float, int]]] = {}  # policy -> (none is later, ads), oldest first
        self.taken = 0  # since the last exchange
        self.dry = False  # whether all that was held was used since the last exchange
        self.rate = 0.0  # ads a second
        self.due = 0.0  # when to exchange next, by `elapsed`
        self.at = 0.0  # last exchange, by `elapsed`
        self.last_used = 0.0  # when any was used last, by `elapsed`
        self.scarce = False


class Grants:
    """One thread refreshes, any may take."""

    def __init__(self, budgets: Budgets, worker: str, *, lapse_s: float = LAPSE_S) -> None:
        """
        worker  a name that no other process has or had
        """
        self._budgets = budgets
        self._worker = worker
        self._lapse_s = lapse_s
        self._lock = threading.Lock()
        self._rows: dict[str, _Row] = {}  # of campaigns with a budget
        # With the catalog version it is of: who asks of the one before must not get flags of other campaigns.
        self._exhausted: tuple[int, Flags] = -1, np.zeros(0, np.bool_)
        self._reached = 0.0  # when all due was exchanged last, by `elapsed`
        self.shadow: Mapping[str, float] = {}  # campaign -> price above 0, shares of the largest reward; replaced whole

    def exhausted(self, version: int, campaigns: Sequence[Campaign]) -> Flags:
        """bool[c], not to be kept: of which campaigns of a catalog version, in its order, nothing may be decided."""
        known, exhausted = self._exhausted
        if version == known:
            return exhausted
        rows = self._rows
        return np.array([_limited(one) and not _held(rows.get(one.id)) for one in campaigns], np.bool_)

    def take(self, policy: str, campaign: str | None, now: float) -> None:
        """Note that an ad was decided.

        now  the decision's time
        """
        if campaign is None or campaign not in self._rows:
            return
        with self._lock:
            row = self._rows.get(campaign)
            if row is None:  # its budget has gone this moment
                return
            row.held -= 1
            row.taken += 1
            _use(row.used.setdefault(policy, []), now)
            if row.held == 0:
                row.dry = self._exhausted[1][row.place] = True

    def refresh(self, catalog: Catalog, now: float, elapsed: float) -> None:
        """Exchange what is due, for the campaigns of the catalog in force; about every 0.1 s.

        Raises StoreAway. What is held is given up in time, if this is called at all.
        """
        if catalog.version != self._exhausted[0]:
            self._follow(catalog)
        # The exchange may take as long as an answer is waited for.
        if elapsed - self._reached > GIVE_UP_S - TIMEOUT_S:
            self._give_up()
        due = {campaign: row for campaign, row in self._rows.items() if row.taken or row.due <= elapsed}
        with self._lock:
            told = {campaign: _told(row, elapsed) for campaign, row in due.items()}
            self._flag(due.values())
        given, until = (
            self._budgets.exchange(self._worker, told, lapse_s=self._lapse_s, settle_s=SETTLE_S) if told else ({}, {})
        )
        with self._lock:
            for campaign, row in due.items():
                _take_in(row, given[campaign], until, elapsed)
            self._flag(due.values())
        self._reached = elapsed
        self._price({campaign: one.shadow for campaign, one in given.items()})

    def _follow(self, catalog: Catalog) -> None:
        """Go over to another catalog; what is held stays, what has no budget or no policy any more is forgotten."""
        policies = {policy.id for policy in catalog.policies}
        with self._lock:
            rows: dict[str, _Row] = {}
            for place, campaign in enumerate(catalog.campaigns):
                if _limited(campaign):
                    row = rows[campaign.id] = self._rows.get(campaign.id) or _Row(place)
                    row.place, row.due = place, 0.0
                    # Nobody reads the log of a policy that is gone, so it would never be said to hold these.
                    row.used = {policy: used for policy, used in row.used.items() if policy in policies}
            exhausted = np.zeros(len(catalog.campaigns), np.bool_)
            for row in rows.values():
                exhausted[row.place] = row.held <= 0
            self._rows, self._exhausted = rows, (catalog.version, exhausted)
        self._price({})

    def _give_up(self) -> None:
        with self._lock:
            for row in self._rows.values():
                row.held = min(row.held, 0)
                row.due = 0.0
            self._flag(self._rows.values())

    def _flag(self, rows: Iterable[_Row]) -> None:
        _, exhausted = self._exhausted
        for row in rows:
            exhausted[row.place] = row.held <= 0

    def _price(self, new: Mapping[str, float]) -> None:
        prices = {campaign: price for campaign, price in self.shadow.items() if campaign in self._rows}
        for campaign, price in new.items():
            old = prices.get(campaign, 0.0)
            if abs(price - old) >= MOVED or (not price and old):
                prices[campaign] = price
        prices = {campaign: price for campaign, price in prices.items() if price}
        if prices != self.shadow:
            self.shadow = prices


def _limited(campaign: Campaign) -> bool:
    """Whether anything of it must be held to decide it."""
    return campaign.budget is not None and campaign.price is not None and campaign.price.amount.value > 0.0


def _held(row: _Row | None) -> bool:
    return row is not None and row.held > 0


def _use(used: list[tuple[float, int]], now: float) -> None:
    if used and 0.0 <= used[-1][0] - now <= BUCKET_S:
        used[-1] = (used[-1][0], used[-1][1] + 1)
        return
    used.append((now + BUCKET_S, 1))
    if len(used) > BUCKETS:  # the log is far behind
        used[:] = [(max(at for at, _ in used), sum(ads for _, ads in used))]


def _told(row: _Row, elapsed: float) -> Told:
    """What to tell of a row. What is too much for this worker, or of use to others, it holds no more."""
    over_s = max(elapsed - row.at, 0.02)
    rate = row.taken / over_s
    # All that was held was used: how much more there was to decide is not known.
    row.rate = max(row.rate, 2.0 * rate) if row.dry else 0.5 * (row.rate + rate)
    if row.taken:
        row.last_used = elapsed
    enough = max(1, math.ceil(HOLD_S * row.rate))
    if row.scarce and row.held > 0 and elapsed - row.last_used > UNUSED_S:
        row.last_used = elapsed
        row.held = enough = 0
    row.held = min(row.held, 2 * enough)
    row.taken, row.dry = 0, False
    used = {
        policy: (sum(ads for _, ads in buckets), max(at for at, _ in buckets))
        for policy, buckets in row.used.items()
        if buckets
    }
    return Told(max(row.held, 0), max(enough - max(row.held, 0), 0), used)


def _take_in(row: _Row, given: Given, until: Mapping[str, float], elapsed: float) -> None:
    row.held += given.ads
    for policy, buckets in row.used.items():
        upto = until.get(policy, 0.0) - SETTLE_S
        row.used[policy] = [bucket for bucket in buckets if bucket[0] > upto]
    row.scarce = given.available <= 0
    if given.available < 0:  # more is out than there is
        row.held = min(row.held, 0)
    row.at = elapsed
    waiting = any(row.used.values())
    row.due = elapsed + (0.0 if waiting else SCARCE_S if row.held <= 0 else IDLE_S)
