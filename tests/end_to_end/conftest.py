"""One real service for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.catalogs import CATALOG
from tests.running import Running


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("service") / "data", CATALOG)
    yield running
    running.stop()
