"""The inputs of a form, as they follow from a struct: one for each plain value, a group for what is inside another."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import cache
from typing import Any, Literal, NamedTuple, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, inspect

from bandit.money import Money

Kind = Literal[
    "text",
    "long",
    "whole",
    "number",
    "mixed",  # a whole number or a text
    "flag",
    "choice",
    "moment",
    "lines",  # texts, one a line
    "several",  # of some choices
    "document",  # anything, as YAML
    "money",
    "group",
    "rows",
]
LONG = 256  # characters beyond which a text is written on several lines
MARK = "?"  # ends the name of the box that says whether an optional group is there at all

Struct = type[msgspec.Struct]


class Field(NamedTuple):
    """One input, or a group of them."""

    name: str  # as in JSON
    word: str  # names its label: `Campaign.starts_at`
    kind: Kind
    check: Struct  # what `{"value": …}` is checked against
    required: bool = False
    optional: bool = False  # may be null
    default: Any = None
    bounds: tuple[float | None, float | None] = (None, None)  # least and most, of a number
    above: bool = False  # whether it must be more than the least
    longest: int | None = None  # characters of a text
    filled: bool = False  # whether an empty list is no value
    choices: tuple[str, ...] = ()
    says: str = ""  # what is wanted, in words
    fields: tuple[Field, ...] = ()  # of a group, or of each row

    @property
    def boxed(self) -> bool:
        """Whether a box of its own says that there is a value at all."""
        return self.optional and self.kind in ("group", "rows", "lines", "several") and not self.filled


def fields_of(struct: type[msgspec.Struct]) -> tuple[Field, ...]:
    """The inputs of a struct, in the order of its fields. What is inside itself is a document there.

    >>> [field.kind for field in fields_of(Money)]
    ['number', 'text']
    """
    return _fields(struct, frozenset())


def without(fields: Sequence[Field], words: Collection[str]) -> tuple[Field, ...]:
    """The fields but for some, at any depth, by their words."""
    kept = (field for field in fields if field.word not in words)
    return tuple(field._replace(fields=without(field.fields, words)) for field in kept)


def leaves(fields: Sequence[Field]) -> Iterator[Field]:
    """All fields, those inside others too."""
    for field in fields:
        yield field
        yield from leaves(field.fields)


@cache
def _fields(struct: Struct, around: frozenset[Struct]) -> tuple[Field, ...]:
    described = inspect.type_info(struct)
    assert isinstance(described, inspect.StructType)
    pairs = zip(msgspec.structs.fields(struct), described.fields, strict=True)
    return tuple(_field(struct, info, one.type, around | {struct}) for info, one in pairs)


def _field(
    struct: Struct, info: msgspec.structs.FieldInfo, described: inspect.Type, around: frozenset[Struct]
) -> Field:
    default = info.default if info.default is not NODEFAULT else None
    if info.default_factory is not NODEFAULT:
        default = info.default_factory()
    plain, optional = _without_null(described)
    word = f"{struct.__name__}.{info.encode_name}"
    # A type is built once and kept, in a struct: msgspec 0.22 frees what is not its own when it builds a union of a
    # text with a pattern and a tuple of such texts again and again.
    check = msgspec.defstruct(f"{struct.__name__}_{info.name}", [("value", info.type)])
    found = Field(info.encode_name, word, "document", check, info.required, optional, default)
    return _of_type(found._replace(choices=_choices(info.type), says=_says(plain)), plain, around)


def _of_type(found: Field, plain: inspect.Type, around: frozenset[Struct]) -> Field:  # noqa: PLR0911 - a line for each
    described = _itself(plain)
    match described:
        case inspect.BoolType():
            return found._replace(kind="flag")
        case inspect.IntType():
            return found._replace(kind="whole", bounds=_bounds(described), above=described.gt is not None)
        case inspect.FloatType():
            return found._replace(kind="number", bounds=_bounds(described), above=described.gt is not None)
        case inspect.StrType(max_length=longest):
            return found._replace(kind=_written(described), longest=longest)
        case inspect.LiteralType():
            return found._replace(kind="choice")
        case inspect.DateTimeType():
            return found._replace(kind="moment")
        case inspect.StructType(cls=cls, tag=None) if cls is Money:
            return found._replace(kind="money")
        case inspect.StructType(cls=cls, tag=None) if cls not in around:
            return found._replace(kind="group", fields=_fields(cls, around))
        case inspect.VarTupleType(item_type=item, min_length=least):
            return _of_many(found._replace(filled=bool(least)), _itself(item), around)
        case inspect.UnionType(types=types):
            return _of_union(found, [_itself(one) for one in types])
    return found


def _of_many(found: Field, item: inspect.Type, around: frozenset[Struct]) -> Field:
    match item:
        case inspect.StrType():
            return found._replace(kind="lines")
        case inspect.LiteralType():
            return found._replace(kind="several")
        case inspect.StructType(cls=cls, tag=None) if cls not in around:
            inner = _fields(cls, around)
            if not any(field.fields or field.boxed for field in inner):
                return found._replace(kind="rows", fields=inner)
    return found


def _of_union(found: Field, types: Sequence[inspect.Type]) -> Field:
    """One text or several are written line by line; a text or a number in one line."""
    match sorted(types, key=lambda one: type(one).__name__):
        case [inspect.StrType(), inspect.VarTupleType(item_type=item, min_length=least)] if isinstance(
            _itself(item), inspect.StrType
        ):
            return found._replace(kind="lines", filled=bool(least))
        case [inspect.IntType(), inspect.StrType()]:
            return found._replace(kind="mixed")
    return found


def _itself(described: inspect.Type) -> inspect.Type:
    return _itself(described.type) if isinstance(described, inspect.Metadata) else described


def _bounds(described: inspect.IntType | inspect.FloatType) -> tuple[float | None, float | None]:
    least = described.ge if described.ge is not None else described.gt
    return least, described.le if described.le is not None else described.lt


def _written(described: inspect.StrType) -> Kind:
    unbounded = described.max_length is None and described.pattern is None
    return "long" if unbounded or (described.max_length or 0) > LONG else "text"


def _without_null(described: inspect.Type) -> tuple[inspect.Type, bool]:
    """The type itself and whether null is one of its values."""
    bare = _itself(described)
    if not isinstance(bare, inspect.UnionType):
        return described, False
    others = tuple(one for one in bare.types if not isinstance(one, inspect.NoneType))
    return (others[0] if len(others) == 1 else inspect.UnionType(others)), len(others) < len(bare.types)


def _says(described: inspect.Type) -> str:
    """What a type says of itself."""
    found = described.extra_json_schema if isinstance(described, inspect.Metadata) else None
    return str((found or {}).get("description", ""))


def _choices(kind: Any) -> tuple[str, ...]:
    """The values of the literal in a type, in the order they are written; none where there is none."""
    if get_origin(kind) is Literal:
        return tuple(str(one) for one in get_args(kind))
    return next(filter(None, map(_choices, get_args(kind))), ())
