"""Who takes part in a bake-off: named policies. Where they do is in `worlds`.

A name may carry changes of what is behind it, as in `engine:learning.replay.depth=0,exploration.kind=greedy` or
`linucb-0.2:penalty=1`.
They have names so that a job can be sent to another process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_args, get_type_hints

import msgspec

from bandit.config import Exploration, ExplorationKind, Learning, Policy, Replay
from simulations.environments.base import Json
from simulations.policies.base import ChoosingPolicy
from simulations.policies.best_fixed import BestFixed
from simulations.policies.engine import Engine
from simulations.policies.epsilon_greedy import EpsilonGreedy
from simulations.policies.fixed import Fixed
from simulations.policies.lints import LinTs
from simulations.policies.linucb import LinUcb
from simulations.policies.logistic import LogisticThompson
from simulations.policies.oracle import Oracle
from simulations.policies.thompson import Thompson
from simulations.policies.ucb1 import Ucb1
from simulations.policies.uniform import Uniform
from simulations.worlds import BAKE_OFF as WORLDS
from simulations.worlds import UnknownName, rounds_in, world

__all__ = ["POLICIES", "WORLDS", "UnknownName", "config", "contender", "rounds_in", "world"]

# Those that are not our engine: what makes one of a seed, and what the name sets.
_YARDSTICKS: Mapping[str, tuple[Callable[..., ChoosingPolicy], Mapping[str, Any]]] = {
    "uniform": (Uniform, {}),
    "fixed": (Fixed, {}),
    "best-fixed": (BestFixed, {}),
    "epsilon-greedy": (EpsilonGreedy, {}),
    "ucb1": (Ucb1, {}),
    "thompson": (Thompson, {}),
    **{f"linucb-{alpha}": (LinUcb, {"alpha": alpha}) for alpha in (0.1, 0.2, 0.5)},
    "lints-0.2": (LinTs, {"spread": 0.2}),
    "logistic-thompson": (LogisticThompson, {}),
    "oracle": (Oracle, {}),
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
    **{
        f"engine-{kind.replace('_', '-')}": Policy(id="demo", exploration=Exploration(kind=kind))
        for kind in get_args(ExplorationKind)
    },
}
POLICIES = (*_ENGINES, *_YARDSTICKS)


def contender(name: str, seed: int, catalog: Json) -> ChoosingPolicy:
    """A policy by name, with its changes. Raises UnknownName."""
    base, _, changes = name.partition(":")
    if base in _YARDSTICKS:
        return _yardstick(name, *_YARDSTICKS[base], seed, changes)
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


def _yardstick(
    name: str, make: Callable[..., ChoosingPolicy], named: Mapping[str, Any], seed: int, changes: str
) -> ChoosingPolicy:
    kinds = get_type_hints(make.__init__)
    del kinds["seed"]
    try:
        given = [change.split("=") for change in filter(None, changes.split(","))]
        changed = {part: msgspec.convert(value, kinds[part], strict=False) for part, value in given}
        return make(seed, **{**named, **changed})
    except (KeyError, ValueError, msgspec.ValidationError) as fault:
        raise UnknownName(f"{name!r} changes what there is not: {fault}") from None


def _put(written: dict[str, Any], path: list[str], value: str) -> None:
    *folders, last = path
    for folder in folders:
        written = written[folder]
    written[last] = [term for term in value.split("+") if term] if isinstance(written[last], (list, tuple)) else value
