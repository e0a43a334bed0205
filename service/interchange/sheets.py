"""One kind of the catalog as a table: texts as they are, what has parts as JSON; an empty cell is as if not said."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import inspect

from bandit.errors import BadInput
from service.interchange.items import TYPES, Given, Item, plain

_TEXTS = (inspect.StrType, inspect.DateTimeType, inspect.LiteralType)


def write(kind: str, items: Iterable[Item]) -> str:
    """The table of a kind."""
    columns = TYPES[kind].__struct_encode_fields__
    texts = _texts(kind)
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet, lineterminator="\n")
    writer.writerow(columns)
    for item in items:
        said = plain(item)
        writer.writerow([_cell(said.get(name), text=name in texts) for name in columns])
    return sheet.getvalue()


def read(kind: str, table: str) -> list[Given]:
    """The rows of a table. Raises BadInput if its first line names what the kind does not have, or it is none."""
    texts, given = _texts(kind), []
    try:
        rows = list(csv.reader(io.StringIO(table, newline=""), strict=True))
    except csv.Error as fault:
        raise BadInput("#/table", "type", str(fault)) from None
    columns = rows[0] if rows else []
    if "id" not in columns or (unknown := set(columns) - {*TYPES[kind].__struct_encode_fields__}):
        named = ", ".join(sorted(unknown)) if "id" in columns else "no `id`"
        raise BadInput("#/columns", "unknown", f"the first line of {kind} names {named}")
    for number, cells in enumerate(rows[1:], 2):
        if cells:
            said = {name: _value(text, text_=name in texts) for name, text in zip(columns, cells, strict=False) if text}
            given.append(Given(kind, number, said))
    return given


def _texts(kind: str) -> set[str]:
    """Fields whose values are texts."""
    found = inspect.type_info(TYPES[kind])
    assert isinstance(found, inspect.StructType)
    return {field.encode_name for field in found.fields if _is_text(field.type)}


def _is_text(kind: inspect.Type) -> bool:
    if isinstance(kind, inspect.Metadata):
        return _is_text(kind.type)
    if isinstance(kind, inspect.UnionType):
        return any(_is_text(one) for one in kind.types)
    return isinstance(kind, _TEXTS)


def _cell(value: Any, *, text: bool) -> str:
    if value is None:
        return ""
    return str(value) if text else msgspec.json.encode(value).decode()


def _value(cell: str, *, text_: bool) -> Any:
    """What a cell says; what should be JSON and is not stays a text, which the field then refuses."""
    if text_:
        return cell
    try:
        return msgspec.json.decode(cell)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return cell
