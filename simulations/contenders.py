"""Who takes part in a bake-off, and where: named policies and named worlds.

A name may carry changes of the config behind it, as in `engine:learning.replay.depth=0,exploration.kind=greedy`.
Both tables are of names, so that a job can be sent to another process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import msgspec

from bandit.config import Exploration, Learning, Policy, Replay
from simulations import labelled, ratings
from simulations.environments.base import Environment, Json
from simulations.environments.classification import Classification
from simulations.environments.movielens import Movielens, Ratings, read_ratings
from simulations.environments.shop import Shop
from simulations.environments.shop_variants import DriftingShop, GrowingShop, ScaledShop
from simulations.policies.base import ChoosingPolicy
from simulations.policies.engine import Engine
from simulations.policies.lints import LinTs
from simulations.policies.linucb import LinUcb
from simulations.policies.thompson import Thompson
from simulations.policies.uniform import Uniform

PASSES_END = 10_000  # a data set is shown once through, but no more rounds than this

_SHOPS: Mapping[str, Callable[[int], Environment]] = {
    "shop": Shop,
    "shop-1pct": partial(ScaledShop, rate=0.01),
    "shop-5pct": partial(ScaledShop, rate=0.05),
    "shop-drifting": DriftingShop,
    "shop-growing": GrowingShop,
}
WORLDS = (*_SHOPS, "movielens", *labelled.NAMES)

_YARDSTICKS: Mapping[str, Callable[[int], ChoosingPolicy]] = {
    "uniform": Uniform,
    "thompson": Thompson,
    **{f"linucb-{alpha}": partial(LinUcb, alpha=alpha) for alpha in (0.1, 0.2, 0.5)},
    "lints-0.2": partial(LinTs, spread=0.2),
}
_PLAIN = Learning(
    learning_rate=0.5,
    constant=True,
    interactions=("UA", "CA", "UP", "CP", "AP"),
    ignore_linear="",
    propensity_floor=0.001,
    centre=False,
    replay=Replay(depth=0, least=0),
)
_ENGINES: Mapping[str, Policy] = {
    "engine": Policy(id="demo"),
    "plain-vw": Policy(id="demo", exploration=Exploration(kind="epsilon_greedy", min_probability=0.0), learning=_PLAIN),
}
POLICIES = (*_ENGINES, *_YARDSTICKS)


class UnknownName(ValueError):
    """No such world or policy, or no such part of a policy's config. The message says what there is."""


def world(name: str, seed: int, cache_folder: Path) -> Environment:
    """A world by name. Raises UnknownName; wheels.Unavailable if its data cannot be had."""
    if name in _SHOPS:
        return _SHOPS[name](seed)
    if name == "movielens":
        return Movielens(seed, _ratings(cache_folder))
    if name in labelled.NAMES:
        return Classification(seed, labelled.read(name, cache_folder))
    raise UnknownName(f"no world {name!r}; there are {', '.join(WORLDS)}")


def rounds_in(name: str, rounds: int, cache_folder: Path) -> int:
    """How many of `rounds` a world gives: of a data set one pass, but for PASSES_END at most."""
    if name not in labelled.NAMES:
        return rounds
    return min(rounds, PASSES_END, len(labelled.read(name, cache_folder).label))


def contender(name: str, seed: int, catalog: Json) -> ChoosingPolicy:
    """A policy by name, with its changes. Raises UnknownName."""
    if name in _YARDSTICKS:
        return _YARDSTICKS[name](seed)
    policy = config(name)
    return Engine(seed, catalog, policy.exploration, policy.learning)


def config(name: str) -> Policy:
    """The config of an engine by name, with its changes. Raises UnknownName.

    >>> config("engine:exploration.kind=greedy,learning.bits=20").learning.bits
    20
    """
    base, _, changes = name.partition(":")
    if base not in _ENGINES:
        raise UnknownName(f"no policy {name!r}; there are {', '.join(POLICIES)}")
    written = msgspec.to_builtins(_ENGINES[base])
    try:
        for change in filter(None, changes.split(",")):
            path, value = change.split("=")
            _put(written, path.split("."), value)
        return msgspec.convert(written, Policy, strict=False)
    except (KeyError, ValueError, msgspec.ValidationError) as fault:
        raise UnknownName(f"{name!r} changes what there is not: {fault}") from None


def _put(written: dict[str, Any], path: list[str], value: str) -> None:
    *folders, last = path
    for folder in folders:
        written = written[folder]
    written[last] = [term for term in value.split("+") if term] if isinstance(written[last], (list, tuple)) else value


@cache
def _ratings(cache_folder: Path) -> Ratings:
    return read_ratings(ratings.ensure(cache_folder))
