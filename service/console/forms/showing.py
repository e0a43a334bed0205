"""A form as a page shows it: the text of every input, what is wrong at it, and what may be chosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from bandit.errors import BadInput
from service.console.forms.fields import MARK, Field
from service.console.forms.reading import Faults, Told
from service.console.forms.values import Texts
from service.console.languages import Words

FEW = 60  # choices that are shown as boxes to tick; of more, names are typed
MOST_OFFERED = 500  # names that an input suggests


class Form(NamedTuple):
    """Asked by the templates, by the name of an input."""

    texts: Texts
    faults: Faults
    t: Words
    named: Mapping[str, Sequence[str]]  # ids that a field may name, by its word
    currency: str  # that stands where none was written

    def text(self, name: str) -> str:
        """What stands in an input."""
        return "\n".join(self.texts.get(name, ()))

    def on(self, name: str) -> bool:
        """Whether a box is ticked."""
        return bool(self.text(name))

    def there(self, name: str) -> bool:
        """Whether an optional group has its box ticked."""
        return self.on(name + MARK)

    def holds(self, name: str, choice: str) -> bool:
        """Whether one of several is chosen."""
        return choice in self.text(name).split("\n")

    def fault(self, name: str) -> str:
        """What is wrong there; nothing if nothing is."""
        return self.told(self.faults[name]) if name in self.faults else ""

    def told(self, told: Told) -> str:
        return self.t(f"fault.{told.code}", **told.values)

    def says_any(self, fields: Sequence[Field], at: str) -> bool:
        """Whether any of these inputs holds something, or has something wrong."""
        return any(self.text(at + field.name) or at + field.name in self.faults for field in fields)

    def rows(self, field: Field, name: str) -> range:
        """The rows there are, and an empty one."""
        count = 0
        while any(self.texts.get(f"{name}.{count}.{inner.name}") for inner in field.fields):
            count += 1
        return range(count + 1)

    def boxes(self, field: Field, name: str) -> list[str] | None:
        """What can be ticked where a list names items; None where names are typed."""
        if field.kind != "lines" or field.word not in self.named or len(self.named[field.word]) > FEW:
            return None
        chosen = [line for line in self.text(name).split("\n") if line]
        return [*self.named[field.word], *(line for line in chosen if line not in self.named[field.word])]

    def offered(self, field: Field) -> Sequence[str]:
        """Names that an input of one name suggests."""
        return self.named.get(field.word, ())[:MOST_OFFERED] if field.kind == "text" else ()

    def wrong(self, fields: Sequence[Field]) -> list[tuple[str, str, str]]:
        """All faults, in the order of the inputs: name, label, and what is wrong."""
        labels = dict(self._labels(fields, ""))
        order = {name: at for at, name in enumerate(labels)}
        names = sorted(self.faults, key=lambda name: order.get(name, -1))
        return [(name if name in labels else "", labels.get(name, ""), self.fault(name)) for name in names]

    def _labels(self, fields: Sequence[Field], at: str) -> Iterator[tuple[str, str]]:
        for field in fields:
            name, label = at + field.name, self.t(field.word)
            yield name, label
            if field.kind == "group":
                yield from self._labels(field.fields, f"{name}.")
            elif field.kind == "money":
                yield from ((f"{name}.{part}", label) for part in ("value", "currency"))
            elif field.kind == "rows":
                for i in self.rows(field, name):
                    yield from ((f"{name}.{i}.{inner.name}", self.t(inner.word)) for inner in field.fields)


def placed(fault: BadInput, fields: Sequence[Field]) -> Faults:
    """A fault of the checks at the input its pointer leads to, or the nearest around it.

    >>> from service.console.forms.fields import fields_of
    >>> from bandit.money import Money
    >>> list(placed(BadInput("#/value/0", "bound", "no"), fields_of(Money)))
    ['value']
    """
    parts = fault.pointer.removeprefix("#").strip("/").split("/")
    name = ".".join(_reached(parts, fields))
    rest = "/".join(parts[len(name.split(".")) if name else 0 :])
    detail = f"{rest}: {fault.detail}" if rest and name else fault.detail
    return {name: Told("other", {"detail": detail})}


def _reached(parts: Sequence[str], fields: Sequence[Field]) -> Iterator[str]:
    field = next((field for field in fields if parts and field.name == parts[0]), None)
    if field is None:
        return
    yield field.name
    if field.kind == "group":
        yield from _reached(parts[1:], field.fields)
    elif field.kind == "rows" and len(parts) > 2:
        yield parts[1]
        yield from _reached(parts[2:], field.fields)
    elif field.kind == "money":
        yield parts[1] if parts[1:2] in (["value"], ["currency"]) else "value"
