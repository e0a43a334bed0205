"""The Redis of an installation, for commands: the one that runs, or its own server started for as long as it takes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from service import embedded
from service.processes import FolderInUse, lock_folder
from service.settings import Settings
from service.store.commands import Store

WAIT_S = 10.0  # for the server of a service that is being started or restarted
LOOK_S = 0.05


@contextmanager
def store_of(settings: Settings, pause: Callable[[float], None]) -> Iterator[Store]:
    """What the service of these settings stores in, whether the service runs or not.

    pause  waits so many seconds

    Raises FolderInUse, embedded.NotStarted or StoreAway.
    """
    if settings.redis_url:
        with _closed(Store(settings.redis_url)) as store:
            yield store
        return
    folder = settings.data / "valkey"
    lock = _locked(settings, pause)
    if lock is None:
        with _closed(Store(embedded.socket_url(folder))) as store:
            yield store
        return
    try:
        with embedded.start(folder) as server, _closed(Store(server.url)) as store:
            yield store
    finally:
        os.close(lock)


def _locked(settings: Settings, pause: Callable[[float], None]) -> int | None:
    """The lock of the data folder, if no service runs; None once the server of a running one answers."""
    for _ in range(round(WAIT_S / LOOK_S)):
        if embedded.is_ready(settings.data / "valkey"):
            return None
        try:
            return lock_folder(settings.data)
        except FolderInUse as fault:
            last = fault
        pause(LOOK_S)
    raise last


@contextmanager
def _closed(store: Store) -> Iterator[Store]:
    try:
        store.ping()
        yield store
    finally:
        store.close()
