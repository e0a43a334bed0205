"""What the inputs show of a value: texts by the name of the input, `price.amount.value` or `caps.0.hours`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import msgspec

from service.console.forms.documents import written
from service.console.forms.fields import MARK, Field

Texts = Mapping[str, Sequence[str]]  # as a form sends them


def texts(fields: Sequence[Field], value: Mapping[str, Any], at: str = "") -> dict[str, list[str]]:
    """All texts of a value that `msgspec.to_builtins` made plain. What is not in it shows its default."""
    found: dict[str, list[str]] = {}
    for field in fields:
        found |= _texts(field, value.get(field.name, plain_default(field)), at + field.name)
    return found


def plain_default(field: Field) -> Any:
    """What a field holds that nobody set."""
    return msgspec.to_builtins(field.default)


def _texts(field: Field, value: Any, at: str) -> dict[str, list[str]]:
    if field.boxed and value is None:
        return {}
    shown = {at: [_text(value)]}
    match field.kind:
        case "group":
            shown = texts(field.fields, value or {}, at + ".")
        case "rows":
            rows = [texts(field.fields, row, f"{at}.{i}.") for i, row in enumerate(value or ())]
            shown = {name: told for row in rows for name, told in row.items()}
        case "money":
            shown = {f"{at}.{part}": [_text((value or {}).get(part))] for part in ("value", "currency")}
        case "several":
            shown = {at: list(value or ())}
        case "flag":
            shown = {at: ["on"]} if value else {}
        case "lines":
            shown = {at: ["\n".join([value] if isinstance(value, str) else value or ())]}
        case "moment":
            shown = {at: [_moment(value)]}
        case "document":
            shown = {at: [written(value)]}
    return shown | ({at + MARK: ["on"]} if field.boxed else {})


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return "" if value is None else str(value)


def _moment(value: str | None) -> str:
    """A time as the browser's input for dates wants it, in UTC.

    >>> _moment("2026-06-01T02:00:00+02:00")
    '2026-06-01T00:00:00'
    """
    if not value:
        return ""
    with suppress(OverflowError):  # the first and the last day of all have no time in UTC
        value = datetime.fromisoformat(value).astimezone(UTC).isoformat(timespec="seconds")
    return value[:19]
