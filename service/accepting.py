"""Events: checked by their signed decision id, written to the outbox, and only then accepted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from bandit.codec import encode
from bandit.errors import BadInput, Forged
from bandit.records import Event, EventType
from service import metrics
from service.access.signing import DecisionRef, Signer, Token, Tracked
from service.outbox.room import Room
from service.outbox.shared import Outbox
from service.schemas import EventMessage, EventsAnswer, Rejected, RewardRequest

OLDEST_S = 400 * 86_400.0  # how long ago an event may have occurred
AHEAD_S = 86_400.0  # how far a sender's clock may be ahead

UNLOGGED = "not-logged"  # code of an event whose decision could not be written down

PolicyTerms = Callable[[str], "Terms | None"]


class Terms(NamedTuple):
    """What accepting an event needs to know of its policy."""

    horizon_s: float
    currency: str


class _Accepted(NamedTuple):
    policy: str
    event: Event
    late: bool


class _Unlogged(BadInput):
    """The decision was never written down, so nothing that is told of it can be learned."""

    def __init__(self) -> None:
        super().__init__("#/decision_id", UNLOGGED, "there was no room to write this decision down")


class Acceptor:
    """Writes events of known decisions, each id once."""

    def __init__(self, outbox: Outbox, signer: Signer, terms: PolicyTerms, room: Room | None = None) -> None:
        self._outbox = outbox
        self._room = room or Room()
        self._signer = signer
        self._terms = terms

    def accept(self, messages: Sequence[msgspec.Raw], now: float) -> EventsAnswer:
        """Take in each message that is sound; say of the others what is wrong.

        messages  JSON of one EventMessage each
        now       seconds since 1970

        Raises NotWritten, and then nothing was taken in.
        """
        sound: list[_Accepted] = []
        rejected: list[Rejected] = []
        for index, message in enumerate(messages):
            try:
                sound.append(self._read(msgspec.json.decode(message, type=EventMessage), now))
            except Forged as fault:
                rejected.append(Rejected(index=index, code="unknown-decision", detail=str(fault)))
            except BadInput as fault:
                rejected.append(_rejected(index, fault))
            except (msgspec.MsgspecError, UnicodeError, RecursionError) as fault:
                rejected.append(Rejected(index=index, code="invalid", detail=str(fault)))
        return self._write(sound, tuple(rejected))

    def reward(self, message: RewardRequest, now: float) -> EventsAnswer:
        """Take in a reward that the caller has computed. Raises Forged, BadInput or NotWritten."""
        ref = self._signer.read_decision_id(message.decision_id)
        if not ref.logged:
            return self._write([], (_rejected(0, _Unlogged()),))
        event = Event(message.event_id, ref.raw, message.slot, "reward", now, now, message.value)
        return self._write([self._checked(ref, event, now)], ())

    def track(self, kind: Tracked, token: Token, now: float) -> EventsAnswer:
        """Take in what a followed link says; following it again changes nothing. Raises NotWritten."""
        if not DecisionRef(token.policy, token.raw, 0).logged:
            return self._write([], (_rejected(0, _Unlogged()),))
        identifier = f"{kind}:{token.raw.hex()}:{token.slot}"
        event = Event(identifier, token.raw, token.slot, kind, now, now, 0.0)
        ref = DecisionRef(token.policy, token.raw, token.slot + 1)
        return self._write([self._checked(ref, event, now)], ())

    def _read(self, message: EventMessage, now: float) -> _Accepted:
        ref = self._signer.read_decision_id(message.decision_id)
        if not ref.logged:
            raise _Unlogged
        kind: EventType = message.type
        occurred = message.occurred_at.timestamp() if message.occurred_at else now
        if not now - OLDEST_S <= occurred <= now + AHEAD_S:
            raise BadInput("#/occurred_at", "bound", "an event occurred within the last 400 days")
        value = message.value.value if message.value else 0.0
        terms = self._terms(ref.policy)
        if message.value and terms and message.value.currency != terms.currency:
            raise BadInput("#/value/currency", "currency", f"policy {ref.policy!r} counts in {terms.currency}")
        return self._checked(ref, Event(message.id, ref.raw, message.slot, kind, now, occurred, value), now)

    def _checked(self, ref: DecisionRef, event: Event, now: float) -> _Accepted:
        if event.slot >= ref.slots:
            raise BadInput("#/slot", "bound", f"slot is {event.slot}; this decision has {ref.slots}")
        terms = self._terms(ref.policy)
        return _Accepted(ref.policy, event, terms is None or now > ref.time + terms.horizon_s)

    def _write(self, sound: Sequence[_Accepted], rejected: tuple[Rejected, ...]) -> EventsAnswer:
        rows = [(one.policy, one.event.time, encode(one.event), f"e:{one.policy}:{one.event.id}") for one in sound]
        new = self._room.written(lambda: self._outbox.append_new(rows)) if rows else []
        unlogged = sum(one.code == UNLOGGED for one in rejected)
        for fate, count in (
            ("accepted", sum(new)),
            ("duplicate", len(new) - sum(new)),
            ("unlogged", unlogged),
            ("rejected", len(rejected) - unlogged),
        ):
            metrics.events.labels(fate).inc(count)
        return EventsAnswer(
            accepted=sum(new),
            duplicates=len(new) - sum(new),
            late=any(one.late for one in sound),
            rejected=rejected,
        )


def _rejected(index: int, fault: BadInput) -> Rejected:
    return Rejected(index=index, code=fault.code, detail=f"{fault.pointer}: {fault.detail}")
