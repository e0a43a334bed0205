"""The researcher's bench measures a running service."""

from __future__ import annotations

import numpy as np

from simulations.environments.base import DRAWS, SLOTS, Json, Round
from simulations.running.closed_loop import ClosedLoop
from simulations.simulate import simulate
from tests.catalogs import CATALOG
from tests.running import Running, eventually

PAIRS = (("sale", "hero"), ("sale", "rail"), ("new", "hero"), ("new", "rail"))


class TwoTastes:
    """Half of the users click one ad of the catalog that the service runs with, half the other, each always."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def catalog(self) -> Json:
        policy = next(policy for policy in CATALOG["policies"] if policy["id"] == "dry")
        return CATALOG | {"policies": [policy]}

    def round(self, t: int) -> Round:
        taste = ("sale", "new")[t % 2]
        return Round(
            t=t,
            request={"policy": "dry", "context": {"user": {"taste": taste}}, "count": 1},
            candidates=PAIRS,
            click_probability=np.array([float(template == taste) for template, _ in PAIRS]),
            purchase_probability=np.zeros(4),
            purchase_value=np.zeros(4),
            draws=np.full((SLOTS, DRAWS), 0.5),
        )


def test_the_service_learns_in_a_simulation_and_its_report_says_the_same(service: Running) -> None:
    before = clicks(service)
    found = simulate({"tastes": TwoTastes}, {"service": ClosedLoop(service.url, 60)}, rounds=240, seeds=1, workers=0)
    half, end = (found.table.filter(rounds=rounds).row(0, named=True) for rounds in (120, 240))
    assert end["lost"] == 0
    assert end["earned"] - half["earned"] > half["earned"] + 10
    assert end["clicks"] == end["earned"]
    assert eventually(lambda: clicks(service) == before + end["clicks"])


def clicks(service: Running) -> int:
    return sum(arm["clicks"] for arm in service.report("dry")["arms"].values())
