from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from simulations.demo.started import Service
from simulations.environments.base import Json
from simulations.environments.shop import Shop
from simulations.running import closed_loop
from simulations.running.closed_loop import ClosedLoop, NotServed, catalog
from simulations.running.runner import play
from simulations.running.track import Played
from simulations.simulate import simulate
from tests.simulations.faulty_service import FaultyService


class Keen(Shop):
    """Everybody clicks."""

    def round(self, t: int):
        plain = super().round(t)
        return replace(plain, click_probability=np.ones(len(plain.candidates)))


def asked(service: FaultyService, rounds: int = 10, *, every: int = 0) -> Played:
    with ClosedLoop(service.url, every)(1, Keen(1)) as policy:
        return play(Keen(1), policy, rounds)


def test_a_service_of_its_own_is_started_with_the_catalog_of_the_world(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = []

    @contextmanager
    def start(written: Json, *_folders: Path) -> Iterator[Service]:
        with FaultyService(written) as service:
            begun.append(written)
            yield Service(service.url)

    monkeypatch.setattr(closed_loop, "started", start)
    found = simulate({"keen": Keen}, {"service": ClosedLoop(), "even": "uniform"}, rounds=30, seeds=2, workers=0)
    ends = found.ends().filter(policy="service")
    assert begun == [catalog(Keen(1))] * 2
    assert (ends.get_column("earned").to_list(), ends.get_column("lost").to_list()) == ([30.0, 30.0], [0, 0])


def test_each_click_is_told_once() -> None:
    with FaultyService(catalog(Keen(1))) as service:
        played = asked(service)
        assert list(service.clicks.values()) == [1] * 10
    assert (played.earned.sum(), played.lost[-1]) == (10.0, 0)


@pytest.mark.parametrize("fault", [503, 429, "cut"])
def test_a_decision_without_an_answer_is_counted_and_earns_nothing(fault: int | str) -> None:
    with FaultyService(catalog(Keen(1)), decisions=[fault, fault]) as service:
        played = asked(service)
        assert len(service.clicks) == 8
    assert (played.earned.sum(), played.lost.tolist()) == (8.0, [1] + 9 * [2])


def test_a_click_is_told_again_until_it_is_taken() -> None:
    with FaultyService(catalog(Keen(1)), events=["cut", 503]) as service:
        played = asked(service)
        assert list(service.clicks.values()) == [1] * 10
    assert played.lost[-1] == 0


def test_a_click_that_is_never_taken_or_too_late_is_counted() -> None:
    with FaultyService(catalog(Keen(1)), events=[503, 503, 503, "late"]) as service:
        assert asked(service).lost[-1] == 2


def test_no_ad_is_no_loss() -> None:
    with FaultyService(catalog(Keen(1)), decisions=["empty"]) as service:
        played = asked(service)
    assert (played.earned.sum(), played.lost[-1]) == (9.0, 0)


def test_the_run_waits_for_the_service_to_learn_every_so_many_rounds_and_at_the_end() -> None:
    with FaultyService(catalog(Keen(1))) as service:
        asked(service, every=4)
        assert service.learned[1:] == [4, 8, 10]  # the first look is before the run


def test_what_is_refused_each_time_ends_the_run() -> None:
    with FaultyService(catalog(Keen(1)), decisions=[401]) as service, pytest.raises(NotServed, match="answers 401"):
        asked(service)


def test_a_service_with_another_catalog_is_not_measured() -> None:
    other = catalog(Keen(1)) | {"templates": [{"id": "stranger"}]}
    with FaultyService(other) as service, pytest.raises(NotServed, match="--catalog"):
        asked(service)


def test_a_service_that_is_not_there_is_named() -> None:
    with (
        pytest.raises(NotServed, match="no service answers"),
        ClosedLoop("http://127.0.0.1:9")(1, Shop(1)),
    ):
        pass


def test_a_run_against_a_running_service_is_not_kept(tmp_path: Path) -> None:
    with FaultyService(catalog(Keen(1))) as service:
        loop = ClosedLoop(service.url, 0)
        simulate({"keen": Keen}, {"service": loop}, rounds=5, seeds=1, workers=0, folder=tmp_path)
    assert not list(tmp_path.glob("runs/*.msgpack"))


def test_nobody_is_held_out() -> None:
    assert all("holdout" not in policy for policy in catalog(Shop(1))["policies"])
