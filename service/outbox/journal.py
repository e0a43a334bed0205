"""One worker's decisions that are not shipped yet: frames in append-only files, one `write` each.

    <data>/outbox/worker-<n>/lock            flock of the worker that writes here, for as long as it lives
    <data>/outbox/worker-<n>/id              what positions kept elsewhere refer to
    <data>/outbox/worker-<n>/<first>.journal frames from row `first` on
    <data>/outbox/worker-<n>/shipped         last row known to stand in the log
    <data>/outbox/worker-<n>/boot            run of the machine the last writer started in

After a start of the machine row numbers jump. A power cut may have taken rows that were shipped already, and their
numbers, if used again, would be taken for theirs.

A frame is length, CRC-32, row number, time, policy and entry. What `write` has returned from survives a kill of the
process; a power cut may cost the last moments. A frame torn by a kill was never answered for: its checksum fails, the
next writer starts a new file, and readers go on there.

Not SQLite, which events use for its unique keys: inside a request its commit costs several times one `write`
(tests/bench/bench_journal.py).
"""

from __future__ import annotations

import os
import struct
import threading
import uuid
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from service.outbox.shared import JUMP, Row
from service.processes import FolderInUse, boot_id, lock_folder

HEAD = struct.Struct("<II")  # length of the rest, CRC-32 of the rest
BODY = struct.Struct("<QdB")  # row, time, length of the policy; then policy and entry
SEGMENT_BYTES = 16 * 1024 * 1024  # a file is given up for the next one beyond this
READ_BYTES = 1024 * 1024
CLOSED = -1  # in place of a file


class JournalWriter:
    """Appends rows. One process at a time, any of its threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._mutex = threading.Lock()
        self._row = last_row(folder)
        if _is_new_boot(folder):
            self._row += JUMP
        self._file = CLOSED
        with suppress(OSError):  # a full disk, which each row asks again
            self._open()

    def append(self, policy: str, time: float, entry: bytes) -> None:
        """Write one row; it is there when this returns. Raises OSError, and then it is not."""
        name = policy.encode()
        with self._mutex:
            rest = BODY.pack(self._row + 1, time, len(name)) + name + entry
            frame = HEAD.pack(len(rest), zlib.crc32(rest)) + rest
            if self._file == CLOSED:
                self._open()
            try:
                whole = os.write(self._file, frame) == len(frame)
            except OSError:
                self._close()
                raise
            if not whole:
                self._close()
                raise OSError("the disk took only a part of a row")
            self._row += 1
            self._left -= len(frame)
            if self._left <= 0:
                self._close()

    def turn(self) -> None:
        """Go on in a new file, if the disk lets us: the old one can then be deleted once it is shipped."""
        with self._mutex, suppress(OSError):
            if self._file != CLOSED and self._left < SEGMENT_BYTES:
                self._close()
                self._open()

    def backlog(self) -> int:
        """Rows that are not known to stand in the log."""
        return max(0, self._row - shipped(self.folder))

    def _close(self) -> None:
        """Have the next row go to a new file; what is torn in this one is passed over."""
        closing, self._file = self._file, CLOSED  # before anything: the number may soon be a client's connection
        os.close(closing)

    def _open(self) -> None:
        path = self.folder / f"{self._row + 1:020d}.journal"
        # Truncated: a file of this name holds at most a row that was torn and never answered for.
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        self._left = SEGMENT_BYTES


class Journal:
    """Reads a worker's rows and notes how far they are shipped. One process at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.id = (folder / "id").read_text()
        self._shipped = os.open(folder / "shipped", os.O_WRONLY | os.O_CREAT, 0o600)
        self._cursor = _Cursor(folder)
        self._tail = _Cursor(folder)

    def after(self, row: int, limit: int, until: float = float("inf")) -> list[Row]:
        """Up to `limit` rows behind `row` accepted no later than `until`, in the order written."""
        if row != self._cursor.row:
            self._cursor = _Cursor(self.folder)
        found: list[Row] = []
        for read in self._cursor.rows(lambda next_: len(found) < limit and next_.time <= until):
            if read.id > row:
                found.append(read)
        self._cursor.row = found[-1].id if found else row
        return found

    def backlog(self) -> int:
        """Rows that are not known to stand in the log."""
        for _ in self._tail.rows(lambda _: True):
            pass
        return max(0, self._tail.row - shipped(self.folder))

    def mark_shipped(self, row: int, forget: int) -> None:
        """Note that all rows up to `row` stand in the log, and delete files of nothing but rows up to `forget`."""
        os.pwrite(self._shipped, row.to_bytes(8, "little"), 0)
        segments = _segments(self.folder)
        for path, following in pairwise(segments):
            if _first(following) <= forget + 1:
                path.unlink()


