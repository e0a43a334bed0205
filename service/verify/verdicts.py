"""What `adbandit verify` found: for each policy, each check with the first thing that is not as it must be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

CheckName = Literal["archive", "records", "draws", "scores", "model", "published", "calibration"]


class Difference(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that is not as it must be."""

    field: str
    expected: str
    found: str
    decision: str = ""  # hex id
    position: str = ""  # in the log
    slot: int | None = None
    file: str = ""

    def __str__(self) -> str:
        place = [("decision", self.decision), ("position", self.position), ("slot", self.slot), ("file", self.file)]
        where = ", ".join(f"{name} {value}" for name, value in place if value not in ("", None))
        return f"{self.field}: expected {self.expected}, found {self.found}{f' ({where})' if where else ''}"


class Check(msgspec.Struct, kw_only=True):
    """One check over all that a policy has."""

    name: CheckName
    looked_at: int = 0
    of: str = ""  # what was looked at
    differences: int = 0
    first: Difference | None = None
    skipped: str = ""  # why, if it was

    @property
    def holds(self) -> bool:
        return not self.differences

    def look(self, differences: Iterable[Difference] = (), count: int = 1) -> None:
        """Count what was looked at and what was not as it must be."""
        self.looked_at += count
        for difference in differences:
            self.differences += 1
            self.first = self.first or difference


class CellFound(msgspec.Struct, frozen=True, kw_only=True):
    """Draws of one ad, or of a group of all, in one class of propensities: see bandit.calibration."""

    template: str
    placement: str
    propensity_from: float
    propensity_to: float
    offered: int
    expected: float
    drawn: int
    ratio: float
    low: float
    high: float


class Verdict(msgspec.Struct, kw_only=True):
    """One policy."""

    policy: str
    version: int  # of the model
    outcomes: int  # archived
    seconds: float = 0.0
    checks: list[Check]
    notes: list[str]  # what is worth a look and breaks no promise
    cells: list[CellFound]

    @property
    def holds(self) -> bool:
        return all(check.holds for check in self.checks)


def as_json(verdicts: list[Verdict]) -> bytes:
    """Everything, for machines."""
    plain = [
        msgspec.to_builtins(verdict)
        | {"holds": verdict.holds}
        | {"checks": [msgspec.to_builtins(check) | {"holds": check.holds} for check in verdict.checks]}
        for verdict in verdicts
    ]
    whole = {"holds": all(verdict.holds for verdict in verdicts), "policies": plain}
    return msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n"
