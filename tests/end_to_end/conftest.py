"""One real service for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.catalogs import CATALOG
from tests.running import Running

MAPPING = """
mappings:
  pos: {type: {at: /kind, values: {sale: purchase}}, id: /no, user_key: /card, product: /ean, channel: store}
"""


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("service")
    (folder / "mapping.yaml").write_text(MAPPING)
    running = Running(folder / "data", CATALOG, ADBANDIT_ACTIVITY_MAPPING=str(folder / "mapping.yaml"))
    yield running
    running.stop()
