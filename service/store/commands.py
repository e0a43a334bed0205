"""Every Redis key and command. `{p}` is a hash tag: all of a policy lies in one Cluster slot.

    {catalog}:current        string   version of the catalog in force
    {catalog}:<version>      string   that catalog as JSON; never changed
    {p}:log                  stream   field e: one entry (bandit.codec), in the order shipped
    {p}:shipped              hash     outbox id -> last row of it that stands in the log
    {p}:snapshot             hash     model, sha256, manifest, totals, read, checkpoint: see bandit.fold
    {p}:kept:<version>       hash     a snapshot as it was, and when and why it was kept; what a rollback goes back to
    {p}:kept                 zset     versions kept, the oldest dropped beyond SNAPSHOTS_KEPT
    {p}:lease                string   the learner at work; expires unless renewed
    {p}:fence                string   number and name of the learner that took over last; no other may commit
    {p}:unnamed              set      archive files that are committed and may not have their names yet
    {p}:weights              stream   sparse weight changes: from, to (versions), index, value, centre, table, crc
                                      trimmed to WEIGHTS_KEPT; who fell behind loads the snapshot
    {p}:books                hash     what the bookkeeper has taken in: read (position), needed and known (from where on
                                      the log builds its memory again), spending (bandit.pacing.spending), at (when)
    {u:<pseudonym>}:state    string   a user, 32 hex digits: see bandit.profiles.stored; expires
    {u:<pseudonym>}:shown    list     ads decided lately: a row of bandit.profiles.exposures each; expires. Neither on
                                      disk nor on replicas: a server that syncs its file would hold up each decision
    {budget}:left:<campaign> hash     left, shadow: by the logs; w:<worker>: ads it holds and has used since
    {budget}:account:<campaign> hash  of:<policy>: what its log says; state: what was published last
    {budget}:until           hash     policy -> time up to which its log is accounted for in these
    {refused}:users          set      pseudonyms of who wants nothing to be kept; {refused}:version moves with it
    matching:{<chunk>}       string   neighbours of the products of a chunk, packed: see service.store.matching
    {matching}:lists         string   products that are sought and new, by category, packed; written last

What users did is a log, too: ~activity stands for the policy in its log, shipped and books, which have archived and
upto (positions) besides. ~books stands for it in the lease and fence of the bookkeeper.

Rows are shipped in one script with their position, and a snapshot replaces only the one it grew from, so a
repeated or late command changes nothing. Commands are never retried here: a retry after a time-out wrote twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import redis

from bandit.errors import AdbanditError
from service.store import scripts
from service.store.cluster import Cluster
from service.store.connecting import client

WAIT_MS = 1_000  # longest wait for replicas; shorter than the client's for an answer
WEIGHTS_KEPT = 1_000
SNAPSHOTS_KEPT = 8
BOOKS_WAIT_S = 3_600  # how long the log is kept for a bookkeeper that is not heard of
START = "0-0"  # before every entry of a stream


# Writes what stands there already, so that there is something to wait for: WAIT looks at its connection's last write.


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
    table: int  # CRC-32 of all weights as they are afterwards
    crc: int  # of all these


StreamEntry = tuple[str, Mapping[bytes, bytes]]  # position, fields


class Moment(NamedTuple):
    """A policy at one instant."""

    snapshot: dict[str, bytes]
    shipped: dict[bytes, bytes]
    last: str  # position of the newest entry of the log; START if there is none
    unnamed: set[str]


class Store:
    """One Redis or Valkey, embedded or not. Every method raises StoreAway while it cannot be reached."""

    def __init__(self, url: str, *, replicas: int = 0) -> None:
        """
        url       see service.store.addresses; ValueError if it is none
        replicas  that must have a catalog before it counts as in force, and what is shipped before it counts as shipped
        """
        self._redis = client(url)
        self._replicas = replicas

    @property
    def client(self) -> Any:
        """Of the server, for the other files of this folder."""
        return self._redis

    def ping(self) -> None:
        with reached():
            self._redis.ping()

    def close(self) -> None:
        self._redis.close()

    # Catalog

    def catalog_version(self) -> int:
        """Version in force; 0 when there is none yet."""
        with reached():
            return int(self._redis.get("{catalog}:current") or 0)

    def catalog(self, version: int) -> bytes | None:
        """JSON of one version, or None if it never was."""
        with reached():
            found: bytes | None = self._redis.get(f"{{catalog}}:{version}")
            return found

    def put_catalog(self, stored: bytes, version: int, *, after: int) -> bool:
        """Put `version` in force if `after` still is; says whether it was. No outbox holds it if a failover loses it.

        Raises StoreAway, too, if too few replicas have it in time; it may be in force nevertheless.
        """
        keys = ["{catalog}:current", f"{{catalog}}:{version}"]
        with reached():
            return bool(self._written(scripts.PUT_CATALOG, keys, after, version, stored))

    # Log

    def shipped(self, policy: str, outbox: str) -> int:
        """Last row of an outbox that stands in the log, there and on the replicas wanted; 0 if none."""
        key = f"{{{policy}}}:shipped"
        with reached():
            return int(
                (self._written(scripts.AGAIN, [key], outbox) if self._replicas else self._redis.hget(key, outbox)) or 0
            )

    def ship(self, policy: str, outbox: str, rows: Sequence[tuple[int, bytes]], *, after: int) -> None:
        """Append (row id, entry) pairs and the position reached, all or nothing, if the position still is `after`.

        Raises StoreAway if it is not: a server that came back without its last moments, one that took over from another
        and never had them, or a late command of before. redis-py opens a new connection without a word, so nothing else
        would tell. Raises it, too, if too few replicas have the rows in time; they may stand in the log nevertheless.
        """
        entries = [entry for _, entry in rows]
        keys = [f"{{{policy}}}:log", f"{{{policy}}}:shipped"]
        with reached():
            done = self._written(scripts.SHIP, keys, outbox, after, rows[-1][0], *entries)
        if not done:
            raise StoreAway(f"outbox {outbox} is not where it was left in the log of {policy!r}")

    def append(self, policy: str, entry: bytes) -> None:
        """Append one entry that may stand twice without harm: a tick."""
        with reached():
            self._redis.xadd(f"{{{policy}}}:log", {"e": entry})

    def log(self, policy: str, after: str, *, count: int) -> list[LogEntry]:
        """Up to `count` entries behind a position."""
        return self.log_from(policy, f"({after}", count=count)

    def log_from(self, policy: str, position: str, *, count: int) -> list[LogEntry]:
        """Up to `count` entries from a position on."""
        with reached():
            found = self._redis.xrange(f"{{{policy}}}:log", min=position, count=count)
        return [LogEntry(position.decode(), fields[b"e"]) for position, fields in found]

    def log_begins(self, policy: str) -> str | None:
        """Position of the oldest entry; None if there is none."""
        with reached():
            found = self._redis.xrange(f"{{{policy}}}:log", count=1)
        return str(found[0][0].decode()) if found else None

    def log_length(self, policy: str) -> int:
        with reached():
            return int(self._redis.xlen(f"{{{policy}}}:log"))

    def trim(self, policy: str, needed_from: str) -> None:
        """Forget the log before a position, but not what its books need if the bookkeeper was heard of lately."""
        keys = [f"{{{policy}}}:log", f"{{{policy}}}:books"]
        with reached():
            self._redis.eval(scripts.TRIM, 2, *keys, needed_from, BOOKS_WAIT_S)

    # Model

    def snapshot(self, policy: str) -> dict[str, bytes]:
        """Fields of the snapshot; empty if there is none."""
        with reached():
            found = self._redis.hgetall(f"{{{policy}}}:snapshot")
        return {name.decode(): value for name, value in found.items()}

    def snapshot_field(self, policy: str, field: str) -> bytes | None:
        with reached():
            found: bytes | None = self._redis.hget(f"{{{policy}}}:snapshot", field)
            return found

    def snapshot_fields(self, policy: str, names: Sequence[str]) -> dict[str, bytes]:
        """Some fields of the snapshot as they were at one moment; empty if there is none."""
        with reached():
            found = self._redis.hmget(f"{{{policy}}}:snapshot", list(names))
        return {name: value for name, value in zip(names, found, strict=True) if value is not None}

    def commit(
        self,
        policy: str,
        fields: Mapping[str, bytes],
        *,
        after: str,
        fence: str,
        change: WeightChange | None,
        files: Sequence[str] = (),
    ) -> bool:
        """Replace the snapshot if it still is the one that had read the log up to `after` ("" for none).

        fence  of the lease this learner holds
        files  of the archive that become valid with it

        Says whether it was; if not, another learner has gone on and this one must load again.
        """
        stored: list[Any] = [part for pair in fields.items() for part in pair]
        published: list[Any] = []
        if change is not None:
            for name, value in zip(_CHANGE, change, strict=True):
                published += [name, value]
        keys = [f"{{{policy}}}:{name}" for name in ("snapshot", "weights", "fence", "unnamed")]
        counts = len(stored), len(files), WEIGHTS_KEPT
        with reached():
            done = self._redis.eval(scripts.COMMIT, 4, *keys, after, fence, *counts, *stored, *files, *published)
        return bool(done)

    def unnamed(self, policy: str) -> set[str]:
        """Archive files that are committed and may not have their names yet."""
        with reached():
            return {name.decode() for name in self._redis.smembers(f"{{{policy}}}:unnamed")}

    def named(self, policy: str, files: Sequence[str]) -> None:
        """Note that these files have their names."""
        if files:
            with reached():
                self._redis.srem(f"{{{policy}}}:unnamed", *files)

    # Lease

    def lease(self, policy: str, holder: str, ttl_s: float, *, seize: bool = False) -> str | None:
        """Take or renew the right to learn a policy; the fence to commit with, None while another has it.

        seize  take it from whoever has it
        """
        keys = [f"{{{policy}}}:lease", f"{{{policy}}}:fence"]
        with reached():
            found: bytes | None = self._redis.eval(scripts.LEASE, 2, *keys, holder, round(ttl_s * 1000), int(seize))
        return found.decode() if found else None

    def release(self, policy: str, holder: str) -> None:
        """Give the lease back, so that another need not wait for its end."""
        with reached():
            self._redis.eval(scripts.RELEASE, 1, f"{{{policy}}}:lease", holder)

    # Kept snapshots

    def keep(self, policy: str, version: int, why: str) -> bool:
        """Keep the snapshot in force, which is of this version, for a rollback; says whether there was one."""
        keys = [f"{{{policy}}}:snapshot", f"{{{policy}}}:kept:{version}", f"{{{policy}}}:kept"]
        with reached():
            done = self._redis.eval(scripts.KEEP, 3, *keys, version, why)
            for old in self._redis.zrange(keys[2], 0, -SNAPSHOTS_KEPT - 1):
                self._redis.delete(f"{{{policy}}}:kept:{int(old)}")
                self._redis.zrem(keys[2], old)
        return bool(done)

    def kept_versions(self, policy: str) -> list[int]:
        """Versions a rollback can go back to, oldest first."""
        with reached():
            return [int(version) for version in self._redis.zrange(f"{{{policy}}}:kept", 0, -1)]

    def kept(self, policy: str, version: int) -> dict[str, bytes]:
        """Fields of a kept snapshot; empty if there is none."""
        with reached():
            found = self._redis.hgetall(f"{{{policy}}}:kept:{version}")
        return {name.decode(): value for name, value in found.items()}

    def last_change(self, policy: str) -> str:
        """Position of the newest weight change; START if there is none."""
        with reached():
            found = self._redis.xrevrange(f"{{{policy}}}:weights", count=1)
        return str(found[0][0].decode()) if found else START

    def changes(self, policy: str, after: str) -> list[tuple[str, WeightChange]]:
        """Weight changes behind a position, oldest first."""
        with reached():
            found = self._redis.xrange(f"{{{policy}}}:weights", min=f"({after}")
        return [(position.decode(), _change(fields)) for position, fields in found]

    # Whole policies, for backups. What is not of these is of no use elsewhere: lease, fence, unnamed.

    def moment(self, policy: str) -> Moment:
        """What must belong together, read in one step."""
        keys = [f"{{{policy}}}:{name}" for name in ("snapshot", "shipped", "log", "unnamed")]
        with reached():
            snapshot, shipped, last, unnamed = self._redis.eval(scripts.MOMENT, 4, *keys)
        return Moment(
            {name.decode(): value for name, value in _paired(snapshot)},
            dict(_paired(shipped)),
            last[0][0].decode() if last else START,
            {name.decode() for name in unnamed},
        )

    def holds(self, policy: str) -> bool:
        """Whether there is anything of a policy."""
        with reached():
            return any(self._redis.exists(f"{{{policy}}}:{name}") for name in ("snapshot", "log", "shipped", "weights"))

    def stream(self, policy: str, name: str, after: str, *, count: int) -> list[StreamEntry]:
        """Up to `count` entries of a policy's log or weights behind a position, as they are stored."""
        with reached():
            found = self._redis.xrange(f"{{{policy}}}:{name}", min=f"({after}", count=count)
        return [(position.decode(), fields) for position, fields in found]

    def put_stream(self, policy: str, name: str, entries: Sequence[StreamEntry]) -> None:
        """Append entries at their positions, each behind the last there is."""
        given: list[Any] = []
        for position, fields in entries:
            given += [position, 2 * len(fields), *(part for pair in fields.items() for part in pair)]
        with reached():
            self._redis.eval(scripts.PUT_STREAM, 1, f"{{{policy}}}:{name}", *given)

    def put_hash(self, policy: str, name: str, fields: Mapping[str, bytes] | Mapping[bytes, bytes]) -> None:
        """Write a policy's snapshot, kept snapshot, or `shipped`."""
        with reached():
            self._redis.hset(f"{{{policy}}}:{name}", mapping=dict(fields))

    def put_kept(self, policy: str, version: int) -> None:
        """List a version as kept, once its hash is written."""
        with reached():
            self._redis.zadd(f"{{{policy}}}:kept", {str(version): version})

    def put_old_catalog(self, stored: bytes, version: int) -> None:
        """Write a catalog that is not to be in force."""
        with reached():
            self._redis.set(f"{{catalog}}:{version}", stored)

    def _written(self, script: str, keys: Sequence[str], *given: Any) -> Any:
        """Answer of a script, once as many replicas as wanted have what it wrote. Raises StoreAway if they have not."""
        if not self._replicas:
            return self._redis.eval(script, len(keys), *keys, *given)

        def run(server: Any) -> Any:
            with server.pipeline(transaction=False) as pipeline:  # on one connection, as WAIT wants it
                pipeline.eval(script, len(keys), *keys, *given)
                pipeline.wait(self._replicas, WAIT_MS)
                return pipeline.execute()

        on_cluster = isinstance(self._redis, Cluster)
        answer, copies = self._redis.with_master(keys[0], run) if on_cluster else run(self._redis)
        if copies < self._replicas:
            raise StoreAway(f"{copies} of the {self._replicas} replicas wanted have what was written")
        return answer


def _paired(flat: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Fields and values, as a script answers them."""
    return zip(flat[::2], flat[1::2], strict=True)


_GARBLED = WeightChange(0, 0, b"", b"", b"", 0, -1)  # no checksum is below 0
_CHANGE = ("from", "to", "index", "value", "centre", "table", "crc")


def _change(fields: Mapping[bytes, bytes]) -> WeightChange:
    try:
        before, after, table, crc = (int(fields.get(name, 0)) for name in (b"from", b"to", b"table", b"crc"))
        return WeightChange(before, after, fields[b"index"], fields[b"value"], fields.get(b"centre", b""), table, crc)
    except (KeyError, ValueError):
        return _GARBLED


@contextmanager
def reached() -> Iterator[None]:
    """Faults of the server as StoreAway."""
    try:
        yield
    except redis.RedisError as fault:
        reason = str(fault).partition(" : ")[0]  # redis-py goes on with all it knows of every Sentinel
        raise StoreAway(f"{type(fault).__name__}: {reason}") from fault
