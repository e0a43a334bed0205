"""The JSON schemas of what travels, made of the structs that decode it, as exact as JSON Schema can say it.

Where a schema can only be wider than the service, `description` says what else is asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from bandit.features import FEATURES, LARGEST, NAME_BYTES, STRING_BYTES

Schema = dict[str, Any]

AT = "#/components/schemas/"

_TEXT = {"type": "string", "maxLength": STRING_BYTES, "pattern": r"^[^\u0000]*$"}
_FEATURE: Schema = {
    "description": f"A string has {STRING_BYTES} bytes of UTF-8 at most.",
    "anyOf": [
        {"type": "boolean"},
        {"type": "number", "minimum": -LARGEST, "maximum": LARGEST},
        _TEXT,
        {"type": "array", "items": _TEXT, "maxItems": FEATURES},
    ],
}
_NAME: Schema = {"minLength": 1, "maxLength": NAME_BYTES, "pattern": r"^[^_\u0000][^\u0000]*$"}
_BOUND = (
    f"{FEATURES} features at most, each string of a list being one; a name has {NAME_BYTES} bytes of UTF-8 at most."
)
_FEATURES: Schema = {
    "description": _BOUND,
    "type": "object",
    "propertyNames": _NAME,
    "maxProperties": FEATURES,
    "additionalProperties": {"$ref": f"{AT}Feature"},
}
_NESTED: Schema = _FEATURES | {"propertyNames": {"maxLength": NAME_BYTES, "pattern": _TEXT["pattern"]}}
_CONTEXT: Schema = _FEATURES | {
    "description": f"{_BOUND} Nested features are named outer.inner; no two may have one name, and none an empty one.",
    "properties": {"user": {"anyOf": [{"$ref": f"{AT}Feature"}, {"$ref": f"{AT}Features"}]}},
    "propertyNames": {"maxLength": NAME_BYTES, "pattern": r"^([^_\u0000][^\u0000]*)?$"},
    "additionalProperties": {"anyOf": [{"$ref": f"{AT}Feature"}, _NESTED]},
}
_SPACES = r"\s\u001c-\u001f\u0085"  # to Python these are spaces, too
_BY_FIELD = {"features": "Features", "placement_features": "Features", "context": "Context"}
_OWN = "Targeting"  # whose `context` is no context, but asks for one


def components(structs: Sequence[type[msgspec.Struct]]) -> dict[str, Schema]:
    """Schemas of these structs and of all within them, by name.

    >>> components([msgspec.defstruct("Pair", [("x", int)])])["Pair"]["required"]
    ['x']
    """
    _, found = msgspec.json.schema_components(structs, ref_template=AT + "{name}")
    features = {"Feature": _FEATURE, "Features": _FEATURES, "Context": _CONTEXT}
    return {name: _exact(schema, _BY_FIELD if name != _OWN else {}) for name, schema in found.items()} | features


def ref(struct: type[msgspec.Struct]) -> Schema:
    """Where a struct's schema stands."""
    return {"$ref": AT + struct.__name__}


def without_id(schema: Schema) -> Schema:
    """An item as it is sent to its own path, which names it."""
    return schema | {"required": [name for name in schema["required"] if name != "id"]}


def _exact(schema: Any, known: Mapping[str, str]) -> Any:
    """Patterns as JSON Schema writes them, times with their zone, features with their bounds, first paragraphs only.

    known  field -> schema that stands for it
    """
    if isinstance(schema, list):
        return [_exact(one, known) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _exact(value, known) if key != "default" else value for key, value in schema.items()}
    if isinstance(pattern := schema.get("pattern"), str):
        made["pattern"] = pattern.replace(r"\Z", "$").replace(r"\"", '"').replace(r"\s", _SPACES)
    if isinstance(said := schema.get("description"), str):
        made["description"] = " ".join(said.partition("\n\n")[0].split())
    for field in known.keys() & made.get("properties", {}).keys():
        made["properties"][field] = {"$ref": AT + known[field], "default": {}}
    return made
