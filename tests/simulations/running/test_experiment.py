from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bandit.config import Policy
from bandit.errors import BadInput
from simulations.running.closed_loop import ClosedLoop
from simulations.running.experiment import checked, read
from simulations.simulate import simulate_all

EXAMPLE = Path(__file__).parents[3] / "docs" / "experiment.yaml"


def written(**changed: Any) -> dict[str, Any]:
    return {"environments": ["shop"], "policies": ["engine", "uniform"], "rounds": 20} | changed


def test_the_example_of_the_docs_runs(tmp_path: Path) -> None:
    asked = checked(read(EXAMPLE) | {"rounds": 20, "seeds": 1})
    found = simulate_all(asked.jobs(), workers=0, folder=tmp_path)
    assert found.ends().height == 8
    assert asked.compared_with == "uniform"


def test_a_config_is_one_of_our_engine() -> None:
    careful = {"name": "careful", "exploration": {"kind": "squarecb"}, "learning": {"interactions": ["UA"]}}
    (job,) = checked(written(policies=[careful], seeds=1)).jobs()
    assert isinstance(job.chooser, Policy)
    assert (job.policy, job.chooser.exploration.kind, job.chooser.learning.interactions) == (
        "careful",
        "squarecb",
        ("UA",),
    )


def test_seeds_are_counted_from_1_or_named() -> None:
    assert sorted({job.seed for job in checked(written(seeds=3)).jobs()}) == [1, 2, 3]
    assert sorted({job.seed for job in checked(written(seeds=[7, 3])).jobs()}) == [3, 7]


def test_the_service_is_a_policy_among_others() -> None:
    asked = checked(written(policies=["engine", "service"], every=50, seeds=1))
    assert asked.jobs()[1].chooser == ClosedLoop("start", 50)


def test_a_running_service_is_asked_by_one_run_only() -> None:
    asked = checked(written(policies=["service"], service="http://127.0.0.1:1", seeds=2))
    with pytest.raises(BadInput, match="2 runs ask for it"):
        asked.jobs()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"rounds": 0}, "#/rounds: .*>= 1"),
        ({"rounds": "many"}, "#/rounds: .*got `str`"),
        ({"environments": []}, "#/environments: .*length >= 1"),
        ({"environments": "shop"}, "#/environments: .*got `str`"),
        ({"seeds": 0}, "#/seeds: .*>= 1"),
        ({"seeds": [1, "x"]}, "#/seeds/1: .*got `str`"),
        ({"delay": -1}, "#/delay: .*>= 0"),
        ({"round": 5}, "unknown field `round`"),
        ({"policies": [{"name": "a", "learning": {"bits": 90}}]}, "#/policies/0/learning/bits: .*<= 28"),
        ({"policies": [{"name": "a", "explore": {}}]}, "#/policies/0: .*unknown field `explore`"),
        ({"policies": [{"exploration": {}}]}, "#/policies/0: .*field `name`"),
        ({"policies": [{"name": "a", "exploration": {"kind": "best"}}]}, "#/policies/0/exploration/kind: .*'best'"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        checked(written(**changed))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"policies": ["engine", {"name": "engine"}]}, "#/policies/1: .*two policies called 'engine'"),
        ({"policies": ["engine:learning.bits=99"]}, "#/policies/0: .*learning.bits"),
        ({"environments": ["shop", "mars"]}, "#/environments/1: no world 'mars'"),
        ({"seeds": [1, 1]}, "#/seeds: .*twice"),
    ],
)
def test_names_that_lead_nowhere_or_stand_twice_are_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises((BadInput, ValueError), match=said):
        checked(written(**changed)).jobs()


def test_a_reference_takes_part() -> None:
    assert checked(written()).compared_with == "engine"
    with pytest.raises(BadInput, match="#/reference: 'oracle' is none"):
        _ = checked(written(reference="oracle")).compared_with


@pytest.mark.parametrize("text", ["environments: [shop", "- a list", "", "\x00", "just text"])
def test_a_file_that_is_no_mapping_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "e.yaml").write_text(text)
    with pytest.raises(BadInput, match=r"e\.yaml#"):
        read(tmp_path / "e.yaml")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No such file"):
        read(tmp_path / "nothing.yaml")
