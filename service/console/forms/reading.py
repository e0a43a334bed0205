"""A form's texts read back into a value, with every fault at its input.

What was not touched, and what the form has no input for, stays as it was stored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from bandit.errors import BadInput
from service.console.forms.documents import read as read_document
from service.console.forms.fields import MARK, Field
from service.console.forms.values import Texts, plain_default

MOST_ROWS = 500

_NUMBER = re.compile(r"[-+]?[0-9]{1,40}(?:\.[0-9]{0,40})?(?:[eE][-+]?[0-9]{1,3})?")
_WHOLE = re.compile(r"[-+]?[0-9]{1,18}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}")
_LEFT_OUT: Any = object()  # the field is not given, so its default holds


class Told(NamedTuple):
    """What is said at an input: a sentence of the words, or one of the checks' own."""

    code: str  # `fault.<code>` names the sentence
    values: Mapping[str, object] = {}


Faults = dict[str, Told]  # by name of the input; under "" what belongs to none


class Read(NamedTuple):
    value: dict[str, Any]
    faults: Faults


def settled(fields: Sequence[Field], given: Texts, at: str = "") -> dict[str, list[str]]:
    """The texts with the rows that are empty left out, and the others numbered from 0."""
    found = {name: [text.replace("\r\n", "\n") for text in shown] for name, shown in given.items()}
    for field in fields:
        name = at + field.name
        if field.kind == "group":
            found = settled(field.fields, found, name + ".")
        elif field.kind == "rows":
            found = _packed(field, found, name)
    return found


def _packed(field: Field, given: dict[str, list[str]], at: str) -> dict[str, list[str]]:
    begins = re.compile(re.escape(at) + r"\.([0-9]{1,4})\.(.*)", re.DOTALL)
    rows: dict[int, dict[str, list[str]]] = {}
    others: dict[str, list[str]] = {}
    for name, shown in given.items():
        match = begins.fullmatch(name)
        if match:
            rows.setdefault(int(match[1]), {})[match[2]] = shown
        else:
            others[name] = shown
    telling = {inner.name for inner in field.fields if inner.kind not in ("choice", "flag")}
    kept = [row for _, row in sorted(rows.items()) if any(_said(row, name) for name in telling or row)]
    packed = {f"{at}.{i}.{name}": shown for i, row in enumerate(kept[:MOST_ROWS]) for name, shown in row.items()}
    return others | packed


def _said(row: Mapping[str, list[str]], name: str) -> bool:
    return any(text.strip() for key, shown in row.items() if key.split(".")[0] == name for text in shown)


def read(fields: Sequence[Field], given: Texts, before: tuple[Texts, Mapping[str, Any]] | None = None) -> Read:
    """The plain value of a form, whole or not.

    given   settled texts
    before  the texts that were shown and the plain value they were shown of
    """
    faults: Faults = {}
    return Read(_group(fields, given, "", before, faults), faults)


def _group(
    fields: Sequence[Field], given: Texts, at: str, before: tuple[Texts, Mapping[str, Any]] | None, faults: Faults
) -> dict[str, Any]:
    names = {field.name for field in fields}
    value = {name: kept for name, kept in (before[1] if before else {}).items() if name not in names}
    for field in fields:
        name = at + field.name
        if before and field.name in before[1] and _under(name, given) == _under(name, before[0]):
            value[field.name] = before[1][field.name]
            continue
        inside = (before[0], before[1].get(field.name) or {}) if before and field.kind == "group" else None
        found = _field(field, given, name, inside, faults)
        if found is not _LEFT_OUT:
            value[field.name] = found
    return value


def _under(name: str, given: Texts) -> dict[str, list[str]]:
    return {
        key: list(shown)
        for key, shown in given.items()
        if (key in (name, name + MARK) or key.startswith(name + ".")) and any(shown)
    }


def _field(
    field: Field, given: Texts, name: str, before: tuple[Texts, Mapping[str, Any]] | None, faults: Faults
) -> Any:
    if field.boxed and not given.get(name + MARK):
        return None
    texts = given.get(name) or [""]
    match field.kind:
        case "group":
            value: Any = _group(field.fields, given, name + ".", before, faults)
            value = value if _faulty(name, faults) else _checked(field, value, name, faults)
        case "rows":
            rows = range(_rows(name, given))
            value = [_group(field.fields, given, f"{name}.{i}.", None, faults) for i in rows]
            value = value if _faulty(name, faults) else _checked(field, value, name, faults)
        case "money":
            value = _money(field, given, name, faults)
        case "several":
            value = _checked(field, list(given.get(name, ())), name, faults)
        case "flag":
            value = bool(texts[0])
        case "lines":
            value = _lines(field, texts, name, faults)
        case "document":
            value = _document(field, texts[0], name, faults)
        case _:
            value = _plain(field, texts[0], name, faults)
    return value


