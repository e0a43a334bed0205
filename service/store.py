"""Every Redis key and command. `{p}` is a hash tag: all of a policy lies in one Cluster slot.

    {catalog}:current        string   version of the catalog in force
    {catalog}:<version>      string   that catalog as JSON; never changed
    {p}:log                  stream   field e: one entry (bandit.codec), in the order shipped
    {p}:shipped              hash     outbox id -> last row of it that stands in the log
    {p}:snapshot             hash     model, sha256, manifest, totals, read, checkpoint: see bandit.fold
    {p}:weights              stream   sparse weight changes: from, to (versions), index, value, centre, crc
                                      trimmed to WEIGHTS_KEPT; who fell behind loads the snapshot

Rows are shipped in one script with their position, and a snapshot replaces only the one it grew from, so a
repeated or late command changes nothing. Commands are never retried here: a retry after a time-out wrote twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from bandit.errors import AdbanditError

TIMEOUT_S = 2.0  # longest wait for an answer; the request path never waits for one
WEIGHTS_KEPT = 1_000
START = "0-0"  # before every entry of a stream

_COMMIT = """
local read = redis.call('HGET', KEYS[1], 'read') or ''
if read ~= ARGV[1] then return 0 end
local fields = tonumber(ARGV[2])
redis.call('HSET', KEYS[1], unpack(ARGV, 4, 3 + fields))
if #ARGV > 3 + fields then
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*', unpack(ARGV, 4 + fields))
end
return 1
"""

_SHIP = """
local last = redis.call('HGET', KEYS[2], ARGV[1]) or '0'
if last ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
for i = 4, #ARGV do redis.call('XADD', KEYS[1], '*', 'e', ARGV[i]) end
return 1
"""

_PUT_CATALOG = """
local current = redis.call('GET', KEYS[1]) or '0'
if current ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[3])
redis.call('SET', KEYS[1], ARGV[2])
return 1
"""


class StoreAway(AdbanditError):
    """Redis does not answer, or refuses to write. Try again later; nothing was lost."""


class LogEntry(NamedTuple):
    position: str
    stored: bytes  # see bandit.codec


class WeightChange(NamedTuple):
    """Weights that differ between two model versions."""

    before: int
    after: int
    indices: bytes  # uint32[n]
    values: bytes  # float32[n]
    centre: bytes  # bandit.centring.Centre of the newer one, whole
    crc: int  # of all


class Store:
    """One Redis or Valkey, embedded or not. Every method raises StoreAway while it cannot be reached."""

    def __init__(self, url: str) -> None:
        self._redis: Any = redis.Redis.from_url(  # its stubs answer str | bytes | None for everything
            url, retry=Retry(NoBackoff(), 0), socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S
        )

    def ping(self) -> None:
        with _reached():
            self._redis.ping()

    def close(self) -> None:
        self._redis.close()

    # Catalog

    def catalog_version(self) -> int:
        """Version in force; 0 when there is none yet."""
        with _reached():
            return int(self._redis.get("{catalog}:current") or 0)

    def catalog(self, version: int) -> bytes | None:
        """JSON of one version, or None if it never was."""
        with _reached():
            found: bytes | None = self._redis.get(f"{{catalog}}:{version}")
            return found

    def put_catalog(self, stored: bytes, version: int, *, after: int) -> bool:
        """Put `version` in force if `after` still is; says whether it was."""
        keys = ["{catalog}:current", f"{{catalog}}:{version}"]
        with _reached():
            return bool(self._redis.eval(_PUT_CATALOG, 2, *keys, after, version, stored))

    # Log

    def shipped(self, policy: str, outbox: str) -> int:
        """Last row of an outbox that stands in the log; 0 if none."""
        with _reached():
            return int(self._redis.hget(f"{{{policy}}}:shipped", outbox) or 0)

    def ship(self, policy: str, outbox: str, rows: Sequence[tuple[int, bytes]], *, after: int) -> None:
        """Append (row id, entry) pairs and the position reached, all or nothing, if the position still is `after`.

        Raises StoreAway if it is not: a server that came back without its last moments, or a late command of before.
        redis-py opens a new connection without a word, so nothing else would tell.
        """
        entries = [entry for _, entry in rows]
        keys = [f"{{{policy}}}:log", f"{{{policy}}}:shipped"]
        with _reached():
            done = self._redis.eval(_SHIP, 2, *keys, outbox, after, rows[-1][0], *entries)
        if not done:
            raise StoreAway(f"outbox {outbox} is not where it was left in the log of {policy!r}")

    def append(self, policy: str, entry: bytes) -> None:
        """Append one entry that may stand twice without harm: a tick."""
        with _reached():
            self._redis.xadd(f"{{{policy}}}:log", {"e": entry})

    def log(self, policy: str, after: str, *, count: int) -> list[LogEntry]:
        """Up to `count` entries behind a position."""
        with _reached():
            found = self._redis.xrange(f"{{{policy}}}:log", min=f"({after}", count=count)
        return [LogEntry(position.decode(), fields[b"e"]) for position, fields in found]

    def log_length(self, policy: str) -> int:
        with _reached():
            return int(self._redis.xlen(f"{{{policy}}}:log"))

    def trim(self, policy: str, needed_from: str) -> None:
        """Forget the log before a position."""
        with _reached():
            self._redis.xtrim(f"{{{policy}}}:log", minid=needed_from, approximate=True)

    # Model

    def snapshot(self, policy: str) -> dict[str, bytes]:
        """Fields of the snapshot; empty if there is none."""
        with _reached():
            found = self._redis.hgetall(f"{{{policy}}}:snapshot")
        return {name.decode(): value for name, value in found.items()}

    def snapshot_field(self, policy: str, field: str) -> bytes | None:
        with _reached():
            found: bytes | None = self._redis.hget(f"{{{policy}}}:snapshot", field)
            return found

    def snapshot_fields(self, policy: str, names: Sequence[str]) -> dict[str, bytes]:
        """Some fields of the snapshot as they were at one moment; empty if there is none."""
        with _reached():
            found = self._redis.hmget(f"{{{policy}}}:snapshot", list(names))
        return {name: value for name, value in zip(names, found, strict=True) if value is not None}

    def commit(self, policy: str, fields: Mapping[str, bytes], *, after: str, change: WeightChange | None) -> bool:
        """Replace the snapshot if it still is the one that had read the log up to `after` ("" for none).

        Says whether it was; if not, another learner has gone on and this one must load again.
        """
        stored: list[Any] = [part for pair in fields.items() for part in pair]
        published: list[Any] = []
        if change is not None:
            for name, value in zip(("from", "to", "index", "value", "centre", "crc"), change, strict=True):
                published += [name, value]
        keys = [f"{{{policy}}}:snapshot", f"{{{policy}}}:weights"]
        with _reached():
            done = self._redis.eval(_COMMIT, 2, *keys, after, len(stored), WEIGHTS_KEPT, *stored, *published)
        return bool(done)

    def last_change(self, policy: str) -> str:
        """Position of the newest weight change; START if there is none."""
        with _reached():
            found = self._redis.xrevrange(f"{{{policy}}}:weights", count=1)
        return str(found[0][0].decode()) if found else START

    def changes(self, policy: str, after: str) -> list[tuple[str, WeightChange]]:
        """Weight changes behind a position, oldest first."""
        with _reached():
            found = self._redis.xrange(f"{{{policy}}}:weights", min=f"({after}")
        return [(position.decode(), _change(fields)) for position, fields in found]


def _change(fields: Mapping[bytes, bytes]) -> WeightChange:
    before, after, crc = (int(fields[name]) for name in (b"from", b"to", b"crc"))
    return WeightChange(before, after, fields[b"index"], fields[b"value"], fields.get(b"centre", b""), crc)


@contextmanager
def _reached() -> Iterator[None]:
    try:
        yield
    except redis.RedisError as fault:
        raise StoreAway(f"{type(fault).__name__}: {fault}") from fault
