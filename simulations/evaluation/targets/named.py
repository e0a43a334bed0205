"""Targets by the words of the command line."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from bandit.errors import BadInput
from simulations.evaluation.targets.base import Fixed, Logged, Target, Uniform
from simulations.evaluation.targets.engine import Config, Engine, read_config
from simulations.evaluation.targets.function import called
from simulations.evaluation.targets.snapshot import Snapshot
from simulations.evaluation.targets.table import Column, Table

WORDS = (
    "uniform, logged, fixed:ACTION, policy, model, model@N, column:NAME, a YAML or JSON file of `exploration` and "
    "`learning`, a Parquet file of probabilities, or module:function"
)


def target(words: str) -> Target:
    """The target policy that is meant. Raises BadInput for what is none.

    uniform          an even draw
    logged           what was served
    fixed:ACTION     this action wherever it can be shown
    policy           the policy that served, learning the log from its beginning
    FILE.yaml        the same with other `exploration` or `learning`
    model, model@N   the policy's model, held still: the newest, or as it had learned N outcomes
    column:NAME      probabilities in a column of the log's table; `NAME*` for a column an action
    FILE.parquet     probabilities in a file, row by row as in the log
    module:function  a Python function of the context and the candidates

    >>> target("fixed:sale/hero").name
    'fixed:sale/hero'
    """
    for pattern, made in _KINDS:
        if found := re.fullmatch(pattern, words):
            return made(found)
    raise BadInput("#/target", "unknown", f"{words!r} is no target; there are {WORDS}")


def _engine(found: re.Match[str]) -> Target:
    return Engine(read_config(Path(found[0])), name=found[0])


_KINDS: tuple[tuple[str, Callable[[re.Match[str]], Target]], ...] = (
    ("uniform", lambda found: Uniform()),
    ("logged", lambda found: Logged()),
    ("policy", lambda found: Engine(Config(), name="policy")),
    (r"model(?:@(\d{1,15}))?", lambda found: Snapshot(int(found[1]) if found[1] else None)),
    ("fixed:(.+)", lambda found: Fixed(found[1])),
    ("column:(.+)", lambda found: Column(found[1])),
    (r".+\.(?:yaml|yml|json)", _engine),
    (r".+\.parquet", lambda found: Table(Path(found[0]))),
    (r"[\w.]+:\w+", lambda found: called(found[0])),
)
