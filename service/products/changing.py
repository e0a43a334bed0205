"""Single products of the store: read, written and taken away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from bandit.products.product import Product
from service.products.buckets import bucket_of, decode, encode
from service.products.importing import first_seen
from service.store.products import ProductStore

_GONE = b""


def find(store: ProductStore, product_id: str) -> Product | None:
    """A product as it stands in the store. Raises StoreAway."""
    row = store.row(bucket_of(product_id), product_id)
    return decode(row) if row else None


def put(store: ProductStore, products: Iterable[Product], now: float) -> int:
    """Add or replace products; the version that makes. Of several with one id the last counts.

    now  seconds since 1970, when those that are new are added

    Raises StoreAway; some may be written then, and can be written again.
    """
    given = {product.id: encode(product) for product in products}
    by_bucket: dict[int, list[str]] = defaultdict(list)
    for product_id in given:
        by_bucket[bucket_of(product_id)].append(product_id)
    if not by_bucket:
        return store.version()
    changes: dict[int, dict[str, bytes]] = {}
    for bucket, old in zip(by_bucket, store.buckets(list(by_bucket)), strict=True):
        changes[bucket] = {name: first_seen(given[name], old.rows.get(name), now) for name in by_bucket[bucket]}
    store.change(changes)
    return store.tell(list(changes))


def remove(store: ProductStore, product_id: str) -> int:
    """Take a product away; the version that makes. Raises KeyError if there is none, StoreAway."""
    bucket = bucket_of(product_id)
    if not store.row(bucket, product_id):
        raise KeyError(product_id)
    store.change({bucket: {product_id: _GONE}})
    return store.tell([bucket])
