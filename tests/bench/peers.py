"""Other people's libraries, each in an environment of its own, so that none of what they pin reaches ours.

    python -m tests.bench.peers obp|coba|mabwiser

prints the path of an interpreter that can import the one named, installed on the first call (a minute, some hundred
MB in the cache). Nothing of the product and no test imports them: benchmarks run a script with that interpreter, and
so does what makes golden values.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from simulations.sources.wheels import default_cache

# Open Bandit Pipeline imports torch when it is imported, for policies of continuous actions that nobody here runs.
# 900 MB for a name: this stands in for it.
_NO_TORCH = (
    ("torch/__init__.py", "from torch import nn, optim, utils\nclass Tensor: ...\ntensor = Tensor\n"),
    ("torch/nn/__init__.py", "class Module: ...\n"),
    ("torch/nn/functional.py", "mse_loss = None\n"),
    ("torch/optim.py", ""),
    ("torch/utils/__init__.py", "from torch.utils import data\n"),
    ("torch/utils/data.py", "class Dataset: ...\nclass DataLoader: ...\n"),
)


class Peer(NamedTuple):
    """A library and what it needs."""

    package: str
    needs: tuple[str, ...]
    flags: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()  # path in its site-packages, content


PEERS = {
    # It declares Python below 3.10 and pins of 2022, yet runs on these.
    "obp": Peer(
        "obp==0.5.5",
        (
            "numpy==1.26.4", "scipy==1.13.1", "scikit-learn==1.5.2", "pandas==2.2.3", "pyyaml==6.0.2", "tqdm==4.67.1",
            "matplotlib==3.9.4", "seaborn==0.13.2", "setuptools==75.8.0",
        ),
        ("--no-deps", "--ignore-requires-python"),
        _NO_TORCH,
    ),
    "coba": Peer("coba==8.1.0", ("vowpalwabbit==9.11.9", "numpy==2.4.6")),
    "mabwiser": Peer("mabwiser==2.7.4", ()),
}  # fmt: skip


def interpreter(name: str, cache: Path | None = None) -> Path:
    """Python of an environment that has the peer; made if it is not there or not as pinned here.

    Raises KeyError for a name that is not in PEERS, CalledProcessError if pip fails: it has said why.
    """
    peer = PEERS[name]
    folder = (cache or default_cache()) / "peers" / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    python, made = folder / "bin" / "python", folder / "made-of"
    with (folder.parent / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists() or made.read_text() != repr(peer):
            _make(peer, folder, python)
            made.write_text(repr(peer))
    return python


def _make(peer: Peer, folder: Path, python: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    # What pip says goes to stderr: stdout is for the path.
    if peer.needs:
        subprocess.run([*install, *peer.needs], check=True, stdout=sys.stderr)
    subprocess.run([*install, *peer.flags, peer.package], check=True, stdout=sys.stderr)
    (packages,) = (folder / "lib").glob("python*/site-packages")
    for path, content in peer.files:
        (packages / path).parent.mkdir(parents=True, exist_ok=True)
        (packages / path).write_text(content)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in PEERS:
        sys.exit(f"one of {', '.join(PEERS)}")
    print(interpreter(sys.argv[1]))
