"""A backup: everything of an installation that cannot be made again, as it was at one moment of each policy.

    manifest.json                  what is here, with the SHA-256 of each file, and of when
    secret.key, signing.json, keys.json   if the data folder has them and they are wanted
    catalog/<version>.json         every catalog; the largest version is in force
    policies/<p>.state             the policy's keys of Redis in a form of our own: see service/backup/state.py
    archive/policy=<p>/...         the archive, as far as the policy's checkpoint vouches for it
    archive/activity/...           what users did

A folder, or the same as a tar file. It comes to be only when it is whole. The service may run meanwhile: see
service/verify/taking.py. What is not in it: rows that were accepted and not shipped yet, and states of users, which
grow anew.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from bandit.archive.files import EVENTS, OUTCOMES
from bandit.errors import AdbanditError
from bandit.fold import read_version
from service.backup.state import write_state
from service.settings import Settings
from service.store.commands import Store
from service.verify.taking import Taken, at_hand, final, take
from service.verify.verifying import policies

FORMAT = 1
MANIFEST = "manifest.json"
SECRETS = ("secret.key", "signing.json", "keys.json")  # ids and links of before, and who may call
TAR = {".tar": "w", ".gz": "w:gz", ".tgz": "w:gz"}
CHUNK = 1 << 20  # bytes


class NoBackup(AdbanditError):
    """It cannot be made or restored; the message says why, and nothing was changed."""


class Part(msgspec.Struct, frozen=True):
    """One file."""

    sha256: str
    size: int  # bytes


class PolicyPart(msgspec.Struct, frozen=True, kw_only=True):
    """What of a policy is here."""

    version: int  # of the model
    read: str  # last log entry that is in it
    last: str  # last log entry here
    entries: int  # of the log


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds."""

    format: int = FORMAT
    made: str  # when, ISO 8601
    catalog: int  # version in force
    secrets: tuple[str, ...]  # which of SECRETS are here
    policies: dict[str, PolicyPart]
    files: dict[str, Part]


def back_up(settings: Settings, store: Store, to: Path, now: float, *, secrets: bool) -> Manifest:
    """Make a backup of all policies.

    to       a folder, or a file that ends in .tar, .tar.gz or .tgz, that is not there yet
    now      seconds since 1970
    secrets  whether the files with secrets go with it

    Raises NoBackup, StoreAway, Moving or OSError, and then nothing is left behind.
    """
    if to.exists():
        raise NoBackup(f"{to} is there already")
    draft = to.with_name(f"{to.name}.{os.getpid()}.draft")
    draft.mkdir(mode=0o700, parents=True)
    try:
        manifest = _fill(draft, settings, store, now, secrets=secrets)
        if to.suffix in TAR:
            packed = draft.with_suffix(".packed")
            _pack(draft, packed, TAR[to.suffix])
            packed.rename(to)
        else:
            draft.rename(to)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        draft.with_suffix(".packed").unlink(missing_ok=True)
    return manifest


def _fill(folder: Path, settings: Settings, store: Store, now: float, *, secrets: bool) -> Manifest:
    archive = settings.data / "archive"
    parts: dict[str, PolicyPart] = {}
    for policy in policies(store, archive):
        taken = take(store, archive, policy)
        _keep_state(folder, store, taken)
        _keep_archive(folder, archive, taken)
        version = read_version(taken.fields)
        last = taken.log[-1].position if taken.log else ""
        parts[policy] = PolicyPart(version=version, read=taken.read, last=last, entries=len(taken.log))
    for path in (archive / "activity").glob("date=*/*.parquet"):
        _copy(path, folder / "archive" / path.relative_to(archive))
    catalog = _keep_catalogs(folder, store)
    kept = tuple(name for name in SECRETS if secrets and (settings.data / name).is_file())
    for name in kept:
        _copy(settings.data / name, folder / name)
    files = {path.relative_to(folder).as_posix(): part(path) for path in _files(folder)}
    made = datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds")
    manifest = Manifest(made=made, catalog=catalog, secrets=kept, policies=parts, files=files)
    put(msgspec.json.format(msgspec.json.encode(manifest), indent=1), folder / MANIFEST)
    return manifest


def _keep_state(folder: Path, store: Store, taken: Taken) -> None:
    path = folder / "policies" / f"{taken.policy}.state"
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with new_file(path) as file:
        write_state(file, store, taken)
        os.fsync(file.fileno())


def _keep_archive(folder: Path, archive: Path, taken: Taken) -> None:
    """Files the checkpoint vouches for, under their names; of the rest all that is whole."""
    if taken.missing:
        raise NoBackup(f"the archive of {taken.policy!r} lacks {', '.join(taken.missing)}")
    for path in (*taken.outcomes, *taken.events):
        _copy(at_hand(path), folder / "archive" / final(path).relative_to(archive))
    for path in _files(taken.folder):
        dated = path.relative_to(taken.folder).parts[0].startswith("date=")
        own = dated and path.name.startswith((OUTCOMES, EVENTS))
        if not own and path.suffix not in (".pending", ".draft"):
            _copy(path, folder / "archive" / path.relative_to(archive))


def _keep_catalogs(folder: Path, store: Store) -> int:
    """Every catalog; the version in force, which is none older than any policy's records name."""
    current = store.catalog_version()
    for version in range(1, current + 1):
        stored = store.catalog(version)
        if stored is not None:
            put(stored, folder / "catalog" / f"{version}.json")
    return current


def _pack(folder: Path, to: Path, mode: str) -> None:
    with new_file(to) as file:
        with tarfile.open(fileobj=file, mode=mode) as tar:  # type: ignore[call-overload]
            tar.add(folder / MANIFEST, MANIFEST)  # first, so that it need not be looked for
            for path in _files(folder):
                if path.name != MANIFEST or path.parent != folder:
                    tar.add(path, path.relative_to(folder).as_posix())
        file.flush()
        os.fsync(file.fileno())


def part(path: Path) -> Part:
    """Checksum and size of a file."""
    with path.open("rb") as file:
        return Part(hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size)


def put(content: bytes, path: Path) -> None:
    """Write a file that others cannot read, and have the disk keep it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with new_file(path) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _copy(path: Path, to: Path) -> None:
    to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("rb") as source, new_file(to) as file:
        shutil.copyfileobj(source, file, CHUNK)
        file.flush()
        os.fsync(file.fileno())


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def new_file(path: Path) -> BinaryIO:
    """A file to write that is not there yet and that only its owner may read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
