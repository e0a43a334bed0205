"""The feature objects of a dsjson line as flat features, repeated names kept.

As Vowpal Wabbit reads them: an object is a namespace, a list of objects is its members together, a list of numbers is
features named by their number. `_` at the start of a name keeps it out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from bandit.errors import BadInput
from bandit.features import LARGEST, NAME_BYTES, STRING_BYTES, Feature, pointer

DEPTH = 8  # objects and lists within each other

Leaf = bool | int | float | str
Path = tuple[str, ...]


class Name(str):
    """A name in an object; two alike are two, so that an object read into a dict keeps both."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other if isinstance(other, Name) else str.__eq__(self, other)


Json = dict[Name, Any]


def _named(kind: Any, text: str) -> Any:
    return kind(text)


def _nested(depth: int) -> Any:
    """The type of JSON with objects of `Name`s down to a depth."""
    kind: Any = bool | int | float | str | None
    for _ in range(depth):
        kind = bool | int | float | str | None | list[kind] | dict[Name, kind]
    return kind


_any = msgspec.json.Decoder(_nested(DEPTH), dec_hook=_named)
_members = msgspec.json.Decoder(dict[Name, msgspec.Raw], dec_hook=_named)


def decoded(raw: msgspec.Raw, at: str, *, depth: int = DEPTH) -> Any:
    """JSON as Python values; with depth 1 the members of an object as they stand. Raises BadInput."""
    try:
        return (_members if depth == 1 else _any).decode(raw)
    except msgspec.ValidationError as fault:
        raise BadInput(at, "type", str(fault)) from None


def leaves(members: Json, left: Counter[tuple[str, str]], at: str, path: Path = ()) -> Iterator[tuple[Path, Leaf]]:
    """Every feature with the names that lead to it.

    at  pointer of `members` in the line

    Raises BadInput for a list that Vowpal Wabbit has no reading of.
    """
    for name, value in members.items():
        here = (*path, str(name))
        if name[:1] == "_":
            left[".".join(here), "Vowpal Wabbit passes over names that start with _"] += 1
        elif isinstance(value, dict):
            yield from leaves(value, left, at, here)
        elif isinstance(value, list):
            yield from _elements(value, left, at, here)
        elif value is None:
            left[".".join(here), "null is no feature"] += 1
        else:
            yield here, value


def _elements(values: list[Any], left: Counter[tuple[str, str]], at: str, path: Path) -> Iterator[tuple[Path, Leaf]]:
    numbers = 0
    for value in values:
        if isinstance(value, dict):
            yield from leaves(value, left, at, path)
        elif isinstance(value, str):
            yield path, value
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            yield (*path, str(numbers)), value
            numbers += 1
        elif value is not None:
            raise BadInput(pointer(at, *path), "type", "a list holds objects, numbers or strings")


class Bag:
    """Features being gathered under flat names."""

    def __init__(self, left: Counter[tuple[str, str]]) -> None:
        self.features: dict[str, Feature] = {}
        self._left = left

    def add(self, path: Path, leaf: Leaf, full: Path) -> None:
        """Keep a feature under the names of `path` joined by dots, or count why it cannot be."""
        name = ".".join(path)
        if reason := _unfit(name, leaf) or self._put(name, leaf):
            self._left[".".join(full)[:NAME_BYTES], reason] += 1

    def _put(self, name: str, leaf: Leaf) -> str:
        known = self.features.get(name)
        if known is None:
            self.features[name] = leaf
        elif isinstance(leaf, str) and isinstance(known, (str, list)):
            self.features[name] = [*(known if isinstance(known, list) else [known]), leaf]
        else:
            return "another value has this name"
        return ""


def _unfit(name: str, leaf: Leaf) -> str:
    if not name or len(name.encode()) > NAME_BYTES or "\0" in name or name[0] == "_":
        return f"a name is 1 to {NAME_BYTES} bytes without NUL"
    if isinstance(leaf, str):
        fits = len(leaf.encode()) <= STRING_BYTES and "\0" not in leaf
        return "" if fits else f"a string is at most {STRING_BYTES} bytes without NUL"
    return "" if -LARGEST <= leaf <= LARGEST else f"a number is within {LARGEST:.0f} of 0"
