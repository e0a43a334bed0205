"""A store of products on a real Valkey, empty at first."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from service.store.commands import Store
from service.store.products import ProductStore


@pytest.fixture
def store(valkey_url: str) -> Iterator[ProductStore]:
    opened = Store(valkey_url)
    yield ProductStore(opened)
    opened.close()
