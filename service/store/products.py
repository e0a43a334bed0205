"""The shop's products in Redis, and what changed of them.

    products:{<bucket>}   hash    mark: names its content; rows: bandit.products packed, see service.products.buckets;
                                  +<id>: a row changed since, or empty if the product is gone
    {products}:changes    stream  version, buckets: uint16 each; trimmed to about CHANGES_KEPT
    {products}:version    string  of the last change

Each bucket has its own tag, so that a Cluster spreads them. A change is written first and told afterwards: whoever
keeps a copy compares marks now and then, lest one was never told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from bandit.errors import Damaged
from service.products.buckets import Rows, mark_of, pack, unpack
from service.store.cluster import Cluster
from service.store.commands import START, Store, reached

CHANGES_KEPT = 10_000
AT_ONCE = 64  # buckets in one round trip: some 2 MB
FOLDED_AFTER = 64  # single rows of a bucket; then they are packed with the others

_PUT = """
local mark = redis.call('HGET', KEYS[1], 'mark')
if ARGV[1] ~= '*' and (mark or '') ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'mark', ARGV[2], 'rows', ARGV[3])
return 1
"""
# The mark grows out of the one before, so that equal marks have equal histories.
_CHANGE = """
local mark = redis.call('HGET', KEYS[1], 'mark') or ''
for i = 1, #ARGV, 2 do
  redis.call('HSET', KEYS[1], '+' .. ARGV[i], ARGV[i + 1])
  mark = string.sub(redis.sha1hex(mark .. ARGV[i] .. ARGV[i + 1]), 1, 16)
end
redis.call('HSET', KEYS[1], 'mark', mark)
return redis.call('HLEN', KEYS[1])
"""
_TELL = """
local version = redis.call('INCR', KEYS[2])
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'version', version, 'buckets', ARGV[2])
return version
"""
_ANY = "*"  # a mark that every bucket has


class Bucket(NamedTuple):
    """What stands in a bucket."""

    mark: bytes
    rows: Rows


class Change(NamedTuple):
    """Buckets that were written."""

    position: str
    version: int
    buckets: tuple[int, ...]


class ProductStore:
    """The products of a store. Every method raises StoreAway while it cannot be reached."""

    def __init__(self, store: Store) -> None:
        self._redis = store.client

    def version(self) -> int:
        """Of the last change that was told; 0 if there was none."""
        with reached():
            return int(self._redis.get("{products}:version") or 0)

    def marks(self, buckets: Sequence[int]) -> list[bytes]:
        """What names their content now; empty for one that never had any."""
        return [mark or b"" for mark in self._each([("HGET", _key(bucket), "mark") for bucket in buckets])]

    def buckets(self, buckets: Sequence[int]) -> list[Bucket]:
        """What stands in them. Raises Damaged."""
        return [_bucket(found) for found in self._each([("HGETALL", _key(bucket)) for bucket in buckets])]

    def row(self, bucket: int, product_id: str) -> bytes | None:
        """One row."""
        with reached():
            changed, packed = self._redis.hmget(_key(bucket), [b"+" + product_id.encode(), "rows"])
        if changed is not None:
            return bytes(changed) or None
        return unpack(packed or b"").get(product_id)

    def put(self, buckets: Mapping[int, Rows]) -> None:
        """Replace what stands in buckets, whatever that was."""
        self._each([_put(bucket, _ANY, rows) for bucket, rows in buckets.items()])

    def put_if(self, bucket: int, mark: bytes, rows: Rows) -> bool:
        """Replace what stands in a bucket if it still is what had this mark; says whether it was."""
        return bool(self._each([_put(bucket, mark, rows)])[0])

    def change(self, changes: Mapping[int, Mapping[str, bytes]]) -> None:
        """Write single rows, by bucket and id; an empty row takes the product away."""
        told = self._each([_changed(bucket, rows) for bucket, rows in changes.items()])
        for bucket, fields in zip(changes, told, strict=True):
            if fields > FOLDED_AFTER:
                (held,) = self.buckets([bucket])
                self.put_if(bucket, held.mark, held.rows)

    def tell(self, buckets: Sequence[int]) -> int:
        """Say that buckets were written; the version that makes."""
        packed = b"".join(bucket.to_bytes(2, "little") for bucket in buckets)
        keys = ["{products}:changes", "{products}:version"]
        with reached():
            return int(self._redis.eval(_TELL, 2, *keys, CHANGES_KEPT, packed))

    def changes(self, after: str, *, count: int) -> list[Change]:
        """Up to `count` changes behind a position, oldest first."""
        with reached():
            found = self._redis.xrange("{products}:changes", min=f"({after}", count=count)
        return [_told(position, fields) for position, fields in found]

    def last(self) -> str:
        """Position of the newest change; START if there is none."""
        with reached():
            found = self._redis.xrevrange("{products}:changes", count=1)
        return str(found[0][0].decode()) if found else START

    def _each(self, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Answers of commands that have nothing to do with one another."""
        answers: list[Any] = []
        for at in range(0, len(commands), AT_ONCE):
            part = commands[at : at + AT_ONCE]
            with reached():
                if isinstance(self._redis, Cluster):
                    answers += [self._redis.execute_command(*words) for words in part]
                    continue
                with self._redis.pipeline(transaction=False) as pipeline:
                    for words in part:
                        pipeline.execute_command(*words)
                    answers += pipeline.execute()
        return answers


def _key(bucket: int) -> str:
    return f"products:{{{bucket}}}"


def _put(bucket: int, mark: bytes | str, rows: Rows) -> tuple[Any, ...]:
    return "EVAL", _PUT, 1, _key(bucket), mark, mark_of(rows), pack(rows)


def _changed(bucket: int, rows: Mapping[str, bytes]) -> tuple[Any, ...]:
    return "EVAL", _CHANGE, 1, _key(bucket), *(part for id_and_row in rows.items() for part in id_and_row)


def _bucket(found: Any) -> Bucket:
    fields = found if isinstance(found, dict) else dict(zip(found[::2], found[1::2], strict=True))
    rows = unpack(fields.get(b"rows", b""))
    for name, row in fields.items():
        if name[:1] == b"+":
            rows[name[1:].decode()] = row
    return Bucket(fields.get(b"mark", b""), {name: row for name, row in rows.items() if row})


def _told(position: bytes, fields: Mapping[bytes, bytes]) -> Change:
    packed = fields.get(b"buckets", b"")
    try:
        version = int(fields.get(b"version", b""))
    except ValueError:
        raise Damaged(f"change {position.decode()} of products has no version") from None
    buckets = tuple(int.from_bytes(packed[i : i + 2], "little") for i in range(0, len(packed) - 1, 2))
    return Change(position.decode(), version, buckets)
