"""A form that was sent: read, checked and saved, or answered with what is wrong at each input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from bandit.errors import BadInput, Conflict
from service.catalogs import Catalogs
from service.console.changes import Meanwhile, Plain, Seen, save, seen
from service.console.forms.fields import Field
from service.console.forms.reading import Faults, Told, read, settled
from service.console.forms.showing import placed
from service.console.forms.values import Texts, texts
from service.console.kinds import Kind
from service.store.commands import StoreAway

SAVED = 303  # the status that leads on


class Tried(NamedTuple):
    """What came of it."""

    status: int
    texts: Texts  # as they are shown again
    faults: Faults
    value: Plain | None = None  # as far as it could be read
    meanwhile: Meanwhile | None = None

    def taken(self) -> Tried:
        """The same with the name refused."""
        return self._replace(status=409, faults={"id": Told("taken")})


def tried(catalogs: Catalogs, kind: Kind, item_id: str, before: Seen, sent: Texts) -> Tried:
    """Save one item in the place of what was seen, if nothing is wrong with it."""
    made = remade(kind.fields, item_id, before, sent)
    if made.faults or made.value is None:
        return made
    status, wrong, meanwhile = _saved(catalogs, kind, item_id, made.value, before)
    if meanwhile and meanwhile.theirs and not differences(kind.fields, before.plain or {}, meanwhile.theirs):
        return tried(catalogs, kind, item_id, seen(catalogs, kind.name, item_id), sent)  # only what no form changes
    return made._replace(status=status, faults=wrong, meanwhile=meanwhile)


def unreached(sent: Texts) -> Tried:
    """What came of a form when nobody could be asked what there was before."""
    return Tried(503, sent, {"": Told("away")})


def remade(fields: Sequence[Field], item_id: str, before: Seen, sent: Texts) -> Tried:
    """The value that a form makes of what was seen; not saved."""
    plain = before.plain
    given = settled(fields, {**sent, "id": [item_id]})
    value, faults = read(fields, given, (settled(fields, texts(fields, plain)), plain) if plain else None)
    return Tried(422 if faults else 200, given, faults, value)


def _saved(
    catalogs: Catalogs, kind: Kind, item_id: str, value: Plain, before: Seen
) -> tuple[int, Faults, Meanwhile | None]:
    try:
        save(catalogs, kind.name, item_id, value, before)
    except Meanwhile as meanwhile:
        return (412, {}, meanwhile) if before.item is not None else (409, {"id": Told("taken")}, None)
    except BadInput as wrong:
        return 422, placed(wrong, kind.fields), None
    except Conflict as wrong:
        return 409, {"": Told("other", {"detail": str(wrong)})}, None
    except StoreAway:
        return 503, {"": Told("away")}, None
    return SAVED, {}, None


def differences(fields: Sequence[Field], mine: Plain, theirs: Plain) -> list[tuple[Field, str, str]]:
    """Fields with what the form says and what is stored now, where that is not the same."""
    found = []
    for field in fields:
        ours, stored = (texts([field], msgspec.to_builtins(value)) for value in (mine, theirs))
        if ours != stored:
            found.append((field, _madeout(ours), _madeout(stored)))
    return found


def _madeout(shown: Texts) -> str:
    """All texts of a field on lines of their own."""
    return "\n".join(
        (f"{name}: " if len(shown) > 1 else "") + ", ".join(values) for name, values in shown.items() if any(values)
    )
