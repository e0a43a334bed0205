"""A shop's own format, by a declaration of where in it what stands: no code, so that who knows the shop can write it.

Places are JSON pointers (RFC 6901) into one event; an empty one is the whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from bandit.config import Id
from bandit.errors import BadInput
from bandit.profiles.activity import Channel, Kind
from service.activity.mappings.told import Json, Mapped, Told, filled, lines, member, price, text, within

Pointer = Annotated[str, Meta(pattern=r"^(/([^~/]|~[01])*)*\Z", max_length=256, description="JSON pointer, RFC 6901")]
CurrencyAt = Annotated[str, Meta(pattern=r"^([A-Z]{3}|(/([^~/]|~[01])*)+)\Z", max_length=256)]


class KindAt(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    at: Pointer
    values: dict[str, Kind | Literal["identify"]]  # what stands there -> what it means; others are ignored


class ChannelAt(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    at: Pointer
    values: dict[str, Channel]
    otherwise: Channel = "web"


class LineAt(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the lines of a cart or an order stand; the other places are within one line."""

    at: Pointer
    product: Pointer
    category: Pointer | None = None
    brand: Pointer | None = None
    price: Pointer | None = None
    quantity: Pointer | None = None


class Declared(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One format."""

    type: KindAt | Kind
    id: Pointer
    events: Pointer = ""  # where in the body the events stand, one or a list of them
    user_key: Pointer | None = None
    anonymous_key: Pointer | None = None
    consent: Pointer | None = None  # true, false or missing, which is true
    product: Pointer | None = None
    category: Pointer | None = None
    brand: Pointer | None = None
    price: Pointer | None = None
    currency: CurrencyAt | None = None  # three letters, or where they stand
    quantity: Pointer | None = None
    query: Pointer | None = None
    text: Pointer | None = None
    rating: Pointer | None = None
    dwell_s: Pointer | None = None
    channel: ChannelAt | Channel = "web"
    occurred_at: Pointer | None = None
    time: Literal["rfc3339", "seconds", "milliseconds"] = "rfc3339"
    order: Pointer | None = None  # id of an order, of which the ids of its lines are made
    lines: LineAt | None = None

    def __post_init__(self) -> None:
        if self.user_key is None and self.anonymous_key is None:
            raise ValueError("a mapping says where user_key or anonymous_key stands, or both")


class Declarations(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    mappings: dict[Id, Any]  # a Declared each


Sound = TypeVar("Sound")

PLAIN = ("query", "text", "rating", "dwell_s")
OF_LINE = ("product", "category", "brand", "price", "quantity")
_AT = re.compile(r" - at (?:`key` in )?`\$(?P<path>.*)`\Z", re.DOTALL)


def declared(file: str) -> Mapping[str, Declared]:
    """The mappings of a setting; none where it names no file. Raises as `read`."""
    return read(Path(file)) if file else {}


def read(path: Path) -> Mapping[str, Declared]:
    """The mappings of a YAML file. Raises BadInput that says where in it what is wrong."""
    try:
        plain = msgspec.yaml.decode(path.read_bytes())
        named = _sound(plain, Declarations, "#").mappings
        return {name: _sound(one, Declared, f"#/mappings/{name}") for name, one in named.items()}
    except (OSError, msgspec.DecodeError, UnicodeError, RecursionError) as fault:
        raise BadInput("#/settings/activity_mapping", "unreadable", f"{path}: {fault}") from None


def _sound(plain: Any, kind: type[Sound], place: str) -> Sound:
    try:
        return msgspec.convert(plain, kind)
    except msgspec.ValidationError as fault:
        found = _AT.search(str(fault))
        inner = re.sub(r"[.\[]", "/", found["path"]).replace("]", "") if found else ""
        raise BadInput(f"{place}{inner}", "bound", _AT.sub("", str(fault))) from None


def mapped(body: Any, by: Declared) -> Mapped:
    """The activities of one body. Raises BadInput where its events are not where they should be."""
    found = at(body, by.events)
    events = within([found] if isinstance(found, dict) else found, f"#{by.events}")
    told: list[Told] = []
    ignored = 0
    for index, event in enumerate(events):
        some = list(_event(index, event, by))
        told += some
        ignored += not some
    return Mapped(tuple(told), ignored, len(events))


def at(value: Any, pointer: str | None) -> Any:
    """What a pointer leads to; None where it leads nowhere.

    >>> at({"a": [{"b/c": 7}]}, "/a/0/b~1c"), at({"a": 1}, "/b/c")
    (7, None)
    """
    if pointer is None:
        return None
    for part in pointer.split("/")[1:]:
        if isinstance(value, list):
            value = value[int(part)] if part.isdecimal() and len(part) < 9 and int(part) < len(value) else None
        else:
            value = member(value, part.replace("~1", "/").replace("~0", "~"))
    return value


def _event(index: int, event: Any, by: Declared) -> Iterator[Told]:
    kind = by.type.values.get(str(text(at(event, by.type.at)))) if isinstance(by.type, KindAt) else by.type
    if kind is None or at(event, by.consent) is False:
        return
    user = filled({"key": text(at(event, by.user_key)), "anonymous_key": text(at(event, by.anonymous_key))})
    shared = {
        "id": text(at(event, by.id)),
        "type": kind,
        "user": user,
        "channel": _channel(event, by.channel),
        "occurred_at": _time(at(event, by.occurred_at), by.time),
        **{name: at(event, getattr(by, name)) for name in PLAIN},
    }
    currency = at(event, by.currency) if by.currency and by.currency[0] == "/" else by.currency
    inner = at(event, by.lines.at) if by.lines else None
    each = [_line(one, by.lines, currency) for one in inner] if by.lines and isinstance(inner, list) else []
    order = at(event, by.order) if kind == "purchase" else None
    yield from lines(index, shared, each or [_line(event, by, currency)], order=order)


def _line(event: Any, by: LineAt | Declared, currency: Any) -> Json:
    fields = {name: at(event, getattr(by, name)) for name in OF_LINE}
    return {**fields, "product": text(fields["product"]), "price": price(fields["price"], currency)}


def _channel(event: Any, by: ChannelAt | Channel) -> Channel:
    return by.values.get(str(text(at(event, by.at))), by.otherwise) if isinstance(by, ChannelAt) else by


def _time(found: Any, unit: str) -> Any:
    if unit == "milliseconds" and isinstance(found, (int, float)) and not isinstance(found, bool):
        return found / 1000.0
    return found
