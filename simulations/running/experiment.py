"""An experiment written down: which policies meet in which worlds, how long and how often."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from bandit.config import Exploration, Learning, Policy
from bandit.errors import BadInput
from simulations.running.closed_loop import SERVICE, START, ClosedLoop
from simulations.running.runner import Chooser, Job
from simulations.simulate import jobs

Seed = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Our engine with a config of its own, as a policy of the catalog has one."""

    name: Name  # in the table
    exploration: Exploration = Exploration()
    learning: Learning = Learning()


class Experiment(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What `adbandit simulate` reads."""

    environments: Annotated[tuple[Name, ...], Meta(min_length=1)]
    policies: Annotated[tuple[Name | Config, ...], Meta(min_length=1)]
    rounds: Annotated[int, Meta(ge=1, le=1_000_000_000)]  # of each run; of a data set one pass at most
    # How many, from 1, or which.
    seeds: Annotated[int, Meta(ge=1, le=10_000)] | Annotated[tuple[Seed, ...], Meta(min_length=1)] = 5
    delay: Annotated[int, Meta(ge=0, le=1_000_000)] = 0  # rounds a reward waits before it is learned
    reference: Name | None = None  # policy the others are compared with; default the first
    service: Name = START  # what the policy `service` is: `start`, or the address of a running one
    every: Annotated[int, Meta(ge=0, le=1_000_000)] = 500  # rounds after which the run waits until the service learned

    def jobs(self) -> list[Job]:
        """Every run of it. Raises UnknownName, and BadInput for names or seeds that stand twice."""
        choosers: dict[str, str | Policy | Chooser] = {}
        for at, policy in enumerate(self.policies):
            name = policy if isinstance(policy, str) else policy.name
            if name in choosers:
                raise BadInput(f"#/policies/{at}", "duplicate", f"there are two policies called {name!r}")
            choosers[name] = self._chooser(policy)
        found = jobs(self.environments, choosers, rounds=self.rounds, seeds=self.seeds, delay=self.delay)
        asked = sum(isinstance(job.chooser, ClosedLoop) for job in found)
        if self.service != START and asked > 1:
            detail = f"a running service has one model to learn in, and {asked} runs ask for it: one world, one seed"
            raise BadInput("#/service", "bound", f"{detail}; or `service: {START}`, which starts one for each")
        return found

    @property
    def compared_with(self) -> str:
        """The reference. Raises BadInput if it does not take part."""
        names = [policy if isinstance(policy, str) else policy.name for policy in self.policies]
        if self.reference is None:
            return names[0]
        if self.reference not in names:
            detail = f"{self.reference!r} is none of the policies: {', '.join(names)}"
            raise BadInput("#/reference", "unresolved", detail)
        return self.reference

    def _chooser(self, policy: str | Config) -> str | Policy | Chooser:
        if isinstance(policy, Config):
            return Policy(id="demo", exploration=policy.exploration, learning=policy.learning)
        if policy == SERVICE:
            return ClosedLoop(self.service, self.every)
        return policy


def read(path: Path) -> dict[str, Any]:
    """What an experiment's file says, not checked yet, so that options can take its place.

    Raises BadInput naming the file if it cannot be read or is no mapping.
    """
    try:
        written = msgspec.yaml.decode(path.read_bytes())
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError, RecursionError) as fault:
        raise BadInput(f"{path}#", "type", _one_line(str(fault))) from None
    if not isinstance(written, dict):
        raise BadInput(f"{path}#", "type", "an experiment is a mapping: environments, policies, rounds and so on")
    return written


def checked(written: dict[str, Any], origin: str = "") -> Experiment:
    """An experiment of plain values. Raises BadInput naming the field.

    origin  where it was written, for the message

    >>> checked({"environments": ["shop"], "policies": ["engine"], "rounds": "many"})
    Traceback (most recent call last):
    bandit.errors.BadInput: #/rounds: Expected `int`, got `str`
    """
    try:
        return msgspec.convert(written, Experiment)
    except msgspec.ValidationError as fault:
        detail, _, place = str(fault).partition(" - at `$")
        pointer = "".join(f"/{part}" for part in re.findall(r"[^.\[\]`]+", place))
        raise BadInput(f"{origin}#{pointer}", "type", detail) from None


def _one_line(text: str) -> str:
    return " ".join(text.split())
