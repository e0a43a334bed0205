from __future__ import annotations

from pathlib import Path

import pytest

from simulations.environments.movielens import Ratings, read_ratings
from simulations.sources import ratings, wheels


@pytest.fixture(scope="session")
def movielens(tmp_path_factory: pytest.TempPathFactory) -> Ratings:
    """The real ratings: from the cache, else fetched; skipped where there is no network."""
    try:
        folder: Path = ratings.ensure(wheels.default_cache())
    except wheels.Unavailable as fault:
        pytest.skip(str(fault))
    return read_ratings(folder)
