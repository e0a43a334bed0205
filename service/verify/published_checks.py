"""What web workers have: changes lately published, each against the version it leads to, and what is loaded afresh."""

from __future__ import annotations

import zlib

import msgspec
import numpy as np

from bandit.config import Learning
from bandit.errors import SnapshotRefused
from bandit.fold import read_base, read_model
from bandit.model import Model
from service.serving import crc
from service.store.commands import Store, WeightChange
from service.verify.taking import Taken
from service.verify.verdicts import Check, Difference


class PublishedCheck:
    """Compares as versions come by."""

    def __init__(self, store: Store, taken: Taken) -> None:
        self.check = Check(name="published", of="versions")
        self._taken = taken
        self._changes = {change.after: change for change in taken.changes}
        self._left = set(self._changes)  # versions not compared yet

    def versions(self, base: int) -> list[int]:
        """Published versions from `base` on, rising."""
        return sorted(version for version in self._changes if version >= base)

    def at(self, version: int, model: Model) -> None:
        """Compare a change with the weights it must lead to."""
        change = self._changes.get(version)
        if change is None or version not in self._left:
            return
        self._left.discard(version)
        weights = model.weights().astype("<f4")
        differences = []
        if crc(*change[:-1]) != change.crc:
            differences.append(Difference(field=f"version {version}", expected="its checksum", found="another"))
        elif (other := _other(change, weights)) is not None:
            at, expected, found = other
            field = f"weights[{at}] of version {version}"
            differences.append(Difference(field=field, expected=repr(expected), found=repr(found)))
        elif zlib.crc32(weights.tobytes()) != change.table:
            differences.append(Difference(field=f"version {version}", expected="the table learned", found="another"))
        elif model.centre().to_bytes() != change.centre:
            differences.append(
                Difference(field=f"means of version {version}", expected="those learned", found="others")
            )
        self.check.look(differences)

    def served(self, base: int) -> None:
        """Compare the snapshot, which a worker that starts loads, with the newest change, which all others apply.

        base  of the line in force; each of its versions that was published has come by
        """
        fields = self._taken.fields
        never = sorted(version for version in self._left if version >= base)
        expected = "after some outcome of the archive or the log"
        self.check.look(
            (Difference(field="version published", expected=expected, found=str(version)) for version in never),
            len(never),
        )
        try:
            model = read_model(fields, msgspec.json.decode(fields["learning"], type=Learning))
        except SnapshotRefused as fault:
            self.check.look([Difference(field="snapshot", expected="one that is served", found=str(fault))])
            return
        newest = self._taken.changes[-1] if self._taken.changes else None
        loaded = read_base(fields) + model.learned
        differences = []
        if newest is not None and newest.after != loaded:
            differences.append(Difference(field="newest version", expected=str(loaded), found=str(newest.after)))
        elif newest is not None and zlib.crc32(model.weights().astype("<f4").tobytes()) != newest.table:
            differences.append(Difference(field=f"version {loaded}", expected="the snapshot's weights", found="others"))
        self.check.look(differences)


def _other(change: WeightChange, weights: np.ndarray) -> tuple[int, float, float] | None:
    """The first weight that is published otherwise: (index, learned, published)."""
    index, value = np.frombuffer(change.indices, "<u4"), np.frombuffer(change.values, "<f4")
    if len(index) != len(value) or np.any(index >= len(weights)):
        return 0, float("nan"), float("nan")
    differ = np.flatnonzero(weights[index] != value)
    if not differ.size:
        return None
    at = int(differ[0])
    return int(index[at]), float(weights[index[at]]), float(value[at])
