"""One server of pictures for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.service.creatives.pictures import serving


@pytest.fixture(scope="session")
def pictures() -> Iterator[str]:
    with serving() as url:
        yield url
