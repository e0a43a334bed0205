"""What may be tried, and what is drawn of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from bandit.config import Exploration, Policy
from bandit.errors import BadInput
from simulations.tuning.space import BASE, DEFAULT, changed, drawn, read_space

HOME = Policy(id="home", exploration=Exploration(kind="uniform"))


def test_every_value_of_the_default_space_makes_a_policy() -> None:
    for name, values in DEFAULT.items():
        for value in values:
            changed(HOME, {name: value})


def test_the_same_seed_draws_the_same_configs_and_another_others() -> None:
    assert drawn(DEFAULT, HOME, 10, seed=1) == drawn(DEFAULT, HOME, 10, seed=1)
    assert drawn(DEFAULT, HOME, 10, seed=1) != drawn(DEFAULT, HOME, 10, seed=2)


def test_the_policys_own_config_is_tried_first_and_no_config_twice() -> None:
    found = drawn(DEFAULT, HOME, 40, seed=1)
    assert next(iter(found)) == BASE
    assert len({msgspec.json.encode(changed(HOME, changes)) for changes in found.values()}) == len(found) == 41


def test_a_small_space_is_tried_whole() -> None:
    found = drawn({"exploration.kind": ("greedy", "uniform", "softmax")}, HOME, 50, seed=1)
    assert sorted(changes.get("exploration.kind", "uniform") for changes in found.values()) == [
        "greedy",
        "softmax",
        "uniform",
    ]


def test_changes_name_only_what_differs_and_what_their_exploration_looks_at() -> None:
    for changes in drawn(DEFAULT, HOME, 60, seed=3).values():
        kind = changes.get("exploration.kind", "uniform")
        assert ("exploration.softmax_lambda" in changes) <= (kind == "softmax")
        assert changes.get("learning.cb_type") != "mtr"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({"learning.rate": (1.0,)}, "no part"),
        ({"learning": ({},)}, "no part"),
        ({"id": ("a",)}, "no part"),
        ({"learning.replay.depth.more": (1,)}, "no part"),
        ({"learning.replay.depth": (-1,)}, "makes no policy"),
        ({"exploration.kind": ("luck",)}, "makes no policy"),
        ({"learning.vw_args": (["--quiet"],)}, "makes no policy"),
    ],
)
def test_parts_and_values_that_no_policy_has_are_refused_by_name(written: dict[str, Any], told: str) -> None:
    with pytest.raises(BadInput, match=told) as refused:
        drawn(written, HOME, 3, seed=1)
    assert next(iter(written)).split(".")[0] in refused.value.pointer


def test_a_space_is_read_from_yaml(tmp_path: Path) -> None:
    path = tmp_path / "space.yaml"
    path.write_text("exploration.kind: [greedy, softmax]\nlearning.replay.depth: [0, 8]\n")
    assert read_space(path) == {"exploration.kind": ("greedy", "softmax"), "learning.replay.depth": (0, 8)}


@pytest.mark.parametrize("text", ["", "- 1", "a: 1", "exploration.kind: []", "{", "\x00"])
def test_what_is_no_space_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "space.yaml"
    path.write_text(text)
    with pytest.raises(BadInput):
        read_space(path)
