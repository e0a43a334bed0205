from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from msgspec.structs import replace

from simulations.contenders import UnknownName, config, contender, world
from simulations.environments.base import History
from simulations.environments.shop import Shop
from simulations.policies.base import Choice
from simulations.policies.uniform import Uniform
from simulations.running.bakeoff import bake, interval, jobs, standings, table
from simulations.running.runner import Job, Run, play
from simulations.running.track import marks, track
from simulations.simulate import simulate

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


class Slow(Shop):
    """Round t asks for t rounds of further delay."""

    def round(self, t: int):
        return replace(super().round(t), delay=t)


class Missed(Shop):
    """Everybody clicks, and no click is heard of."""

    def round(self, t: int):
        plain = super().round(t)
        return replace(plain, click_probability=np.ones(len(plain.candidates)), missed=True)


class Worthless(Shop):
    """No ad is worth anything."""

    def round(self, t: int):
        plain = super().round(t)
        return replace(plain, worth=np.zeros(len(plain.candidates)))


class Wearing(Shop):
    """Writes down how much was shown before each round."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.seen: list[int] = []

    def worn(self, visit, history: History):
        self.seen.append(sum(len(rounds) for rounds in history._seen.values()))
        return visit


class Ahead(Uniform):
    """Writes down how far it was let look."""

    looked: ClassVar[list[int]] = []

    def __init__(self, seed: int, _environment) -> None:
        super().__init__(seed)

    def prepare(self, _environment, rounds: int) -> None:
        self.looked.append(rounds)


class Silent(Uniform):
    """Shows nothing."""

    def choose(self, _visit) -> None:
        return None

    def learn(self, *_) -> None:
        raise AssertionError


def shop_runs() -> list[Run]:
    wanted = jobs(["shop"], ["uniform", "thompson"], rounds=50, seeds=2)
    return bake(wanted, NOWHERE, workers=1)


def test_a_reward_is_learned_after_its_delay() -> None:
    listening = Listening()
    play(Shop(1), listening, 10, delay=3)
    assert listening.heard == [(t, t + 4) for t in range(7)]


def test_rewards_are_the_true_chances_of_what_was_shown() -> None:
    earned = play(Shop(1), Uniform(1), 20).earned
    chosen = [Uniform(1).choose(Shop(1).round(t)).chosen for t in range(20)]
    assert earned.tolist() == [Shop(1).round(t).click_probability[i] for t, i in enumerate(chosen)]


def test_a_round_may_ask_for_further_delay_and_rewards_are_learned_as_they_become_known() -> None:
    listening = Listening()
    play(Slow(1), listening, 10, delay=1)
    assert listening.heard == [(0, 2), (1, 4), (2, 6), (3, 8), (4, 10)]


def test_a_click_that_is_missed_is_learned_as_none() -> None:
    played = play(Missed(1), Uniform(1), 200)
    assert played.earned.sum() > 0.0
    assert not played.told.any()


def test_what_is_earned_is_worth_and_not_clicks() -> None:
    assert not play(Worthless(1), Uniform(1), 20).earned.any()


def test_a_world_that_wears_is_shown_what_was_shown() -> None:
    wearing = Wearing(1)
    play(wearing, Uniform(1), 5)
    assert wearing.seen == [0, 1, 2, 3, 4]


def test_a_policy_that_looks_ahead_is_let() -> None:
    simulate("shop", {"ahead": Ahead}, rounds=10, seeds=[3], workers=0)
    assert Ahead.looked == [10]


def test_where_nothing_is_shown_nothing_is_earned_or_learned() -> None:
    played = play(Shop(1), Silent(1), 20)
    assert not played.earned.any()
    assert played.oracle.all()


def test_a_track_has_a_hundred_points_and_ends_at_the_end() -> None:
    found = track(play(Shop(1), Uniform(1), 250))
    assert len(found.rounds) == 100
    assert found.rounds[-1] == 250
    assert found.earned[-1] == pytest.approx(play(Shop(1), Uniform(1), 250).earned.sum())


def test_marks_are_means_since_the_start_and_of_the_last_tenth() -> None:
    first, last = marks(np.arange(1_000.0))
    assert (first.rounds, first.mean, first.late) == (500, 249.5, 474.5)
    assert (last.rounds, last.mean, last.late) == (1_000, 499.5, 949.5)


def test_a_paired_difference_is_tighter_than_the_two_means() -> None:
    found = standings(shop_runs(), "uniform")
    learner = next(row for row in found if row.policy == "thompson")
    assert learner.seeds == 2
    assert learner.above == pytest.approx(learner.reward - found[0].reward)


def test_policies_on_other_seeds_are_not_compared() -> None:
    with pytest.raises(ValueError, match="same seeds"):
        standings(shop_runs()[:3], "uniform")


def test_one_seed_has_no_interval() -> None:
    assert interval(np.array([0.5])).half_width == float("inf")


def test_the_table_has_a_row_a_world_and_policy() -> None:
    assert table(standings(shop_runs(), "uniform"), "uniform").row_count == 2


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
