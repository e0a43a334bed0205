"""All that is kept of a policy, as it was at one moment, also while the service runs.

The snapshot, the log and the archive are in two places that no lock joins. They belong together as long as the
checkpoint stays the same: files become valid with one, and the log is trimmed only behind one. So all is read, and read
again if a checkpoint came between.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from bandit.archive.files import EVENTS, OUTCOMES, in_order, last_position, policy_folder
from bandit.codec import decode
from bandit.errors import AdbanditError, Damaged, SnapshotRefused
from bandit.fold import Checkpoint, read_version
from bandit.join import order
from bandit.lineage import FIRST, START, decoded
from bandit.records import Entry
from service.learner.reading import LogReader
from service.store.commands import LogEntry, Store, WeightChange

TRIES = 20  # to read all between two checkpoints, which come every ten seconds or when much was learned


class Moving(AdbanditError):
    """Checkpoints came faster than all could be read."""


class Taken(NamedTuple):
    """One policy at one moment."""

    policy: str
    folder: Path  # of its archive
    fields: dict[str, bytes]  # of the snapshot; empty if there is none
    checkpoint: Checkpoint
    shipped: dict[bytes, bytes]  # outbox id -> last row of it in `log`, or before
    log: list[LogEntry]  # from what the checkpoint needs on
    changes: list[WeightChange]  # lately published, oldest first, none newer than the snapshot
    outcomes: list[Path]  # archive files the checkpoint vouches for, in log order
    events: list[Path]
    missing: list[str]  # that it lists and that are not there
    beyond: list[Path]  # that hold what it knows nothing of

    @property
    def read(self) -> str:
        """Last entry the snapshot has read."""
        return self.fields.get("read", START.encode()).decode()

    def entries(self) -> Iterator[tuple[str, Entry | None]]:
        """The log; None for an entry that is damaged."""
        for position, stored in self.log:
            try:
                yield position, decode(stored)
            except Damaged:
                yield position, None


def take(store: Store, archive: Path, policy: str) -> Taken:
    """A policy as it is now. Raises StoreAway, Moving, or SnapshotRefused if the checkpoint cannot be read."""
    for _ in range(TRIES):
        taken = _taken(store, archive, policy)
        now = store.snapshot_fields(policy, ("checkpoint", "sha256", "read"))
        if now.get("checkpoint") == taken.fields.get("checkpoint"):
            return taken
    raise Moving(f"policy {policy!r} was archived anew during each of {TRIES} tries to read it")


def _taken(store: Store, archive: Path, policy: str) -> Taken:
    folder = policy_folder(archive, policy)
    moment = store.moment(policy)
    fields = moment.snapshot
    checkpoint = _checkpoint(fields)
    listed = {*checkpoint.files, *moment.unnamed}
    log = list(_log(store, policy, moment.last))
    changes = [change for _, change in store.changes(policy, START)] if fields else []
    version = read_version(fields)
    before = _emptied(fields)
    bounds = {OUTCOMES: max(checkpoint.cursor, before, key=order), EVENTS: max(checkpoint.read, before, key=order)}
    found = {kind: _files(folder, kind, listed, until) for kind, until in bounds.items()}
    there = {final(path) for files, _ in found.values() for path in files}
    missing = {name for name in checkpoint.files if final(folder / name) not in there}
    ends = last_position(final(found[OUTCOMES][0][-1])) if found[OUTCOMES][0] else before
    if not missing and ends != bounds[OUTCOMES]:
        missing.add(f"{OUTCOMES}-...-to-{checkpoint.cursor.replace('-', '_')}.parquet")
    return Taken(
        policy=policy,
        folder=folder,
        fields=fields,
        checkpoint=checkpoint,
        shipped=moment.shipped,
        log=log,
        changes=[change for change in changes if change.after <= version],
        outcomes=found[OUTCOMES][0],
        events=found[EVENTS][0],
        missing=sorted(missing),
        beyond=[path for _, files in found.values() for path in files],
    )


def _log(store: Store, policy: str, last: str) -> Iterator[LogEntry]:
    """The log up to a position. Raises StoreAway."""
    reader, after = LogReader(store, policy), START
    while entries := reader.behind(after):
        yield from (entry for entry in entries if order(entry.position) <= order(last))
        after = entries[-1].position
        if order(after) >= order(last):
            return


def final(path: Path) -> Path:
    """The name that an archive file has, or gets."""
    return path.with_name(path.name.partition(".parquet")[0] + ".parquet")


def at_hand(path: Path) -> Path:
    """Where a file that was found is now: it may have got its name since."""
    return path if path.exists() else final(path)


def _files(folder: Path, kind: str, listed: set[str], until: str) -> tuple[list[Path], list[Path]]:
    """Files of a kind up to a position, and those that go beyond it."""
    pending = [folder / name for name in listed if Path(name).name.startswith(kind)]
    unnamed = [path for path in pending if path.exists() and not final(path).exists()]
    paths = sorted([*in_order(folder, kind), *unnamed], key=lambda path: order(last_position(final(path))))
    within = [order(last_position(final(path))) <= order(until) for path in paths]
    return (
        [path for path, known in zip(paths, within, strict=True) if known],
        [path for path, known in zip(paths, within, strict=True) if not known and path not in unnamed],
    )


def _emptied(fields: dict[str, bytes]) -> str:
    """Where the archive ended when the store lost everything; START if it never did."""
    line = decoded(fields["lines"])[-1] if "lines" in fields else FIRST[-1]
    return line.spans[0].after if line.how == "emptied" else START


def _checkpoint(fields: dict[str, bytes]) -> Checkpoint:
    if "checkpoint" not in fields:
        return Checkpoint()
    try:
        return msgspec.msgpack.decode(fields["checkpoint"], type=Checkpoint)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as fault:
        raise SnapshotRefused(f"the checkpoint cannot be read: {fault}") from None
