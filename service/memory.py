"""Folders that live in memory: for files that are mapped, where a full disk would end the process with a signal."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path

MEMORY = Path("/dev/shm")
LEAST_BYTES = 16_000_000  # free; less is no better than a disk


def make_folder(path: Path) -> None:
    """Have `path` be an empty folder: in memory behind a link, where there is some to spare, else on disk."""
    remove_folder(path)
    behind = _behind(path)
    try:
        space = os.statvfs(MEMORY)
        behind.mkdir(mode=0o700, exist_ok=True)
        owned = (
            stat.S_ISDIR(behind.lstat().st_mode) and behind.lstat().st_uid == os.getuid()
        )  # not laid there by others
        if owned and space.f_bavail * space.f_frsize >= LEAST_BYTES:
            path.symlink_to(behind)
            return
    except OSError:
        pass
    path.mkdir(parents=True)


def remove_folder(path: Path) -> None:
    """Remove what `make_folder` made, if it did."""
    if path.is_symlink():
        path.unlink()
        with suppress(OSError):
            if _behind(path).lstat().st_uid == os.getuid():
                shutil.rmtree(_behind(path))
    else:
        shutil.rmtree(path, ignore_errors=True)


def _behind(path: Path) -> Path:
    digest = hashlib.sha256(os.fsencode(path.absolute())).hexdigest()[:16]
    return MEMORY / f"adbandit-{os.getuid()}-{digest}"
