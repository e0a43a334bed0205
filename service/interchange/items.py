"""Items of the catalog as plain values and back, each apart, so that a bad one keeps no good one out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from bandit.catalog import KINDS, Campaign, Catalog, Placement, Template
from bandit.config import Policy
from bandit.errors import BadInput
from bandit.products.checks import fault_of

Item = Policy | Placement | Campaign | Template
Json = dict[str, Any]

TYPES: dict[str, type[Item]] = dict(zip(KINDS, (Policy, Placement, Campaign, Template), strict=True))


class Given(NamedTuple):
    """An item as a file has it."""

    kind: str
    row: int  # from 1; in a table the line of names is 1
    plain: Mapping[str, Any]


class ItemFault(NamedTuple):
    """Why an item was left out."""

    kind: str
    row: int
    field: str  # with what lies within: budget/daily/value
    detail: str


def plain(item: Item) -> Json:
    """An item as JSON has it, without what is as if not said."""
    whole: Json = msgspec.json.decode(msgspec.json.encode(item))
    said = {f.encode_name for f in msgspec.structs.fields(item) if getattr(item, f.name) != _default(f)}
    return {name: value for name, value in whole.items() if name in said}


def whole(catalog: Catalog) -> dict[str, list[Json]]:
    """All items, by kind."""
    return {kind: [plain(item) for item in getattr(catalog, kind)] for kind in KINDS}


def items(found: object) -> list[Given]:
    """The items of a whole catalog in plain values. Raises BadInput if it is none."""
    if not isinstance(found, dict) or (found.keys() - {*KINDS, "version"}):
        raise BadInput("#", "type", f"a catalog has {', '.join(KINDS)} and nothing else")
    given = []
    for kind in KINDS:
        listed = [] if found.get(kind) is None else found[kind]
        if not isinstance(listed, list):
            raise BadInput(f"#/{kind}", "type", "a list was wanted")
        given += [Given(kind, row, one) for row, one in enumerate(listed, 1)]
    return given


def decoded(given: Iterable[Given]) -> tuple[dict[tuple[str, int], Item], list[ItemFault]]:
    """Items by kind and row, and what is wrong with the others."""
    found: dict[tuple[str, int], Item] = {}
    faults = []
    for one in given:
        try:
            # Through JSON, so that times may be quoted or not.
            found[one.kind, one.row] = msgspec.json.decode(msgspec.json.encode(one.plain), type=TYPES[one.kind])
        except msgspec.ValidationError as fault:
            bad = fault_of(fault)
            faults.append(ItemFault(one.kind, one.row, _field(bad.pointer), bad.detail))
        except (TypeError, UnicodeError, RecursionError, msgspec.MsgspecError) as fault:
            faults.append(ItemFault(one.kind, one.row, "", str(fault)))
    return found, faults


def _field(pointer: str) -> str:
    """A place as all faults tell it.

    >>> _field("#/caps[0]/impressions")
    'caps/0/impressions'
    """
    return pointer.removeprefix("#").replace("[", "/").replace("]", "").strip("/")


def _default(field: msgspec.structs.FieldInfo) -> object:
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return field.default
