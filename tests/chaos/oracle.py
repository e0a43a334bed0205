"""Judges a service by what it said to its shoppers, and by what then stands in archive, totals and model.

Each claim gives what contradicts it, the first few with ids. An answer that never came binds nobody: what was asked
then may be in or not, but not twice.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from bandit.archive.files import read_events, read_outcomes
from bandit.codec import decode
from bandit.config import Policy
from bandit.fold import Checkpoint
from bandit.join import order
from bandit.records import ARMS, Event
from bandit.totals import Totals
from service.catalogs import Catalogs
from service.store.commands import Store
from tests.chaos.ledger import Ask, Ledger, Tell
from tests.chaos.load import HORIZON_S
from tests.chaos.reread import Bystander

SHOWN = 3  # of one kind of difference
FOLDED = ("model", "totals", "learned", "cursor", "counts")  # of a snapshot: what a fold makes of the log alone

Row = dict[str, Any]


class Seen(NamedTuple):
    """What a service has kept of one policy."""

    snapshot: dict[str, bytes]
    slots: list[Row]  # of archived decisions
    events: list[Row]  # archived
    fresh: dict[str, bytes]  # the snapshot of an undisturbed fold over the log


def seen(archive: Path, store: Store, policy: Policy, bystander: Bystander) -> Seen:
    """Read it all. Raises StoreAway."""
    kept = store.snapshot(policy.id)
    bystander.catch_up()
    fresh = bystander.folded(policy, kept["read"].decode())
    slots, events = read_outcomes(archive, policy.id), read_events(archive, policy.id)
    return Seen(kept, slots.to_dicts(), events.to_dicts(), fresh)


def settled(store: Store, ledger: Ledger, bystander: Bystander, policy: str) -> bool:
    """Whether all that was accepted is closed, learned and archived. Raises StoreAway."""
    kept = store.snapshot_fields(policy, ("manifest", "totals", "checkpoint", "cursor", "read"))
    if len(kept) < 5 or msgspec.json.decode(kept["manifest"])["open"]:
        return False
    checkpoint = msgspec.msgpack.decode(kept["checkpoint"], type=Checkpoint)
    bystander.catch_up()
    events = (entry for entry in reversed(bystander.logs[policy]) if isinstance(decode(entry.stored), Event))
    newest_event = next((entry.position for entry in events), "0-0")
    archived = checkpoint.cursor == kept["cursor"].decode() and order(checkpoint.read) >= order(newest_event)
    return archived and decided(kept["totals"]) >= ledger.accepted(policy)


def decided(totals: bytes) -> int:
    """Decisions counted, of all arms."""
    return sum(int(Totals.from_bytes(totals).arm(arm)["decisions"]) for arm in range(len(ARMS)))


def violations(ledger: Ledger, policies: dict[str, Seen]) -> list[str]:
    """All that contradicts a promise; none is wanted."""
    found = [*ledger.contradictions]
    for policy, one in policies.items():
        asks = [ask for ask in ledger.asks.values() if ask.policy == policy]
        tells = [told for told in ledger.tells.values() if ledger.asks[told.ask].policy == policy]
        claims = (
            decisions_once(asks, one.slots),
            events_once(tells, one.events),
            rewards_right(ledger, one.slots, one.events),
            learned_once(one),
            folded_alike(one),
        )
        found += [f"{policy}: {difference}" for claim in claims for difference in claim]
    return found


def decisions_once(asks: Iterable[Ask], slots: Iterable[Row]) -> Iterator[str]:
    """Each accepted decision is archived, no request has two, and nothing is there that nobody asked for."""
    by_ask: dict[str, set[str]] = defaultdict(set)
    for row in slots:
        by_ask[json.loads(row["context"])["ask"]].add(row["decision"])
    copies = Counter((row["decision"], row["slot"]) for row in slots)
    known = {ask.name: ask for ask in asks}
    accepted = [ask for ask in known.values() if ask.decision]
    yield from _some("accepted decision not archived", (a.decision for a in accepted if a.name not in by_ask))
    yield from _some("archived twice", (key for key, count in copies.items() if count > 1))
    yield from _some("request with two decisions", ((n, ids) for n, ids in by_ask.items() if len(ids) > 1))
    yield from _some("archived, never asked for", (n for n in by_ask if n not in known))
    yield from _some(
        "archived under another id than answered",
        (a.decision for a in accepted if a.name in by_ask and a.decision not in by_ask[a.name]),
    )
    wanted = Counter({a.decision: a.slots for a in accepted})
    got = Counter(row["decision"] for row in slots)
    yield from _some("slots lost", (d for d, count in wanted.items() if got[d] and got[d] < count))


def events_once(tells: Iterable[Tell], events: Iterable[Row]) -> Iterator[str]:
    """Each accepted event is archived, none twice, none that nobody sent."""
    copies = Counter(row["id"] for row in events)
    known = {told.id: told for told in tells}
    accepted = (told.id for told in known.values() if told.accepted_at < float("inf"))
    yield from _some("accepted event not archived", (id_ for id_ in accepted if id_ not in copies))
    yield from _some("event archived twice", (id_ for id_, count in copies.items() if count > 1))
    yield from _some("event archived, never sent", (id_ for id_ in copies if id_ not in known))


def rewards_right(ledger: Ledger, slots: Iterable[Row], events: Iterable[Row]) -> Iterator[str]:
    """What was answered within the horizon counts, what was accepted after it does not, and the reward says so."""
    told_at = {row["id"]: row["time"].timestamp() for row in events}
    by_slot: dict[tuple[str, int], list[Tell]] = defaultdict(list)
    for told in ledger.tells.values():
        by_slot[told.ask, told.slot].append(told)
    for row in slots:
        ask = ledger.asks.get(json.loads(row["context"])["ask"])
        if ask is None:
            continue
        ends = row["time"].timestamp() + HORIZON_S
        tells = by_slot[ask.name, row["slot"]]
        used = {event[0] for event in json.loads(row["events"] or "[]")}
        in_time = {t.id for t in tells if t.id in told_at and told_at[t.id] <= ends + 1e-5}
        surely = {t.id for t in tells if t.id in in_time and t.accepted_at <= ask.sent_at + HORIZON_S}
        where = f"decision {row['decision']} slot {row['slot']}"
        if surely - used:
            yield f"{where}: accepted in time, not counted: {sorted(surely - used)[:SHOWN]}"
        if used - in_time:
            yield f"{where}: counted, but late or unknown: {sorted(used - in_time)[:SHOWN]}"
        wanted = reward(ask.policy, [t for t in tells if t.id in used])
        if abs(row["reward"] - wanted) > 1e-9:
            yield f"{where}: reward {row['reward']}, by its events {wanted}"


def reward(policy: str, tells: Iterable[Tell]) -> float:
    """What the formula of the catalog in `load` says, written down a second time."""
    kinds = Counter(told.kind for told in tells)
    if policy == "home":
        return 1.0 if kinds["click"] else 0.0
    bought = sum(0.01 * told.value for told in tells if told.kind == "purchase")
    return min((0.25 if kinds["click"] else 0.0) + bought, 1.0)


def learned_once(one: Seen) -> Iterator[str]:
    """The model has learned what the archive holds, and the totals count it."""
    trainable = sum(row["trainable"] for row in one.slots)
    learned = int(one.snapshot["learned"])
    if learned != trainable:
        yield f"{learned} outcomes learned, {trainable} trainable ones archived"
    counted, archived = decided(one.snapshot["totals"]), len({row["decision"] for row in one.slots})
    if counted != archived:
        yield f"{counted} decisions counted, {archived} archived"
    damaged = json.loads(one.snapshot["counts"])["damaged"]
    if damaged:
        yield f"{damaged} entries set aside"


def folded_alike(one: Seen) -> Iterator[str]:
    """The snapshot is, to the byte, what an undisturbed fold over the log makes."""
    for field in FOLDED:
        kept, fresh = one.snapshot[field], one.fresh[field]
        if kept != fresh:
            at = next((i for i, (a, b) in enumerate(zip(kept, fresh, strict=False)) if a != b), -1)
            shown = f"{kept!r}, folded anew {fresh!r}" if len(kept) < 200 else f"differs from byte {at}"
            yield f"snapshot field {field}: {shown}"


def policies(store: Store) -> dict[str, Policy]:
    """Of the catalog in force, by id."""
    return {policy.id: policy for policy in Catalogs(store).current().policies}


def _some(what: str, cases: Iterable[object]) -> Iterator[str]:
    """One line for the first few cases of a kind and the number of all."""
    listed = iter(cases)
    first = list(islice(listed, SHOWN))
    if first:
        yield f"{what}: {first} ({len(first) + sum(1 for _ in listed)} in all)"
