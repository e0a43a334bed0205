"""One fault on a running service under load, and the oracle's judgement afterwards."""

from __future__ import annotations

import time
from typing import NamedTuple

import msgspec

from service.store.commands import Store, StoreAway
from tests.chaos import oracle
from tests.chaos.faults import Fault
from tests.chaos.load import POLICIES, Load
from tests.chaos.stage import Stage
from tests.running import Late, eventually

CAUGHT_UP_WITHIN_S = 45.0
SETTLED_WITHIN_S = 45.0
SECOND_LOOK_S = 2.0  # after a difference: a commit may have come between two reads


class Trial(msgspec.Struct, frozen=True):
    """What came of it."""

    fault: str
    group: str
    seed: int
    decisions: int  # asked for during it
    events: int
    unanswered: int  # requests whose connection died
    recovery_s: float | None  # from the heal until all accepted before it was learned, horizon included
    silence_s: float  # longest time without any answer, from the fault until then
    violations: list[str]


class _Before(NamedTuple):
    asks: int
    tells: int
    cut: int


def tried(stage: Stage, fault: Fault, seed: int, *, verify: bool = False) -> Trial:
    """Shop, break, heal, wait until all is closed, and judge.

    verify  ask `adbandit verify`, too, which judges all that the service has done since it was started
    """
    ledger, store = stage.ledger, Store(stage.direct_url)
    before = _Before(len(ledger.asks), len(ledger.tells), ledger.cut)
    found: list[str] = []
    recovery_s = None
    with Load(stage.service, ledger, seed, lull=stage.lull).running():
        time.sleep(stage.chance.uniform(0.5, 1.2))
        broken_at = time.monotonic()
        try:
            fault.break_it(stage)
        except Late as late:
            found.append(f"the fault itself was not to be had: {late}")
        healed_at = time.monotonic()
        waiting = {policy: ledger.accepted(policy) for policy in POLICIES}
        try:
            eventually(lambda: _learned(store, waiting), CAUGHT_UP_WITHIN_S, every_s=0.02)
            recovery_s = time.monotonic() - healed_at
        except Late:
            found.append(f"not all was learned {CAUGHT_UP_WITHIN_S} s after the heal")
        eventually(lambda: ledger.answers_at and ledger.answers_at[-1] > healed_at, CAUGHT_UP_WITHIN_S)
        silence_s = ledger.longest_silence_s(max(broken_at, stage.lulled_until), time.monotonic())
        time.sleep(0.2)
    found += judged(stage, store)
    if verify:
        found += stage.verified()
    store.close()
    return Trial(
        fault=fault.name,
        group=fault.group,
        seed=seed,
        decisions=len(ledger.asks) - before.asks,
        events=len(ledger.tells) - before.tells,
        unanswered=ledger.cut - before.cut,
        recovery_s=recovery_s,
        silence_s=silence_s,
        violations=found,
    )


def judged(stage: Stage, store: Store) -> list[str]:
    """The oracle's differences once all is closed; those that are still there at a second look."""
    late = []
    try:
        eventually(lambda: _settled(stage, store), SETTLED_WITHIN_S, every_s=0.1)
    except Late:
        late.append(f"not all was closed and archived within {SETTLED_WITHIN_S} s")
    found = _violations(stage, store)
    if found:
        time.sleep(SECOND_LOOK_S)
        found = _violations(stage, store)
    return late + found


def _learned(store: Store, waiting: dict[str, int]) -> bool:
    try:
        kept = {policy: store.snapshot_fields(policy, ("totals",)) for policy in waiting}
    except StoreAway:
        return False
    return all(kept[policy] and oracle.decided(kept[policy]["totals"]) >= count for policy, count in waiting.items())


def _settled(stage: Stage, store: Store) -> bool:
    try:
        return all(oracle.settled(store, stage.ledger, stage.bystander, policy) for policy in POLICIES)
    except StoreAway:
        return False


def _violations(stage: Stage, store: Store) -> list[str]:
    archive = stage.service.data / "archive"
    by_policy = oracle.policies(store)
    kept = {policy: oracle.seen(archive, store, by_policy[policy], stage.bystander) for policy in POLICIES}
    return oracle.violations(stage.ledger, kept)
