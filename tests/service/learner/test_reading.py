"""A log is read whole, in portions that fit into memory."""

from __future__ import annotations

import pytest

from service.learner.reading import BYTES, ENTRIES, LogLost, LogReader
from service.store.commands import START, Store


def portions(reader: LogReader) -> list[int]:
    """How many entries each read gives, up to the end of the log."""
    sizes, after = [], START
    while entries := reader.behind(after):
        sizes.append(len(entries))
        after = entries[-1].position
    return sizes


def test_small_entries_come_by_the_hundred(valkey_url: str) -> None:
    store = Store(valkey_url)
    store.ship("home", "box", [(i, b"x" * 300) for i in range(1, 2_001)], after=0)
    sizes = portions(reader := LogReader(store, "home"))
    assert (sum(sizes), max(sizes), reader.more) == (2_000, ENTRIES, False)


def test_large_entries_come_a_few_at_a_time(valkey_url: str) -> None:
    store, large = Store(valkey_url), b"x" * (BYTES // 4)
    for i in range(20):
        store.append("home", large + bytes([i]))
    sizes = portions(LogReader(store, "home"))
    assert sum(sizes) == 20
    assert max(sizes[1:]) <= 4


def test_an_entry_that_is_too_large_still_comes(valkey_url: str) -> None:
    store = Store(valkey_url)
    for i in range(10):
        store.append("home", b"x" * (BYTES + i))
    assert sum(portions(LogReader(store, "home"))) == 10


def test_a_log_that_lost_what_was_read_of_it_is_not_read_on_as_if_it_had_not(valkey_url: str) -> None:
    store = Store(valkey_url)
    store.ship("home", "box", [(i, b"%d" % i) for i in range(1, 4)], after=0)
    last = (reader := LogReader(store, "home")).behind(START)[-1].position
    store._redis.xdel("{home}:log", last)  # as on a replica that took over without it
    store.append("home", b"3")
    with pytest.raises(LogLost):
        reader.behind(last)
    assert [entry.stored for entry in LogReader(store, "home").behind(last)] == [b"3"]
