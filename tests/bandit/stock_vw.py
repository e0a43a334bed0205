"""Stock Vowpal Wabbit as the oracle: it parses, predicts and learns by itself, from the same names and numbers.

Only text made by tests gets here: VW's parsers are not safe with text of others.
"""

import json
from collections.abc import Sequence
from functools import cache

import numpy as np
from vowpal_wabbit_next import CBLabel, DSJsonFormatParser, Example, Workspace

from bandit.config import Learning, vw_arguments
from bandit.features import Feature, Vector

Features = dict[str, Feature]
NAMESPACES = {"U": "User", "C": "Context", "A": "Ad", "P": "Placement"}


def dsjson(shared: Sequence[Features], actions: Sequence[Sequence[Features]], label: tuple[int, float, float]) -> str:
    """One line as the service exports it: `label` is (chosen position, cost, propensity)."""
    chosen, cost, propensity = label
    multi = ",".join("{" + _namespaces(action, "AP") + "}" for action in actions)
    return (
        f'{{"_label_cost":{cost!r},"_label_probability":{propensity!r},"_label_Action":{chosen + 1},'
        f'"_labelIndex":{chosen},"a":{list(range(1, len(actions) + 1))},"p":{[1 / len(actions)] * len(actions)},'
        f'"c":{{{_namespaces(shared, "UC")},"_multi":[{multi}]}}}}'
    )


def _namespaces(features: Sequence[Features], groups: str) -> str:
    return ",".join(f'"{NAMESPACES[g]}":{_members(each)}' for g, each in zip(groups, features, strict=True))


def _members(features: Features) -> str:
    """A JSON object in which the name of a list of strings stands once for each of them."""
    members = [(n, v) for n, value in features.items() for v in (value if isinstance(value, list) else [value])]
    return "{" + ",".join(f"{json.dumps(name)}:{json.dumps(value)}" for name, value in members) + "}"


def parsed(features: Features, bits: int = 18, hashed: str = "strings") -> tuple[list[int], list[float]]:
    """Indices and values of one namespace's features, as VW's dsjson parser makes them."""
    line = dsjson(({}, features), [({}, {"id": "a"})], (0, 0.0, 1.0))
    group = _parser(bits, hashed).parse_json(line)[0]["C"]
    return list(group.indices), list(group.values)


@cache
def _parser(bits: int, hashed: str) -> DSJsonFormatParser:
    return DSJsonFormatParser(Workspace(vw_arguments(Learning(bits=bits, hash=hashed))))


def predicted(workspace: Workspace, shared: Sequence[Vector], actions: Sequence[Sequence[Vector]]) -> np.ndarray:
    """VW's prediction for each action, in the order given."""
    examples = [_example("UC", shared, CBLabel(shared=True))]
    examples += [_example("AP", action, CBLabel()) for action in actions]
    values = np.empty(len(actions))
    for action, value in workspace.predict_one(examples):
        values[action] = value
    return values


def _example(groups: str, vectors: Sequence[Vector], label: CBLabel) -> Example:
    example = Example()
    example.set_label(label)
    for group, vector in zip(groups, vectors, strict=True):
        example[group].push_many_features(vector.index.astype(np.uint64), vector.value)
    return example


def explorer(options: list[str], learning: Learning, weights: np.ndarray) -> Workspace:
    """A stock `--cb_explore_adf` workspace with the weights given."""
    arguments = [argument for argument in vw_arguments(learning) if argument != "--cb_adf"]
    workspace = Workspace(["--cb_explore_adf", *options, *arguments])
    workspace.weights()[:, 0, 0] = weights
    return workspace
