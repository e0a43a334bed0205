"""What every mapping makes of what it was sent, and what they share in making it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from bandit.errors import BadInput

Json = dict[str, Any]

MOST = 500  # things told in one call
LONGEST_ID = 128
LONGEST_NAME, LONGEST_BRAND, LONGEST_QUERY, LONGEST_TEXT = 256, 64, 256, 10_000  # what is longer is cut
TO_CUT = {"category": LONGEST_NAME, "brand": LONGEST_BRAND, "query": LONGEST_QUERY, "text": LONGEST_TEXT}
NO_CURRENCY = "XXX"  # as ISO 4217 has it; the shop's own is meant


class Told(NamedTuple):
    """One activity, yet to be checked."""

    number: int  # of what it was made of, in what was sent, from 0
    fields: Any  # of a service.schemas.ActivityMessage; anything else is refused


class Mapped(NamedTuple):
    """A whole body."""

    told: tuple[Told, ...]
    ignored: int  # things sent that are no activity, or that nobody consented to
    sent: int  # things sent


def within(items: Any, pointer: str) -> list[Any]:
    """The things told in one call. Raises BadInput unless it is a list of 1 to MOST."""
    if not isinstance(items, list):
        raise BadInput(pointer, "type", "a list of what happened is wanted here")
    if not 1 <= len(items) <= MOST:
        raise BadInput(pointer, "bound", f"1 to {MOST} at once, not {len(items)}")
    return items


def member(value: Any, name: str) -> Any:
    """A member of an object; None of anything else."""
    return value.get(name) if isinstance(value, dict) else None


def text(value: Any) -> Any:
    """A number as the text it would be; other systems send ids as both.

    >>> text(7), text(7.0), text("7"), text(None)
    ('7', '7', '7', None)
    """
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def price(value: Any, currency: Any) -> Json | None:
    """An amount of money, in the shop's own currency where none is told."""
    if value is None or value == "":
        return None
    return {"value": value, "currency": NO_CURRENCY if currency is None else currency}


def filled(fields: Json) -> Json:
    """Fields that say something, with long texts cut: what a shop sends elsewhere anyway is not refused for length."""
    found = {name: value for name, value in fields.items() if value is not None and value != ""}
    for name, most in TO_CUT.items():
        if isinstance(value := found.get(name), str):
            found[name] = value.replace("\0", " ")[:most]
    return found


def line_id(order: str, product: str) -> str:
    """The id of one line of an order: the same whichever system tells of it, so that it counts once.

    >>> line_id("o-1", "p-2")
    'order:o-1:p-2'
    """
    made = f"order:{order}:{product}"
    if len(made) <= LONGEST_ID:
        return made
    return "order:" + hashlib.blake2b(made.encode(), digest_size=16).hexdigest()


def lines(number: int, shared: Json, each: Iterable[Json], *, order: Any = None) -> Iterator[Told]:
    """One activity for each product: several lines of one product are one.

    shared  fields of all of them; its `id` is what theirs are made of
    each    fields of each line
    order   its id, if this is an order: then it is what their ids are made of
    """
    found: dict[str, Json] = {}
    for line in each:
        product = str(line.get("product", ""))
        known = found.get(product)
        if known is None:
            found[product] = line
        else:
            known["quantity"] = _whole(known.get("quantity")) + _whole(line.get("quantity"))
    name = text(order)
    for product, line in found.items():
        fields = {**shared, **line}
        if isinstance(name, str) and name:
            fields["id"] = line_id(name, product)
        elif isinstance(shared.get("id"), str) and len(found) > 1:
            fields["id"] = line_id(shared["id"], product).removeprefix("order:")
        yield Told(number, filled(fields))


def _whole(value: Any) -> int:
    """A quantity of which another is added; 1 of what is none."""
    try:
        return max(1, min(int(value), 1_000_000))
    except (TypeError, ValueError, OverflowError):
        return 1
