"""What may be tried: values for parts of a policy's `exploration` and `learning`, and configs drawn from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from operator import getitem
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
import numpy as np

from bandit.config import Exploration, Learning, Policy
from bandit.errors import BadInput
from simulations.evaluation.targets.engine import Config

Values = tuple[Any, ...]
Changes = Mapping[str, Any]  # dotted path -> value, as in a policy's config

DEFAULT: Mapping[str, Values] = MappingProxyType(
    {
        "learning.learning_rate": (0.1, 0.25, 0.5, 1.0, 2.0, 4.0),
        "learning.interactions": (["UA", "CA", "AP"], ["UA", "CA", "UP", "CP", "AP"], ["UA", "CA", "UCA", "AP"], []),
        "learning.cb_type": ("mtr", "ips"),
        "learning.propensity_floor": (0.01, 0.05, 0.2, 0.5),
        "learning.replay.depth": (0, 4, 16, 64),
        "exploration.kind": ("softmax", "squarecb", "epsilon_greedy", "greedy"),
        "exploration.min_probability": (0.0, 0.001, 0.005, 0.02),
        "exploration.epsilon": (0.02, 0.05, 0.1, 0.2),
        "exploration.softmax_lambda": (1.0, 2.0, 5.0, 10.0, 20.0),
        "exploration.softmax_exponent": (0.0, 0.2, 0.4),
        "exploration.gamma_scale": (10.0, 100.0, 1_000.0),
        "exploration.gamma_exponent": (0.25, 0.5),
    }
)
BASE = "base"  # the config that the log's policy has
# What only one kind of exploration looks at; with the others it would make two names for one config.
_KIND_OF = {
    "exploration.epsilon": "epsilon_greedy",
    "exploration.softmax_lambda": "softmax",
    "exploration.softmax_exponent": "softmax",
    "exploration.gamma_scale": "squarecb",
    "exploration.gamma_exponent": "squarecb",
}


def read_space(path: Path) -> Mapping[str, Values]:
    """A YAML or JSON file of paths and lists of values. Raises BadInput for anything else.

    A part that is not named stays as it is in the policy of the log.
    """
    try:
        written = msgspec.yaml.decode(path.read_bytes(), type=dict[str, tuple[Any, ...]])
    except (OSError, msgspec.MsgspecError, ValueError) as fault:
        raise BadInput("#/space", "type", f"{path} is no search space: {fault}") from None
    for name, values in written.items():
        if not values:
            raise BadInput(f"#/space/{name}", "bound", f"{name} has no values to try")
    return written


def drawn(space: Mapping[str, Values], base: Policy, tries: int, seed: int) -> dict[str, Changes]:
    """By name: the base itself, then up to `tries` different configs drawn evenly. Fewer where the space holds no more.

    Raises BadInput for a part or value that no policy has.
    """
    for name, values in space.items():
        for value in values:
            changed(base, {name: value})
    found: dict[str, Changes] = {BASE: {}}
    seen = {_text(changed(base, {}))}
    chance = np.random.default_rng(seed)
    for _ in range(100 * tries):
        if len(found) > tries:
            break
        changes = dict(_relevant({name: values[chance.integers(len(values))] for name, values in space.items()}, base))
        if (key := _text(changed(base, changes))) not in seen:
            seen.add(key)
            found[f"try {len(found)}"] = changes
    return found


def changed(base: Policy, changes: Changes) -> Config:
    """A policy's config with changes. Raises BadInput for a part or value that no policy has.

    >>> changed(Policy(id="log"), {"learning.replay.depth": 3}).learning.replay.depth
    3
    """
    written = {"exploration": msgspec.to_builtins(base.exploration), "learning": msgspec.to_builtins(base.learning)}
    for path, value in changes.items():
        part: Any = written
        *folders, last = path.split(".")
        for name in folders:
            part = part.get(name) if isinstance(part, dict) else None
        if not isinstance(part, dict) or last not in part or not folders:
            raise BadInput(f"#/space/{path}", "unknown", f"{path} is no part of exploration or learning")
        part[last] = value
    try:
        exploration = msgspec.convert(written["exploration"], Exploration)
        return Config(exploration=exploration, learning=msgspec.convert(written["learning"], Learning))
    except (msgspec.ValidationError, ValueError) as fault:
        raise BadInput(f"#/space/{'/'.join(changes)}", "bound", f"{dict(changes)} makes no policy: {fault}") from None


def _relevant(changes: Changes, base: Policy) -> Iterator[tuple[str, Any]]:
    """Without what is so already, or is never looked at."""
    written = msgspec.to_builtins(base)
    kind = changes.get("exploration.kind", base.exploration.kind)
    for path, value in changes.items():
        if _KIND_OF.get(path, kind) == kind and _text(reduce(getitem, path.split("."), written)) != _text(value):
            yield path, value


def _text(value: object) -> bytes:
    return msgspec.json.encode(value)