def _lines(field: Field, texts: Sequence[str], name: str, faults: Faults) -> Any:
    lines = [line.strip() for text in texts for line in text.split("\n") if line.strip()]
    return _checked(field, lines, name, faults) if lines or not field.filled else _blank(field, name, faults)


def _rows(name: str, given: Texts) -> int:
    found = re.compile(re.escape(name) + r"\.([0-9]{1,4})\.")
    return 1 + max((int(match[1]) for key in given if (match := found.match(key))), default=-1)


def _faulty(name: str, faults: Faults) -> bool:
    return any(key == name or key.startswith(name + ".") for key in faults)


def _plain(field: Field, text: str, name: str, faults: Faults) -> Any:
    """A value written as one text; a blank one is null, or the default."""
    if not text.strip() and (field.kind not in ("text", "long") or field.optional or field.required or field.default):
        return _blank(field, name, faults)
    value: Any = text
    if field.kind == "number" and _NUMBER.fullmatch(text.strip()):
        value = float(text)
    elif field.kind in ("whole", "mixed") and _WHOLE.fullmatch(text.strip()):
        value = int(text)
    elif field.kind == "moment" and _MOMENT.match(text):
        value = text + ("Z" if "T" in text and not re.search(r"(Z|[+-][0-9:]{5})\Z", text) else "")
        value = re.sub(r"(T[0-9]{2}:[0-9]{2})(?!:)", r"\1:00", value, count=1)
    return _checked(field, value, name, faults)


def _blank(field: Field, name: str, faults: Faults) -> Any:
    if field.required and not field.optional:
        faults[name] = Told("required")
    return None if field.optional else _LEFT_OUT


def _money(field: Field, given: Texts, name: str, faults: Faults) -> Any:
    value, currency = ((given.get(f"{name}.{part}") or [""])[0].strip() for part in ("value", "currency"))
    if not value:
        return _blank(field, f"{name}.value", faults)
    if not _NUMBER.fullmatch(value):
        faults[f"{name}.value"] = Told("number")
    elif not re.fullmatch(r"[A-Z]{3}", currency):
        faults[f"{name}.currency"] = Told("currency")
    else:
        return _checked(field, {"value": float(value), "currency": currency}, f"{name}.value", faults)
    return _LEFT_OUT


def _document(field: Field, text: str, name: str, faults: Faults) -> Any:
    try:
        value = read_document(text)
    except BadInput as fault:
        faults[name] = Told("other", {"detail": fault.detail})
        return _LEFT_OUT
    return plain_default(field) if value is None else _checked(field, value, name, faults)


def _checked(field: Field, value: Any, name: str, faults: Faults) -> Any:
    try:
        msgspec.convert({"value": value}, field.check)
    except (msgspec.ValidationError, RecursionError, OverflowError) as fault:
        faults[name] = _told(field, value, str(fault))
    return value


def _told(field: Field, value: Any, detail: str) -> Told:
    """What is wanted of a field, told as plainly as its bounds allow."""
    least, most = field.bounds
    if field.kind in ("whole", "number") and isinstance(value, str):
        return Told(field.kind)
    if field.kind in ("whole", "number") and least is not None and most is not None:
        return Told("above" if field.above else "between", {"least": _short(least), "most": _short(most)})
    if field.kind == "moment":
        return Told("moment")
    if isinstance(value, str) and field.longest is not None and len(value) > field.longest:
        return Told("longest", {"most": field.longest, "given": len(value)})
    if isinstance(value, str) and field.says:
        return Told("id" if field.says.startswith("letters") else "other", {"detail": field.says})
    return Told("other", {"detail": _where(detail)})


def _short(number: float) -> str:
    return f"{number:,.15g}"


def _where(detail: str) -> str:
    """A check's own sentence, with the place in front.

    >>> _where("Expected `int` >= 1 - at `$.value[0].hours`")
    '0/hours: Expected `int` >= 1'
    """
    found = re.fullmatch(r"(?P<says>.*?) - at `(key in )?\$\.value(?P<path>.*)`", detail, re.DOTALL)
    if not found:
        return detail
    path = re.sub(r"[.\[]", "/", found["path"]).replace("]", "").strip("/")
    return f"{path}: {found['says']}" if path else found["says"]
