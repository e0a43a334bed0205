"""Tells workers what is left of each campaign's budget, and people how it stands: for the process that reads the logs.

What each policy's log says is kept by campaign, and a budget is spent by all policies together. Whoever publishes is
the only one, and publishes a log only once all of it that stood there when it began is taken in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Set

import msgspec

from bandit.catalog import Campaign, Catalog
from bandit.pacing.account import Account, closed, merged
from bandit.pacing.balance import Balance, balance
from bandit.pacing.shadow import next_price
from bandit.pacing.spending import Spending
from service.store.budgets import Budgets, Published, policies_of

EVERY_S = 1.0  # between publications of a campaign nothing happened to: its target moves on


class State(msgspec.Struct, frozen=True):
    """How a campaign stood when it was published."""

    at: float  # seconds since 1970
    shadow: float  # price, in shares of the largest reward
    balance: Balance


def state_of(stored: bytes | None) -> State | None:
    """What was published; None, too, for what another version of this may have written."""
    try:
        return msgspec.json.decode(stored, type=State) if stored else None
    except msgspec.MsgspecError:
        return None


class _Known(msgspec.Struct):
    """A campaign as this publisher left it."""

    accounts: dict[str, Account]  # by policy
    state: State | None
    written: dict[str, bytes]  # account of each policy, as it stands in Redis


class Publisher:
    """Of all policies of an installation."""

    def __init__(self, budgets: Budgets, catalog: Callable[[], Catalog]) -> None:
        """
        catalog  the one in force
        """
        self._budgets = budgets
        self._catalog = catalog
        self._known: dict[str, _Known] = {}
        self._traffic: dict[str, dict[int, int]] = {}  # by policy, see Spending

    def publish(self, policy: str, spending: Spending, until: float, now: float) -> None:
        """Write what a policy's log says. Absolute values: to do it again, or with less having changed, does no harm.

        until  all decisions of this policy that were accepted before this time are in `spending`, but for SETTLE_S
        now    seconds since 1970

        Raises StoreAway; whatever was written by then is right.
        """
        self._traffic[policy] = spending.traffic
        traffic = self._all_traffic()
        changed: dict[str, Published] = {}
        states: dict[str, State] = {}
        catalog = self._catalog()
        policies = {one.id for one in catalog.policies}
        for campaign in catalog.campaigns:
            if campaign.price is None:
                continue
            known = self._known_of(campaign.id)
            account = known.accounts[policy] = spending.accounts.get(campaign.id) or Account()
            stored = msgspec.msgpack.encode(account)
            due = known.state is None or not 0.0 <= now - known.state.at < EVERY_S
            if due or stored != known.written.get(policy):
                state = states[campaign.id] = _state(campaign, known, policies, traffic, now)
                written = Published(state.balance.left, state.shadow, stored, msgspec.json.encode(state))
                changed[campaign.id] = written
        # A clock that was ahead must not vouch for what is yet to come.
        self._budgets.publish(policy, min(until, now), changed)
        for campaign_id, state in states.items():
            known = self._known[campaign_id]
            known.state = state
            known.written[policy] = changed[campaign_id].account

    def _known_of(self, campaign: str) -> _Known:
        if campaign not in self._known:
            fields = self._budgets.accounts(campaign)
            stored = policies_of(fields)
            accounts = {policy: msgspec.msgpack.decode(one, type=Account) for policy, one in stored.items()}
            self._known[campaign] = _Known(accounts, state_of(fields.get("state")), {})
        return self._known[campaign]

    def _all_traffic(self) -> dict[int, int]:
        traffic: Counter[int] = Counter()
        for counts in self._traffic.values():
            traffic.update(counts)
        return traffic


def _state(campaign: Campaign, known: _Known, policies: Set[str], traffic: Mapping[int, int], now: float) -> State:
    # Nobody reads on in the log of a policy that is gone: what is open there would be held back for ever.
    accounts = [one if policy in policies else closed(one) for policy, one in known.accounts.items()]
    found = balance(campaign, merged(accounts), traffic, now)
    return State(now, _shadow(campaign, known.state, found, now), found)


def _shadow(campaign: Campaign, old: State | None, found: Balance, now: float) -> float:
    if campaign.budget is None or campaign.budget.pacing == "none":
        return 0.0
    before, elapsed_s = (old.shadow, now - old.at) if old else (0.0, 0.0)
    return next_price(before, found.expected, found.target, max(found.band, 1), elapsed_s)