class _Cursor:
    """A place between two rows."""

    def __init__(self, folder: Path) -> None:
        self.row = 0  # the one before this place
        self._folder = folder
        self._segment = ""
        self._offset = 0

    def rows(self, wanted: Callable[[Row], bool]) -> Iterator[Row]:
        """Rows from here on for as long as they are wanted; the place moves behind each."""
        for path in _segments(self._folder):
            if path.name < self._segment:
                continue
            offset = self._offset if path.name == self._segment else 0
            for row, end in _read(path, offset):
                if not wanted(row):
                    return
                self.row, self._segment, self._offset = row.id, path.name, end
                yield row


def claim(outbox: Path) -> tuple[JournalWriter, int]:
    """A journal for this process alone, and the lock that holds it until the process ends.

    The first one that no living process holds is taken, so a restarted worker goes on with the old one's.
    """
    for number in range(1_000):
        folder = outbox / f"worker-{number}"
        try:
            lock = lock_folder(folder)
        except FolderInUse:
            continue
        if not (folder / "id").exists():
            # Synced, and the run of the machine first: where there is an id, a lost run would hide a power cut.
            _keep(folder / "boot", boot_id())
            _keep(folder / "id", uuid.uuid4().hex)
        return JournalWriter(folder), lock
    raise RuntimeError(f"{outbox} has 1,000 journals in use")


def journals(outbox: Path) -> list[Path]:
    """Folders of all journals of this host that can be read."""
    return sorted(path.parent for path in outbox.glob("worker-*/id"))


def held_bytes(outbox: Path) -> int:
    """What the journals of this host take on disk."""
    return sum(_size(path) for path in outbox.glob("worker-*/*.journal"))


def last_row(folder: Path) -> int:
    """Number of the last whole row; of the last one shipped where none is left."""
    for path in reversed(_segments(folder)):
        last = 0
        for row, _ in _read(path, 0):
            last = row.id
        if last:
            return last
        if _first(path) > 1:
            return _first(path) - 1
    return shipped(folder)


def _read(path: Path, offset: int) -> Iterator[tuple[Row, int]]:
    """Whole rows of a file from `offset` on, each with the offset behind it; ends at one that is not whole."""
    try:
        file = path.open("rb")
    except FileNotFoundError:  # shipped and deleted meanwhile
        return
    with file:
        file.seek(offset)
        pending = b""
        while chunk := file.read(READ_BYTES):
            pending += chunk
            start = 0
            while (row := _row_at(pending, start)) is not None:
                start += HEAD.size + row[1]
                offset += HEAD.size + row[1]
                yield row[0], offset
            pending = pending[start:]


def _row_at(buffer: bytes, start: int) -> tuple[Row, int] | None:
    """The row at `start` and the length of its body; None if it is not whole."""
    if len(buffer) < start + HEAD.size:
        return None
    length, crc = HEAD.unpack_from(buffer, start)
    rest = buffer[start + HEAD.size : start + HEAD.size + length]
    if len(rest) < length or length < BODY.size or zlib.crc32(rest) != crc:
        return None
    number, time, name = BODY.unpack_from(rest)
    return Row(number, rest[BODY.size : BODY.size + name].decode(), time, rest[BODY.size + name :]), length


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # shipped and deleted meanwhile
        return 0


def _segments(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.journal"))


def _first(path: Path) -> int:
    return int(path.stem)


def _is_new_boot(folder: Path) -> bool:
    """Whether the machine was started since this was last asked."""
    path, now = folder / "boot", boot_id()
    before = path.read_text() if path.exists() else ""
    if before != now:
        path.write_text(now)
    return before != now


def _keep(path: Path, text: str) -> None:
    """Write a small file whole, and have the disk keep it."""
    draft = path.with_suffix(".draft")
    with draft.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def shipped(folder: Path) -> int:
    """Last row known to stand in the log; 0 if none."""
    try:
        return int.from_bytes((folder / "shipped").read_bytes(), "little")
    except FileNotFoundError:
        return 0
