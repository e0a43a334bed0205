"""Copies that each host keeps of what is in the store, for its workers to read: products, and what matches them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import structlog

from bandit.errors import Damaged
from service.matching.kept import Keeper
from service.products.keeping import Keeping
from service.store.commands import Store
from service.store.matching import MatchingStore
from service.store.products import ProductStore

PAUSE_S = 1.0  # after a fault of the disk

log = structlog.get_logger(__name__)


class Copies:
    """Brought up to date in small pieces. For one thread."""

    def __init__(self, store: Store, data: Path, elapsed: Callable[[], float]) -> None:
        """
        data     folder of everything kept on this machine
        elapsed  seconds that never step
        """
        self._products = Keeping(ProductStore(store), data)
        self._matching = Keeper(MatchingStore(store), data)
        self._elapsed = elapsed
        self._pause_until = 0.0

    def round(self) -> bool:
        """Take in some of what is new; whether there may be more. Raises StoreAway."""
        if self._elapsed() < self._pause_until:
            return False
        try:
            return bool(self._products.round()) | self._matching.round()
        except (OSError, sqlite3.Error, Damaged) as fault:
            log.error("copies_not_kept", reason=str(fault))
            self._pause_until = self._elapsed() + PAUSE_S
            return False
