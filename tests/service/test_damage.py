"""What is read back from disk and from Redis after somebody altered it: refused, passed over, and never worse."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import Phase, given
from hypothesis import strategies as st

from bandit.archive.files import read_events, read_outcomes
from bandit.codec import decode, encode
from bandit.errors import Damaged
from bandit.fold import Fold
from bandit.join import order
from bandit.records import Entry, Event, Tick
from service import embedded
from service.archive.files import Archive
from service.catalogs import Catalogs
from service.outbox.journal import Journal, claim
from service.outbox.shared import Row
from service.serving import Serving
from tests.bandit.test_damage import hostile_decisions, hostile_events, mutated
from tests.entries import LEARNING, SHELF, START_S, decision, event, laws, shelf_at
from tests.hosts import Desk, a_desk
from tests.service.test_serving import lesson, teach

ENTRIES = [encode(decision(n, START_S + n)) for n in range(12)]
LATER_S = 99_999.0
FAST = (Phase.generate,)
FIELDS = (b"from", b"to", b"index", b"value", b"centre", b"table", b"crc")


@laws(60, seek=FAST)
@given(st.lists(hostile_decisions | hostile_events, max_size=6))
def test_entries_that_cannot_be_are_set_aside_and_the_others_archived(entries: list[Entry]) -> None:
    fold = Fold(LEARNING, shelf_at)
    log = [*entries, decision(1, START_S), event("ok", 1, START_S + 1), Tick(START_S + LATER_S)]
    with tempfile.TemporaryDirectory() as folder:
        archive = Archive(Path(folder), "home")
        for n, entry in enumerate(log):
            at_s = START_S + (n if n < len(log) - 1 else LATER_S)
            with suppress(Damaged):
                read = decode(encode(entry))
                for outcome in fold.step(f"{round(at_s * 1000)}-0", read):
                    archive.add_outcome(outcome, SHELF)
                if isinstance(read, Event):
                    archive.add_event(f"{round(at_s * 1000)}-0", read)
        archive.write()
        archive.publish()
        assert (1).to_bytes(16, "big").hex() in read_outcomes(Path(folder), "home")["decision"].to_list()
        assert "ok" in read_events(Path(folder), "home")["id"].to_list()


def written(folder: Path) -> Path:
    """The file of a worker's journal with some rows; nobody writes to it any more."""
    writer, lock = claim(folder)
    for n, entry in enumerate(ENTRIES):
        writer.append("home", START_S + n, entry)
    os.close(lock)
    (path,) = writer.folder.glob("*.journal")
    return path


def rows(path: Path) -> list[Row]:
    return Journal(path.parent).after(0, 1_000)


@laws(200)
@given(st.data())
def test_of_a_journal_with_flipped_bits_only_rows_that_were_written_are_read(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder))
        whole, content = rows(path), bytearray(path.read_bytes())
        bits = data.draw(st.lists(st.integers(0, len(content) * 8 - 1), min_size=1, max_size=4))
        for bit in bits:
            content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
        found = rows(path)
        assert found == whole[: len(found)]


@laws(200)
@given(mutated(st.just(b"")).map(len) | st.integers(0, 4_000), st.binary(max_size=40))
def test_a_journal_that_is_torn_anywhere_is_read_up_to_there_and_gone_on_with(cut: int, noise: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder))
        whole = rows(path)
        path.write_bytes(path.read_bytes()[:cut] + noise)
        found = rows(path)
        assert found == whole[: len(found)]
        writer, lock = claim(Path(folder))
        writer.append("home", 1.0, b"next")
        os.close(lock)
        assert [row.entry for row in rows(path)][-1] == b"next"


@pytest.fixture
def desk(valkey_server: embedded.EmbeddedValkey) -> Iterator[Desk]:
    with a_desk(valkey_server) as found:
        yield found


def test_altered_weight_changes_never_stop_a_worker_or_change_its_weights(desk: Desk) -> None:
    serving = Serving(desk.store, Catalogs(desk.store), lambda: START_S)
    teach(desk, desk.learner(), lesson(0))
    serving.refresh()
    served = serving.policy("home")
    assert served
    table = served.weights.table.tobytes()
    redis = desk.store._redis
    ((position, sound),) = redis.xrange("{home}:weights", count=1)
    last = order(position.decode())

    @laws(150)
    @given(st.data())
    def altered(data: st.DataObject) -> None:
        nonlocal last
        last = (last[0] + 1, 0)
        field = data.draw(st.sampled_from(FIELDS))
        without = {name: value for name, value in sound.items() if name != field}
        value = data.draw(mutated(st.just(sound[field])) | st.none())
        redis.xadd("{home}:weights", without if value is None else without | {field: value}, id=f"{last[0]}-0")
        serving.refresh()
        now = serving.policy("home")
        assert now
        assert now.weights.table.tobytes() == table
        assert np.isfinite(now.weights.table).all()

    altered()
    assert serving.refused > 50
