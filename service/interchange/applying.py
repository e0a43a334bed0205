"""Items of a file put in force: the good ones, together, as one version."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from bandit.catalog import KINDS, Catalog, checked
from bandit.errors import BadInput
from bandit.links import Hosts
from service.catalogs import Catalogs
from service.interchange.items import Given, Item, ItemFault, decoded

Place = tuple[str, int]  # kind, row


class Applied(NamedTuple):
    """What became of a file."""

    version: int  # in force now
    changed: bool
    kept: int  # items
    faults: list[ItemFault]


def apply(given: Iterable[Given], catalogs: Catalogs, hosts: Hosts, *, replace: frozenset[str]) -> Applied:
    """Put items in force.

    replace  kinds of which nothing else stays

    Raises BadInput for what is wrong with the catalog and not with one of these items, Conflict, Stale or StoreAway,
    and then nothing has changed.
    """
    found, faults = decoded(given)
    old = catalogs.current()
    while True:
        new, places = _joined(old, found, replace)
        try:
            checked(new, hosts)
            break
        except BadInput as fault:
            place, field = _place(fault.pointer, places)
            if place is None:
                raise
            del found[place]
            faults.append(ItemFault(*place, field, fault.detail))
    if new == old:
        return Applied(old.version, False, len(found), faults)
    put = catalogs.replace(msgspec.json.encode(new), if_match=old.version)
    return Applied(put.version, True, len(found), faults)


def _joined(
    old: Catalog, found: dict[Place, Item], replace: frozenset[str]
) -> tuple[Catalog, dict[str, list[Place | None]]]:
    """The catalog with these items in it, and which of its items are those."""
    made: dict[str, tuple[Item, ...]] = {}
    places: dict[str, list[Place | None]] = {}
    for kind in KINDS:
        mine = [(place, item) for place, item in found.items() if place[0] == kind]
        ids = {item.id for _, item in mine}
        stays: dict[str, Item] = {} if kind in replace else {item.id: item for item in getattr(old, kind)}
        order: list[tuple[Place | None, Item]] = [(None, item) for item in stays.values() if item.id not in ids]
        if stays:  # an item that is replaced keeps its place
            by_id = {item.id: (place, item) for place, item in reversed(mine)}
            order = [by_id.pop(name, (None, item)) for name, item in stays.items()]
            mine = [pair for pair in mine if pair[0] not in {place for place, _ in order}]
        order += mine
        made[kind] = tuple(item for _, item in order)
        places[kind] = [place for place, _ in order]
    return msgspec.structs.replace(old, **made), places


def _place(pointer: str, places: dict[str, list[Place | None]]) -> tuple[Place | None, str]:
    """Which item a fault is in, and where in it."""
    _, kind, number, *rest = [*pointer.split("/"), "", ""]
    if kind not in places or not number.isdigit():
        return None, ""
    return places[kind][int(number)], "/".join(part for part in rest if part)
