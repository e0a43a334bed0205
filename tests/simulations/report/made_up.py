"""Results and evaluations as the commands write them, with numbers that are easy to know."""

from __future__ import annotations

import msgspec
import polars as pl

from simulations.evaluation.evaluated import Bar, Bin, Estimate, Evaluated
from simulations.report.contributions import Contribution, Contributions
from simulations.running.results import SCHEMA, Results, results

HOSTILE = "<b>it</b> & <a href='https://example.com/x'>co</a>"


def simulated(
    worlds: tuple[str, ...] = ("shop",), policies: tuple[str, ...] = ("engine", "uniform"), seeds: int = 3
) -> Results:
    """Runs of 400 rounds; a policy earns more the earlier its name, the lower its seed and the later it is."""
    rows = [
        (
            world,
            policy,
            seed,
            t,
            0.9 * t / (2 + at) + 0.01 * t * t / 400 / seed,
            0.9 * t,
            0.2 * t,
            0.5 * t,
            0,
            0.25,
            0.125,
        )
        for world in worlds
        for at, policy in enumerate(policies)
        for seed in range(1, seeds + 1)
        for t in range(4, 401, 4)
    ]
    return results([pl.DataFrame(rows, schema=dict(SCHEMA), orient="row")])


def evaluated() -> Evaluated:
    """One estimator refuses, and one has an interval far wider than the others."""
    return Evaluated(
        log="archive",
        target=HOSTILE,
        rounds=1_000,
        decisions=900,
        actions=80,
        level=0.95,
        seed=7,
        verdict="weak",
        reasons=("38 clicks are few.",),
        estimates={
            "ips": Estimate(0.5, 0.25, 0.75, "bootstrap"),
            "snips": Estimate(0.5, 0.375, 0.75, "bootstrap"),
            "dr": Estimate(0.4375, 0.375, 0.5, "normal"),
            "dm": Estimate(None, None, None, "none"),
            "wide": Estimate(0.5, -50.0, 50.0, "empirical_bernstein"),
        },
        logged=Estimate(0.375, 0.25, 0.5, "clopper_pearson"),
        truth=Estimate(0.5, 0.4375, 0.625, "clopper_pearson"),
        relative={"ips": 4 / 3},
        mean_weight=1.0,
        ess=250.0,
        max_weight=8.0,
        unsupported_mass=0.0,
        calibration=(Bin(0.1, 0.2, 1_000, 150.0, 150, 0.8, 1.2), Bin(0.2, 0.5, 100, 40.0, 10, 0.1, 0.6)),
        weights=(Bar(0.0, 0.0, 250), Bar(0.5, 1.0, 500), Bar(1.0, 2.0, 250)),
        command="adbandit evaluate archive",
    )


def refused() -> Evaluated:
    """The log cannot answer."""
    nothing = {name: Estimate(None, None, None, "none") for name in evaluated().estimates}
    return msgspec.structs.replace(evaluated(), verdict="refused", estimates=nothing, target="other", truth=None)


def explained() -> Contributions:
    """Features of each namespace, one with a name no figure has room for."""
    names = ("Ad id", "Context device", "User age", f"Placement {'long' * 30}", "constant")
    parts = (Contribution(name, 1.0 / (1 + i), 0.5 / (1 + i)) for i, name in enumerate(names))
    return Contributions("engine in shop", 10, 400, tuple(parts))
