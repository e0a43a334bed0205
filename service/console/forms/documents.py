"""Values that have no form of their own, as YAML: read with care, since a short text can stand for a huge value."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import yaml

from bandit.errors import BadInput

DEEPEST = 24  # of a value inside another

Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def written(value: Any) -> str:
    """A value as YAML; nothing for an empty one.

    >>> written({"tone": "calm", "height": 2})
    'tone: calm\\nheight: 2\\n'
    """
    if value in (None, {}, []):
        return ""
    text: str = yaml.dump(value, Dumper=Dumper, allow_unicode=True, sort_keys=False, width=100)
    return text


def read(text: str) -> Any:
    """The value of a text; None for an empty one.

    Raises BadInput, with the line, for what is not YAML, nests too deep or repeats a part by reference.

    >>> read("a: [1, 2]")
    {'a': [1, 2]}
    """
    try:
        _refuse_traps(text)
        return _plain(yaml.load(text, Loader=Loader))
    except yaml.MarkedYAMLError as fault:
        line = fault.problem_mark.line + 1 if fault.problem_mark else 1
        raise BadInput("#", "document", f"line {line}: {fault.problem or 'not YAML'}") from None
    except (yaml.YAMLError, ValueError, TypeError, RecursionError, OverflowError) as fault:
        raise BadInput("#", "document", str(fault) or "not YAML") from None


def _refuse_traps(text: str) -> None:
    """Raises BadInput before anything is built of a text that would grow or nest without end."""
    depth = 0
    for event in yaml.parse(text, Loader=Loader):
        if isinstance(event, yaml.AliasEvent):
            raise BadInput("#", "document", f"line {event.start_mark.line + 1}: references are not taken; write it out")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise BadInput("#", "document", f"nested deeper than {DEEPEST}")


def _plain(value: Any) -> Any:
    """Times as texts, as they stand in JSON, and names as texts whatever they look like."""
    match value:
        case dict():
            return {str(name): _plain(inner) for name, inner in value.items()}
        case list():
            return [_plain(inner) for inner in value]
        case datetime() | date():
            return value.isoformat()
        case bytes() | set():
            raise BadInput("#", "document", f"{type(value).__name__} has no place here")
    return value
