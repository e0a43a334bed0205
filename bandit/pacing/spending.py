"""What campaigns spend, as a fold over what happened to their ads in one log.

An ad is billed once, at the price its campaign had when it was decided: at its first impression, click or purchase,
whichever is paid for. From its decision until then, or until its horizon has passed, it is open, and money is held back
for it (`bandit.pacing.reserve`). What is paid for after that is billed nevertheless.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from bandit.catalog import Campaign
from bandit.errors import Damaged
from bandit.happenings import Happened
from bandit.pacing.account import Account, Terms, terms_of
from bandit.pacing.budget import Per
from bandit.pacing.zones import Day, day_of

HOUR_S = 3600
HOURS_KEPT = 8 * 24  # of traffic: what pacing learns from
PAID_KEPT = 100_000  # ads with a purchase that was paid for: another of the same ad is not
TERMS_KEPT = 10_000  # of campaigns in catalog versions, so as not to look them up again
KEY = 17  # bytes that name an ad: its decision's id and its slot

CampaignAt = Callable[[int, str], Campaign | None]

BILLABLE: Mapping[Per, str] = {"mille": "impression", "click": "click", "action": "purchase"}
_COUNTED = {"impression": "impressions", "click": "clicks", "purchase": "purchases"}


class _Stored(msgspec.Struct, array_like=True):
    accounts: dict[str, Account]
    traffic: dict[int, int]
    open: bytes  # keys of open ads
    billed: bytes  # of those billed before their horizon has passed
    paid: bytes


class Spending:
    """All campaigns with a price, in one policy's log. Give it each `Happened` once, in log order."""

    def __init__(self, campaign_at: CampaignAt) -> None:
        """
        campaign_at  (catalog version, id) -> the campaign as it was then
        """
        self._campaign_at = campaign_at
        self._terms: dict[tuple[int, str], tuple[Terms | None, str]] = {}
        self._open: dict[bytes, bool] = {}  # ad -> whether it is billed
        self._paid: dict[bytes, None] = {}  # oldest first
        self.accounts: dict[str, Account] = {}
        self.traffic: dict[int, int] = {}  # hour since 1970 -> ads decided, of all campaigns and of none

    def step(self, happened: Happened) -> None:
        """Take in what happened next."""
        if happened.kind == "decided":
            self._count(happened.decided)
        if happened.campaign is None:
            return
        terms, zone = self._agreed(happened.version, happened.campaign)
        if terms is None:
            return
        account = self.accounts.get(happened.campaign)
        if account is None:
            account = self.accounts[happened.campaign] = Account()
        day = day_of(happened.decided, zone)
        if happened.kind == "decided":
            self._decided(happened, account, day, terms)
        elif happened.kind == "expired":
            self._expired(happened, account, day, terms)
        else:
            self._heard(happened, account, day, terms)

    def recall(self, happened: Happened) -> None:
        """Take in again what `step` had, for what `sums_to_bytes` leaves out: which ads are open."""
        if happened.campaign is None:
            return
        terms, _ = self._agreed(happened.version, happened.campaign)
        if terms is None:
            return
        key = _key(happened)
        if happened.kind == "decided":
            self._open[key] = False
        elif happened.kind == "expired":
            if self._open.pop(key, False):
                self._pay(happened, terms)
        elif happened.kind == BILLABLE[terms.per]:
            if key in self._open:
                self._open[key] = True
            else:
                self._pay(happened, terms)

    def sums_to_bytes(self) -> bytes:
        """A few hundred bytes a campaign, however many ads are open: those are to be recalled after `from_bytes`."""
        return msgspec.msgpack.encode(_Stored(self.accounts, self.traffic, b"", b"", b""))

    def to_bytes(self) -> bytes:
        """All of it, 17 bytes an open ad included; equal histories give equal bytes."""
        keys = {mark: b"".join(key for key, billed in self._open.items() if billed is mark) for mark in (False, True)}
        stored = _Stored(self.accounts, self.traffic, keys[False], keys[True], b"".join(self._paid))
        return msgspec.msgpack.encode(stored)

    @classmethod
    def from_bytes(cls, stored: bytes, campaign_at: CampaignAt) -> Spending:
        """Raises Damaged for what neither `to_bytes` nor `sums_to_bytes` wrote."""
        try:
            found = msgspec.msgpack.decode(stored, type=_Stored)
        except (msgspec.MsgspecError, RecursionError, ValueError) as fault:
            raise Damaged(f"these are no accounts: {fault}") from None
        spending = cls(campaign_at)
        spending.accounts, spending.traffic = found.accounts, found.traffic
        spending._open = dict.fromkeys(_keys(found.open), False) | dict.fromkeys(_keys(found.billed), True)
        spending._paid = dict.fromkeys(_keys(found.paid))
        return spending

    def _agreed(self, version: int, campaign: str) -> tuple[Terms | None, str]:
        found = self._terms.get((version, campaign))
        if found is None:
            if len(self._terms) >= TERMS_KEPT:
                self._terms.clear()
            known = self._campaign_at(version, campaign)
            terms = terms_of(known.price) if known and known.price else None
            zone = known.budget.zone if known and known.budget else "UTC"
            found = self._terms[version, campaign] = terms, zone
        return found

    def _count(self, decided: float) -> None:
        hour = int(decided // HOUR_S)
        if hour not in self.traffic:
            last = max((*self.traffic, hour)) - HOURS_KEPT
            self.traffic = {at: count for at, count in (*self.traffic.items(), (hour, 0)) if at > last}
        if hour in self.traffic:
            self.traffic[hour] += 1

    def _decided(self, happened: Happened, account: Account, day: Day, terms: Terms) -> None:
        lot = account.day(day).lot(terms)
        lot.decided += 1
        lot.open += 1
        minute = int(happened.decided // 60)
        account.young[minute] = account.young.get(minute, 0) + 1
        self._open[_key(happened)] = False

    def _expired(self, happened: Happened, account: Account, day: Day, terms: Terms) -> None:
        billed = self._open.pop(_key(happened), None)
        if billed is None:
            return
        lot = account.day(day).lot(terms)
        lot.resolved += 1
        if billed:
            lot.used += 1
            self._pay(happened, terms)
        else:
            _close(account, happened, lot.terms, day)

    def _heard(self, happened: Happened, account: Account, day: Day, terms: Terms) -> None:
        counts = account.day(day)
        if name := _COUNTED.get(happened.kind):
            setattr(counts, name, getattr(counts, name) + 1)
        key = _key(happened)
        billed = self._open.get(key)
        if happened.kind != BILLABLE[terms.per] or billed or key in self._paid:
            return
        counts.lot(terms).billed += 1
        if billed is None:  # it was not held back for any more
            self._pay(happened, terms)
            return
        self._open[key] = True
        account.waited_ms += max(0, round(1000 * (happened.time - happened.decided)))
        account.waits += 1
        _close(account, happened, terms, day)

    def _pay(self, happened: Happened, terms: Terms) -> None:
        """Remember a paid action: of what else is paid for, only the first of an ad is ever told."""
        if terms.per == "action":
            self._paid[_key(happened)] = None
            if len(self._paid) > PAID_KEPT:
                del self._paid[next(iter(self._paid))]


def _close(account: Account, happened: Happened, terms: Terms, day: Day) -> None:
    """Hold nothing back for an ad any more."""
    account.day(day).lot(terms).open -= 1
    minute = int(happened.decided // 60)
    account.young[minute] -= 1
    if not account.young[minute]:
        del account.young[minute]


def _key(happened: Happened) -> bytes:
    return happened.decision + bytes((happened.slot,))


def _keys(stored: bytes) -> list[bytes]:
    return [stored[at : at + KEY] for at in range(0, len(stored) - len(stored) % KEY, KEY)]
