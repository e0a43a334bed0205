"""Activity: reduced to what may be kept, written to the outbox, and only then accepted.

Texts end here. What goes on is a keyed pseudonym, hashed words and a score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from bandit.errors import BadInput
from bandit.profiles.activity import LOG, Activity, ActivityEntry, Joined
from bandit.profiles.codec import encode
from bandit.profiles.words import hashed
from service import metrics
from service.accepting import AHEAD_S, OLDEST_S
from service.access.signing import Signer
from service.activity import sentiment
from service.activity.mappings.declared import Declared
from service.activity.mappings.told import NO_CURRENCY, Mapped
from service.outbox.room import Room
from service.outbox.shared import Outbox
from service.schemas import ActivityAnswer, ActivityMessage, Rejected

MOST_SCORED = 100  # texts of one call that are scored: a whole import of reviews would hold up decisions

_decoder = msgspec.json.Decoder(ActivityMessage)


class _Row(NamedTuple):
    key: str  # what may come only once
    entry: ActivityEntry
    told: bool  # whether it is what a message is about, and counts as accepted


class Collector:
    """Writes what users did, each id once."""

    def __init__(
        self,
        outbox: Outbox,
        signer: Signer,
        currency: Callable[[], str | None],
        room: Room | None = None,
        mappings: Mapping[str, Declared] | None = None,
        refused: Callable[[], frozenset[bytes]] = frozenset,
    ) -> None:
        """
        currency  the shop's; None while it is not known, and then any is taken
        mappings  declared formats by name
        refused   gives the pseudonyms of who wants nothing to be kept, under any of their names
        """
        self._outbox = outbox
        self._signer = signer
        self._currency = currency
        self._room = room or Room()
        self._refused = refused
        self.mappings = dict(mappings or {})

    def accept(self, messages: Iterable[tuple[int, bytes | msgspec.Raw]], now: float) -> ActivityAnswer:
        """Take in each message that is sound; say of the others what is wrong.

        messages  by number, JSON of one ActivityMessage each
        now       seconds since 1970

        Raises NotWritten, and then nothing was taken in.
        """
        return self._taken(messages, _decoder.decode, 0, now)

    def take(self, mapped: Mapped, now: float) -> ActivityAnswer:
        """Likewise of what a mapping has made of a body; what it passed over is ignored."""
        own = self._currency() or NO_CURRENCY
        return self._taken(mapped.told, lambda fields: _converted(fields, own), mapped.ignored, now)

    def _taken(
        self,
        given: Iterable[tuple[int, Any]],
        read: Callable[[Any], ActivityMessage],
        ignored: int,
        now: float,
    ) -> ActivityAnswer:
        sound: list[ActivityMessage] = []
        rejected: list[Rejected] = []
        own = self._currency()
        for number, one in given:
            try:
                message = read(one)
                _check(message, own, now)
            except BadInput as fault:
                rejected.append(Rejected(index=number, code=fault.code, detail=f"{fault.pointer}: {fault.detail}"))
            except (msgspec.MsgspecError, UnicodeError, RecursionError) as fault:
                rejected.append(Rejected(index=number, code="invalid", detail=str(fault)))
            else:
                sound.append(message)
        consented = [message for message in sound if message.user.consent.personalize and self._may_keep(message)]
        return self._written(consented, ignored + len(sound) - len(consented), tuple(rejected), now)

    def _written(
        self, messages: Sequence[ActivityMessage], ignored: int, rejected: tuple[Rejected, ...], now: float
    ) -> ActivityAnswer:
        rows = list(self._rows(messages, now))
        stored = [(LOG, now, encode(row.entry), row.key) for row in rows]
        new = self._room.written(lambda: self._outbox.append_new(stored)) if stored else []
        told = [is_new for row, is_new in zip(rows, new, strict=True) if row.told]
        counts = {
            "accepted": sum(told),
            "duplicate": len(told) - sum(told),
            "ignored": ignored + len(messages) - len(told),
            "rejected": len(rejected),
        }
        for fate, count in counts.items():
            metrics.activity.labels(fate).inc(count)
        return ActivityAnswer(
            accepted=counts["accepted"],
            duplicates=counts["duplicate"],
            ignored=counts["ignored"],
            rejected=rejected,
        )

    def _rows(self, messages: Iterable[ActivityMessage], now: float) -> Iterator[_Row]:
        joined: set[str] = set()
        unscored = 0
        for message in messages:
            user, alias = self._names(message)
            join, identify = f"j:{alias.hex()}:{user.hex()}", message.type == "identify"
            if alias != user and (identify or join not in joined):
                joined.add(join)
                yield _Row(join, Joined(join, alias, user, now), identify)
            if not identify:
                unscored += message.text is not None and message.rating is None
                yield _Row(f"a:{message.id}", _entry(message, user, now, score=unscored <= MOST_SCORED), True)

    def _may_keep(self, message: ActivityMessage) -> bool:
        """Whether nobody whom it names has refused."""
        refused = self._refused()
        return not refused or refused.isdisjoint(self._names(message))

    def _names(self, message: ActivityMessage) -> tuple[bytes, bytes]:
        """Pseudonym of the user, and of the other name of the same; twice the same where there is one only."""
        key, anonymous = message.user.key, message.user.anonymous_key
        user = self._signer.pseudonym(key or anonymous or "")
        return user, self._signer.pseudonym(anonymous) if key and anonymous else user


def _converted(fields: Any, own_currency: str) -> ActivityMessage:
    price = fields.get("price") if isinstance(fields, dict) else None
    if isinstance(price, dict) and price.get("currency") == NO_CURRENCY:
        fields = {**fields, "price": {**price, "currency": own_currency}}
    return msgspec.convert(fields, ActivityMessage, strict=False)


def _check(message: ActivityMessage, own_currency: str | None, now: float) -> None:
    """Raises BadInput for a time or a currency that cannot be."""
    if message.occurred_at and not now - OLDEST_S <= message.occurred_at.timestamp() <= now + AHEAD_S:
        raise BadInput("#/occurred_at", "bound", "an activity occurred within the last 400 days")
    if message.price and own_currency and message.price.currency != own_currency:
        raise BadInput("#/price/currency", "currency", f"this shop counts in {own_currency}")


def _entry(message: ActivityMessage, user: bytes, now: float, *, score: bool) -> Activity:
    """What is kept of a message.

    score  whether there is time to score its text
    """
    kind = message.type
    assert kind != "identify", "it says nothing of what was done"
    words = message.query if kind == "search" else message.text if kind == "review" else None
    feeling = None
    if kind == "review" and message.rating is not None:
        feeling = sentiment.of_rating(message.rating)
    elif kind == "review" and message.text and score:
        feeling = sentiment.of_text(message.text)
    return Activity(
        message.id,
        user,
        kind,
        now,
        message.occurred_at.timestamp() if message.occurred_at else now,
        message.channel,
        message.product,
        message.category,
        message.brand,
        message.price.value if message.price else 0.0,
        message.quantity,
        message.dwell_s or 0.0,
        hashed(words) if words else (),
        feeling,
    )
