"""A feed into the store: read to its end first, so that nothing is written of one that is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import msgspec

from bandit.errors import BadInput
from bandit.products.checks import Terms
from bandit.products.rows import product_of
from service.products.buckets import BUCKETS, Rows, decode, encode
from service.products.faults import Faults
from service.products.feeds.rows import Cut, FeedRow
from service.products.staging import Part, Staged, Staging
from service.store.products import AT_ONCE, Bucket, ProductStore

MOST_BAD = 0.5  # share of a feed's rows; with more bad ones it is broken, not its rows


class Refused(BadInput):
    """A feed of which nothing was kept."""

    def __init__(self, code: str, detail: str, faults: Faults) -> None:
        super().__init__("#/feed", code, detail)
        self.faults = faults


class Imported(NamedTuple):
    """What became of a feed."""

    rows: int
    kept: int
    removed: int  # products that stood there and not in the feed
    changed: int  # buckets that were written
    version: int
    faults: Faults
    cut: str  # why the feed could not be read to its end; empty: it could


Progress = Callable[[int], object]


def import_feed(
    rows: Iterable[FeedRow],
    store: ProductStore,
    terms: Terms,
    now: float,
    *,
    replace: bool,
    force: bool,
    progress: Progress = id,
) -> Imported:
    """Put the good rows of a feed into the store.

    now       seconds since 1970, when products that are new are added
    replace   whether products that are not in the feed go; else they stay
    force     take a feed that is empty, cut off or mostly bad, too
    progress  told of each row read

    Raises Refused, and then nothing has changed; StoreAway, and then the same feed can be imported again.
    """
    faults = Faults()
    with Staging() as staging:
        count, cut = _stage(rows, staging, terms, faults, progress)
        if not force and (refusal := _refusal(count, cut, faults)):
            raise refusal
        kept = removed = changed = 0
        for part in staging.parts():
            for row, later, product_id in part.doubles:
                detail = f"{product_id!r} stands again in row {later}, which counts"
                faults.add(row, BadInput("#/id", "duplicate", detail))
            one = _write(part, store, now, replace=replace)
            kept, removed, changed = kept + one.kept, removed + one.removed, changed + one.changed
    # All of them, written or not: an import that was killed may have written some and told nobody.
    return Imported(count, kept, removed, changed, store.tell(range(BUCKETS)), faults, cut)


def _stage(
    rows: Iterable[FeedRow], staging: Staging, terms: Terms, faults: Faults, progress: Progress
) -> tuple[int, str]:
    """How many rows there are, and why there are no more, if there should be."""
    count = 0
    try:
        for number, cells, fault in rows:
            count += 1
            try:
                if fault:
                    raise BadInput("#", "row", fault)
                staging.add(number, product_of(cells.items(), terms))
            except BadInput as bad:
                faults.add(number, bad)
            progress(count)
    except Cut as fault:
        return count, str(fault)
    return count, ""


def _refusal(count: int, cut: str, faults: Faults) -> Refused | None:
    if cut:
        return Refused("row", f"the feed cannot be read to its end: {cut}", faults)
    if count == 0:
        return Refused("missing", "the feed has no rows", faults)
    if faults.count > MOST_BAD * count:
        return Refused("bound", f"{faults.count} of {count} rows are bad, so it is the feed that is", faults)
    return None


class _Written(NamedTuple):
    kept: int
    removed: int
    changed: int


def _write(part: Part, store: ProductStore, now: float, *, replace: bool) -> _Written:
    kept = removed = changed = 0
    buckets = list(part.buckets)
    for at in range(0, len(buckets), AT_ONCE):
        some = buckets[at : at + AT_ONCE]
        old = dict(zip(some, store.buckets(some), strict=True))
        new = {bucket: _merged(part.buckets[bucket], old[bucket], now, replace=replace) for bucket in some}
        other = {bucket: rows for bucket, rows in new.items() if rows != old[bucket].rows}
        if replace:
            store.put(other)
        else:
            for bucket in other:
                _merge(part.buckets[bucket], store, bucket, old[bucket], now)
        kept += sum(len(part.buckets[bucket]) for bucket in some)
        removed += sum(len(old[bucket].rows.keys() - new[bucket].keys()) for bucket in some)
        changed += len(other)
    return _Written(kept, removed, changed)


def _merge(staged: dict[str, Staged], store: ProductStore, bucket: int, old: Bucket, now: float) -> None:
    """Add to a bucket that others may change meanwhile."""
    while not store.put_if(bucket, old.mark, _merged(staged, old, now, replace=False)):
        (old,) = store.buckets([bucket])


def _merged(staged: dict[str, Staged], old: Bucket, now: float, *, replace: bool) -> Rows:
    rows = {} if replace else dict(old.rows)
    for product_id, (_, _, _, row) in staged.items():
        rows[product_id] = first_seen(row, old.rows.get(product_id), now)
    return rows


def first_seen(row: bytes, before: bytes | None, now: float) -> bytes:
    """A row that says when the product was first seen: as the feed says, else as it stood before, else now."""
    product = decode(row)
    if product.added:
        return row
    return encode(msgspec.structs.replace(product, added=decode(before).added if before else now))
