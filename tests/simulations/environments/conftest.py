from __future__ import annotations

from pathlib import Path

import pytest

from simulations import ratings
from simulations.environments.movielens import Ratings, read_ratings


@pytest.fixture(scope="session")
def movielens(tmp_path_factory: pytest.TempPathFactory) -> Ratings:
    """The real ratings: from the cache, else fetched; skipped where there is no network."""
    try:
        folder: Path = ratings.ensure(ratings.default_cache())
    except ratings.Unavailable as fault:
        pytest.skip(str(fault))
    return read_ratings(folder)
