"""Changes to the catalog: each makes the next version, or nothing at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import msgspec

from bandit.catalog import KINDS, Campaign, Catalog, Placement, Template, checked
from bandit.config import Learning, Policy
from bandit.errors import BadInput, Conflict
from bandit.links import ANY, Hosts
from service.store.commands import Store

Kind = Literal["policies", "placements", "campaigns", "templates"]
Item = Policy | Placement | Campaign | Template
Edit = Callable[[Catalog], Catalog]

_TYPES: dict[str, type[Item]] = dict(zip(KINDS, (Policy, Placement, Campaign, Template), strict=True))
_ATTEMPTS = 8  # edits that raced with another and are tried on the newer version


class Stale(Conflict):
    """The caller's If-Match names a version that is not in force any more."""


class Catalogs:
    """The catalog in force, as the store has it."""

    def __init__(self, store: Store, hosts: Hosts = ANY) -> None:
        """
        hosts  where links and images of what is changed may be
        """
        self._store = store
        self._hosts = hosts
        self._held = Catalog()

    def current(self) -> Catalog:
        """The version in force. Raises StoreAway."""
        version = self._store.catalog_version()
        if version != self._held.version:
            self._held = self.at(version)
        return self._held

    def at(self, version: int) -> Catalog:
        """One version. Raises StoreAway; KeyError if it never was."""
        if version == 0:
            return Catalog()
        stored = self._store.catalog(version)
        if stored is None:
            raise KeyError(f"catalog version {version}")
        return msgspec.json.decode(stored, type=Catalog)

    def put(self, kind: str, item_id: str, body: bytes, *, if_match: int | None) -> Catalog:
        """Add or replace one item; the new catalog.

        Raises BadInput, Conflict, Stale or StoreAway, and then nothing has changed.
        """
        item = _item(kind, item_id, body)

        def edit(catalog: Catalog) -> Catalog:
            others = [old for old in getattr(catalog, kind) if old.id != item_id]
            return msgspec.structs.replace(catalog, **{kind: (*others, item)})

        return self._apply(edit, if_match)

    def delete(self, kind: str, item_id: str, *, if_match: int | None) -> Catalog:
        """Remove one item; the new catalog. Raises as `put`; KeyError if there is none."""

        def edit(catalog: Catalog) -> Catalog:
            others = tuple(old for old in getattr(catalog, kind) if old.id != item_id)
            if len(others) == len(getattr(catalog, kind)):
                raise KeyError(f"{kind}/{item_id}")
            return msgspec.structs.replace(catalog, **{kind: others})

        return self._apply(edit, if_match)

    def replace(self, body: bytes, *, if_match: int | None) -> Catalog:
        """Put a whole catalog in force; its `version` field is ignored."""
        given = msgspec.json.decode(body, type=Catalog)
        return self._apply(lambda old: msgspec.structs.replace(given, version=old.version), if_match)

    def replace_if_other(self, given: Catalog) -> Catalog:
        """Put a whole catalog in force unless it says what the current one says."""
        current = self.current()
        if msgspec.structs.replace(given, version=current.version) == current:
            return current
        return self._apply(lambda old: msgspec.structs.replace(given, version=old.version), None)

    def relearn(self, policy_id: str, learning: Learning) -> None:
        """Have a policy learn by another config, whose model is about to come. Raises Conflict or StoreAway."""

        def edit(catalog: Catalog) -> Catalog:
            changed = {p.id: p for p in catalog.policies}
            changed[policy_id] = msgspec.structs.replace(changed[policy_id], learning=learning)
            return msgspec.structs.replace(catalog, policies=tuple(changed.values()))

        if any(policy.id == policy_id and policy.learning != learning for policy in self.current().policies):
            self._apply(edit, None, but_for=policy_id)

    def _apply(self, edit: Edit, if_match: int | None, *, but_for: str = "") -> Catalog:
        """but_for: a policy whose `learning` may change"""
        for _ in range(_ATTEMPTS):
            old = self.current()
            if if_match is not None and if_match != old.version:
                raise Stale(f"If-Match names version {if_match}; version {old.version} is in force")
            new = checked(msgspec.structs.replace(edit(old), version=old.version + 1), self._hosts)
            self._keep_learning(new, but_for)
            if self._store.put_catalog(msgspec.json.encode(new), new.version, after=old.version):
                self._held = new
                return new
        raise Conflict(f"{_ATTEMPTS} other changes came between; try again")

    def _keep_learning(self, new: Catalog, but_for: str) -> None:
        """A model in use was made for one `learning` config and cannot change it."""
        for policy in new.policies:
            stored = self._store.snapshot_field(policy.id, "learning")
            if policy.id != but_for and stored and msgspec.json.encode(policy.learning) != stored:
                raise Conflict(
                    f"policy {policy.id!r} has a model made for another `learning` config; keep that, use a new "
                    "policy id, or make a model for this one with `adbandit rebuild --learning`"
                )


def from_file(path: Path, hosts: Hosts = ANY) -> Catalog:
    """A catalog written in YAML or JSON.

    hosts  where its links and images may be

    Raises BadInput naming the file and the place in it.
    """
    try:
        plain = msgspec.yaml.decode(path.read_bytes())  # through JSON, so that times may be quoted or not
        return checked(msgspec.json.decode(msgspec.json.encode(plain), type=Catalog), hosts)
    except (OSError, msgspec.MsgspecError, RecursionError) as fault:
        raise BadInput(f"{path}#", "catalog", str(fault)) from None
    except BadInput as fault:
        raise BadInput(f"{path}{fault.pointer}", fault.code, fault.detail) from None


def _item(kind: str, item_id: str, body: bytes) -> Item:
    given: dict[str, Any] = msgspec.json.decode(body, type=dict[str, Any])
    if given.setdefault("id", item_id) != item_id:
        raise BadInput("#/id", "bound", f"the body says {given['id']!r} and the path {item_id!r}")
    return msgspec.convert(given, _TYPES[kind])
