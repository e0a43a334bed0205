from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simulations.bakeoff import interval, jobs, standings, table
from simulations.contenders import UnknownName, config, contender, world
from simulations.environments.shop import Shop
from simulations.policies.base import Choice
from simulations.policies.uniform import Uniform
from simulations.runner import Job, Run, marks, play, run_all

NOWHERE = Path("/nowhere")  # the shop needs no data


class Listening(Uniform):
    """An even draw that writes down when it is taught."""

    def __init__(self) -> None:
        super().__init__(1)
        self.asked = 0
        self.heard: list[tuple[int, int]] = []  # (round, rounds asked for by then)

    def choose(self, visit):
        self.asked += 1
        return super().choose(visit)

    def learn(self, visit, choice: Choice, reward: float) -> None:
        self.heard.append((visit.t, self.asked))


def shop_runs(workers: int) -> list[Run]:
    wanted = jobs(["shop"], ["uniform", "thompson"], rounds=50, seeds=2)
    return list(run_all(wanted, NOWHERE, workers=workers))


def test_numbers_do_not_depend_on_how_many_processes_there_are() -> None:
    alone, together = shop_runs(1), shop_runs(2)
    assert [(run.job, run.marks) for run in alone] == [(run.job, run.marks) for run in together]


def test_a_reward_is_learned_after_its_delay() -> None:
    listening = Listening()
    play(Shop(1), listening, 10, delay=3)
    assert listening.heard == [(t, t + 4) for t in range(7)]


def test_rewards_are_the_true_chances_of_what_was_shown() -> None:
    earned, _ = play(Shop(1), Uniform(1), 20)
    chosen = [Uniform(1).choose(Shop(1).round(t)).chosen for t in range(20)]
    assert earned.tolist() == [Shop(1).round(t).click_probability[i] for t, i in enumerate(chosen)]


def test_marks_are_means_since_the_start_and_of_the_last_tenth() -> None:
    first, last = marks(np.arange(1_000.0))
    assert (first.rounds, first.mean, first.late) == (500, 249.5, 474.5)
    assert (last.rounds, last.mean, last.late) == (1_000, 499.5, 949.5)


def test_a_paired_difference_is_tighter_than_the_two_means() -> None:
    found = standings(shop_runs(1), "uniform")
    learner = next(row for row in found if row.policy == "thompson")
    assert learner.seeds == 2
    assert learner.above == pytest.approx(learner.reward - found[0].reward)


def test_policies_on_other_seeds_are_not_compared() -> None:
    with pytest.raises(ValueError, match="same seeds"):
        standings(shop_runs(1)[:3], "uniform")


def test_one_seed_has_no_interval() -> None:
    assert interval(np.array([0.5])).half_width == float("inf")


def test_the_table_has_a_row_a_world_and_policy() -> None:
    assert table(standings(shop_runs(1), "uniform"), "uniform").row_count == 2


def test_a_change_reaches_the_config() -> None:
    changed = config("engine:exploration.kind=softmax,learning.replay.depth=3,learning.interactions=CA+UA")
    assert changed.exploration.kind == "softmax"
    assert (changed.learning.replay.depth, changed.learning.interactions) == (3, ("CA", "UA"))


@pytest.mark.parametrize("name", ["nobody", "engine:learning.speed=3", "engine:learning.bits=99", "engine:bits"])
def test_an_unknown_policy_or_part_is_refused(name: str) -> None:
    with pytest.raises(UnknownName):
        contender(name, 1, Shop(1).catalog())


def test_an_unknown_world_is_refused() -> None:
    with pytest.raises(UnknownName, match="shop-growing"):
        world("moon", 1, NOWHERE)


def test_a_job_is_a_value() -> None:
    assert Job("shop", "uniform", 1, 50) in {Job("shop", "uniform", 1, 50)}
