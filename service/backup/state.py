"""A policy's keys of Redis as a file, to be written into any Redis of any version.

A file is frames of four bytes of length and msgpack: (key without the policy, kind, content). A hash is one frame,
a stream one for each portion of entries, with their positions: what was learned hangs on them. `lease`, `fence` and
`unnamed` are left out: they are of use only where they were made.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import Any, BinaryIO

import msgspec

from bandit.errors import Damaged
from bandit.fold import read_version
from bandit.join import order
from bandit.lineage import START
from service.store.books import Books
from service.store.commands import Store, StreamEntry
from service.verify.taking import Taken

PORTION = 200  # entries of a stream in a frame
CHANGES = 10  # versions in a frame: each may be of every weight
_LENGTH = struct.Struct("<I")

Frame = tuple[str, str, Any]  # key, kind, content


def write_state(file: BinaryIO, store: Store, taken: Taken) -> None:
    """Write all of a policy. Raises StoreAway."""
    for frame in _frames(store, taken):
        content = msgspec.msgpack.encode(frame)
        file.write(_LENGTH.pack(len(content)) + content)
    file.flush()


def _frames(store: Store, taken: Taken) -> Iterator[Frame]:
    policy = taken.policy
    for first in range(0, len(taken.log), PORTION):
        some = taken.log[first : first + PORTION]
        yield "log", "stream", [(entry.position, {b"e": entry.stored}) for entry in some]
    version = read_version(taken.fields)
    after = START
    while changes := store.stream(policy, "weights", after, count=CHANGES):
        after = changes[-1][0]
        yield "weights", "stream", list(takewhile(lambda change: int(change[1][b"to"]) <= version, changes))
    for kept in store.kept_versions(policy):
        if fields := store.kept(policy, kept):
            yield f"kept:{kept}", "hash", fields
            yield "kept", "version", kept
    if books := Books(store).of(policy):
        yield "books", "hash", books
    if taken.shipped:
        yield "shipped", "hash", taken.shipped
    if taken.fields:
        yield "snapshot", "hash", taken.fields  # last: where it is, all is


def read_state(file: BinaryIO) -> Iterator[Frame]:
    """What `write_state` wrote. Raises Damaged."""
    while head := file.read(_LENGTH.size):
        try:
            (length,) = _LENGTH.unpack(head)
            content = file.read(length)
            frame = msgspec.msgpack.decode(content, type=tuple[str, str, Any])
        except (struct.error, msgspec.MsgspecError) as fault:
            raise Damaged(f"the state of a policy cannot be read: {fault}") from None
        yield frame


def put_state(store: Store, policy: str, frames: Iterator[Frame]) -> None:
    """Write a policy into a store that has nothing of it. Raises StoreAway."""
    for key, kind, content in frames:
        if kind == "stream":
            entries: list[StreamEntry] = [(position, _bytes(fields)) for position, fields in content]
            entries.sort(key=lambda entry: order(entry[0]))
            if entries:
                store.put_stream(policy, key, entries)
        elif kind == "version":
            store.put_kept(policy, content)
        else:
            store.put_hash(policy, key, _bytes(content))


def _bytes(fields: Mapping[Any, bytes]) -> dict[bytes, bytes]:
    return {name if isinstance(name, bytes) else name.encode(): value for name, value in fields.items()}
