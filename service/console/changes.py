"""Changes to one item of the catalog that was seen before: made if it still is as it was seen, however others changed.

The catalog's version counts every change to anything, so comparing that alone would refuse a manager's edit for a
change to something else. What is compared is the item; the version then guards the moment of writing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from bandit.catalog import Catalog
from bandit.errors import BadInput, Conflict
from service.catalogs import Catalogs, Stale
from service.schemas import Problem
from service.web.answers import of_decoding

_ATTEMPTS = 8

Plain = dict[str, Any]


class Meanwhile(Conflict):
    """Somebody else has changed the item since it was seen."""

    def __init__(self, theirs: Plain | None, version: int) -> None:
        """
        theirs   the item as it is now; None: it was removed
        version  of the catalog it was found in
        """
        super().__init__("somebody changed this meanwhile")
        self.theirs = theirs
        self.version = version


class Seen(NamedTuple):
    """An item as somebody saw it."""

    item: Any  # a struct of the catalog; None: there was none
    version: int  # of the catalog

    @property
    def plain(self) -> Plain | None:
        return None if self.item is None else msgspec.to_builtins(self.item)


def seen(catalogs: Catalogs, kind: str, item_id: str, version: int | None = None) -> Seen:
    """An item as it is, or as it was at a version. Raises StoreAway."""
    try:
        catalog = catalogs.current()
        if version is not None and version != catalog.version:
            catalog = catalogs.at(version)
    except KeyError:
        return Seen(None, 0)
    return Seen(_found(catalog, kind, item_id), catalog.version)


def save(catalogs: Catalogs, kind: str, item_id: str, value: Plain, before: Seen) -> Catalog:
    """Put one item in the place of what was seen.

    Raises Meanwhile, and as `Catalogs.put` does; a BadInput about the item points into it.
    """
    body = msgspec.json.encode(value)
    try:
        return _changed(
            catalogs, kind, item_id, before, lambda now: catalogs.put(kind, item_id, body, if_match=now.version)
        )
    except msgspec.ValidationError as fault:
        found = msgspec.json.decode(of_decoding(fault, "").body, type=Problem).errors[0]
        raise BadInput(found.pointer, found.code, found.detail) from None
    except BadInput as fault:
        raise BadInput(_inside(fault.pointer, kind), fault.code, fault.detail) from None


def delete(catalogs: Catalogs, kind: str, item_id: str, before: Seen) -> Catalog:
    """Remove one item that is as it was seen. Raises Meanwhile, and as `Catalogs.delete` does."""
    return _changed(catalogs, kind, item_id, before, lambda now: catalogs.delete(kind, item_id, if_match=now.version))


def _changed(
    catalogs: Catalogs, kind: str, item_id: str, before: Seen, change: Callable[[Catalog], Catalog]
) -> Catalog:
    for _ in range(_ATTEMPTS):
        now = catalogs.current()
        there = _found(now, kind, item_id)
        if there != before.item:
            raise Meanwhile(Seen(there, now.version).plain, now.version)
        try:
            return change(now)
        except Stale:
            continue  # something else was changed in between, or this item: the next look tells
    raise Conflict(f"{_ATTEMPTS} other changes came between; try again")


def _found(catalog: Catalog, kind: str, item_id: str) -> Any:
    return next((item for item in getattr(catalog, kind) if item.id == item_id), None)


def _inside(pointer: str, kind: str) -> str:
    """The pointer without the place in the catalog: an item that was put stands last of its kind.

    >>> _inside("#/templates/7/creative/link", "templates"), _inside("#/policies/0/placements", "templates")
    ('#/creative/link', '#/policies/0/placements')
    """
    parts = pointer.split("/")
    return "/".join(["#", *parts[3:]]) if parts[1:2] == [kind] and len(parts) > 3 else pointer
