"""Room on disk: what refuses is told apart from what was taken, and the outbox keeps to its limit."""

from __future__ import annotations

import errno
import os
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from bandit.codec import decode, encode
from bandit.records import Decision
from service.outbox.journal import Journal, claim
from service.outbox.room import NotWritten, Room, room
from service.outbox.shared import shared
from service.outbox.ship import KEEP_PRESSED_S, Shipper
from service.store.commands import START, Store, StoreAway
from tests.entries import START_S, decision, event
from tests.hosts import HORIZONS_S

MOST_BYTES = 200_000
MOST_LOG = 3_000  # entries; more than MOST_BYTES hold


def test_a_refusal_is_not_written_and_the_next_try_is_a_new_one() -> None:
    space, disk = Room(), iter([OSError(errno.ENOSPC, "full"), sqlite3.OperationalError("full")])
    for fault in disk:
        with pytest.raises(NotWritten):
            space.written(partial(_raise, fault))
    assert space.written(lambda: "row") == "row"


def _raise(fault: Exception) -> None:
    raise fault


class Host:
    """One worker, its room and a shipper, on a clock of their own."""

    def __init__(self, folder: Path, url: str) -> None:
        self.now = START_S
        (self.own, self.lock), self.common = claim(folder), shared(folder)
        self.room = room(folder, self.own, self.common, MOST_BYTES)
        self.store = Store(url)
        bounds = {"most_bytes": MOST_BYTES, "most_log": MOST_LOG}
        self._shipper = Shipper(folder, self.store, lambda: self.now, lambda: self.now, **bounds)

    def decide(self, number: int) -> None:
        self.own.append("home", self.now, encode(decision(number, self.now)))

    def hear(self, number: int) -> list[bool]:
        return self.common.append_new([("home", self.now, encode(event(str(number), 1, self.now)), str(number))])

    def decisions(self) -> list[int]:
        """Numbers of those in the log."""
        entries = (decode(entry.stored) for entry in self.store.log("home", START, count=10_000))
        return [int.from_bytes(entry.id, "big") for entry in entries if isinstance(entry, Decision)]

    def writes(self, write: Callable[[int], object], number: int) -> bool:
        """Whether it was taken."""
        self.room.look()
        try:
            self.room.written(lambda: write(number))
        except NotWritten:
            return False
        return True

    def ship(self) -> None:
        """All, or until the store is away."""
        self.now += 1.0
        with suppress(StoreAway):
            while self._shipper.round(HORIZONS_S):
                pass

    def ship_and_forget(self) -> None:
        for _ in range(4):
            self.ship()
            self.now += KEEP_PRESSED_S


@pytest.fixture
def host(tmp_path: Path, valkey_url: str) -> Iterator[Host]:
    host = Host(tmp_path, valkey_url)
    yield host
    os.close(host.lock)


@pytest.mark.parametrize("kind", ["decide", "hear"])
def test_at_the_limit_nothing_is_taken_until_what_was_shipped_is_forgotten(host: Host, kind: str) -> None:
    write = getattr(host, kind)
    taken = next(number for number in range(1, 10_000) if not host.writes(write, number))
    assert taken > 100
    assert not host.writes(write, taken)
    host.ship_and_forget()
    assert host.writes(write, taken)


def test_with_no_memory_left_redis_refuses_and_the_outbox_holds_each_row_once(host: Host) -> None:
    for number in range(1, 11):
        host.decide(number)
        host.hear(number)
    host.store._redis.config_set("maxmemory", 1)
    try:
        host.ship()
        assert host.decisions() == []
    finally:
        host.store._redis.config_set("maxmemory", 0)
    host.ship()
    assert host.decisions() == list(range(1, 11))


def test_a_log_that_nobody_reads_grows_to_its_limit_and_the_outbox_holds_the_rest(host: Host) -> None:
    for number in range(1, MOST_LOG + 1):
        host.decide(number)
    host.ship()
    host.decide(MOST_LOG + 1)
    host.ship()
    assert host.decisions() == list(range(1, MOST_LOG + 1))
    host.store.trim("home", host.store.log("home", START, count=MOST_LOG)[-1].position)
    host.ship()
    assert host.decisions()[-1] == MOST_LOG + 1


def test_a_journal_without_a_file_never_writes_to_what_took_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, lock = claim(tmp_path)
    monkeypatch.setattr(os, "write", lambda *_: _raise(OSError(errno.ENOSPC, "full")))
    with pytest.raises(OSError, match="full"):
        writer.append("p", 1.0, b"refused")
    monkeypatch.undo()
    monkeypatch.setattr(os, "open", lambda *_: _raise(OSError(errno.EMFILE, "no more files")))
    client, other = socket.socketpair()  # takes the number that was the file's
    with pytest.raises(OSError, match="no more"):
        writer.append("p", 2.0, b"refused")
    monkeypatch.undo()
    writer.append("p", 3.0, b"taken")
    other.setblocking(False)
    with pytest.raises(BlockingIOError):
        other.recv(1)
    assert [row.entry for row in Journal(writer.folder).after(0, 10)] == [b"taken"]
    client.close()
    other.close()
    os.close(lock)


def test_a_transaction_that_fails_leaves_the_outbox_to_the_next(tmp_path: Path) -> None:
    common, other = shared(tmp_path), shared(tmp_path)
    common._sql.execute("PRAGMA max_page_count = 1")  # as if the disk were full
    with pytest.raises(sqlite3.OperationalError, match="full"):
        common.append_new([("home", 1.0, bytes(100_000), str(number)) for number in range(9)])
    assert other.append_new([("home", 1.0, b"entry", "key")]) == [True]
