"""A backup put back: into a data folder that is not there yet and a store that has nothing, or not at all.

Every checksum is looked at before anything is written. The data folder is made under another name and gets its own
when all is written, so a restore that was cut off leaves none.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

import msgspec

from service import embedded
from service.backup.making import CHUNK, FORMAT, MANIFEST, Manifest, NoBackup, part
from service.backup.state import put_state, read_state
from service.settings import Settings
from service.store.commands import Store


def restore(source: Path, settings: Settings) -> Manifest:
    """Put a backup back.

    source    a folder or a tar file, as `back_up` makes them
    settings  of the installation to be; with a redis_url its store, which must have none of the policies

    Raises NoBackup, StoreAway, Damaged, embedded.NotStarted or OSError; the data folder is not there then.
    """
    data = settings.data
    if data.exists() and any(data.iterdir()):
        raise NoBackup(f"{data} is not empty")
    draft = data.with_name(f"{data.name}.{os.getpid()}.draft")
    draft.mkdir(mode=0o700, parents=True)
    try:
        with _unpacked(source, draft) as (folder, manifest):
            _fill(draft, folder, manifest, settings)
        if data.exists():
            data.rmdir()
        draft.rename(data)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return manifest


def checked(folder: Path) -> Manifest:
    """The manifest of a backup, every file of it looked at. Raises NoBackup."""
    manifest = _manifest(folder / MANIFEST)
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise NoBackup(f"{name} is missing")
        if (found := part(path)) != expected:
            raise NoBackup(f"{name} has the checksum {found.sha256}, and had {expected.sha256} when it was made")
    return manifest


def _manifest(path: Path) -> Manifest:
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError) as fault:
        raise NoBackup(f"{path} is not the manifest of a backup: {fault}") from None
    if manifest.format != FORMAT:
        raise NoBackup(f"the backup is of format {manifest.format}, and this version reads {FORMAT}")
    for name in manifest.files:
        parts = PurePosixPath(name).parts
        if not parts or name.startswith("/") or ".." in parts or name == MANIFEST:
            raise NoBackup(f"a backup has no file {name!r}")
    return manifest


@contextmanager
def _unpacked(source: Path, draft: Path) -> Iterator[tuple[Path, Manifest]]:
    """The backup as a folder, checked."""
    if source.is_dir():
        yield source, checked(source)
        return
    folder = draft / "unpacked"
    folder.mkdir(mode=0o700)
    try:
        with tarfile.open(source) as tar:
            _check_tar(tar)
            tar.extractall(folder, filter="data")
    except (OSError, tarfile.TarError, EOFError) as fault:
        raise NoBackup(f"{source} is not a backup that can be read: {fault}") from None
    yield folder, checked(folder)
    shutil.rmtree(folder)


def _check_tar(tar: tarfile.TarFile) -> None:
    """Nothing but files that the manifest names, each as it was. Raises NoBackup."""
    first = tar.next()
    file = tar.extractfile(first) if first is not None and first.name == MANIFEST else None
    if first is None or file is None:
        raise NoBackup(f"it does not begin with {MANIFEST}")
    try:
        files = msgspec.json.decode(file.read(), type=Manifest).files
    except msgspec.MsgspecError as fault:
        raise NoBackup(f"{MANIFEST} cannot be read: {fault}") from None
    while (member := tar.next()) is not None:
        if not member.isreg() or member.name not in files:
            raise NoBackup(f"a backup has no {member.name!r}")
        content = tar.extractfile(member)
        if content is None or _digest(content) != files[member.name].sha256:
            raise NoBackup(f"{member.name} is not what it was when the backup was made")


def _digest(file: IO[bytes]) -> str:
    whole = hashlib.sha256()
    while chunk := file.read(CHUNK):
        whole.update(chunk)
    return whole.hexdigest()


def _fill(draft: Path, folder: Path, manifest: Manifest, settings: Settings) -> None:
    for name in manifest.files:
        if name in manifest.secrets or name.startswith("archive/"):
            to = draft / name
            to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.copyfile(folder / name, to)
            to.chmod(0o600)
    if settings.redis_url:
        _put_all(Store(settings.redis_url), folder, manifest)
        return
    with embedded.start(draft / "valkey") as server:
        _put_all(Store(server.url), folder, manifest)


def _put_all(store: Store, folder: Path, manifest: Manifest) -> None:
    try:
        if store.catalog_version():
            raise NoBackup("the store has a catalog")
        for policy in manifest.policies:
            if store.holds(policy):
                raise NoBackup(f"the store has something of policy {policy!r}")
        for policy in manifest.policies:
            with (folder / "policies" / f"{policy}.state").open("rb") as file:
                put_state(store, policy, read_state(file))
        for version in range(1, manifest.catalog + 1):
            path = folder / "catalog" / f"{version}.json"
            if path.exists() and version < manifest.catalog:
                store.put_old_catalog(path.read_bytes(), version)
        if manifest.catalog:
            newest = (folder / "catalog" / f"{manifest.catalog}.json").read_bytes()
            store.put_catalog(newest, manifest.catalog, after=0)
    finally:
        store.close()
