"""A million products from a feed into the store and into a reader: `python -m tests.bench.bench_products`.

Prints; asserts nothing. `--products 100000` for a shorter one, `--format xml`. Beside the times stand what has to be
done anyway by the fastest there is: polars reading the same table, and SQLite taking the same rows.
"""

from __future__ import annotations

import argparse
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import redis

from bandit.creatives.slots import Filling
from bandit.money import Money
from bandit.products.filters import wanted
from bandit.products.product import Product
from service import embedded
from service.products import changing, exporting, table
from service.products.buckets import bucket_of, encode
from service.products.feeds.opening import Format
from service.products.keeping import Keeping
from service.products.reading import Products
from service.store.commands import Store
from service.store.products import ProductStore
from tests.running import eventually

WORDS = ["running", "trail", "light", "blue", "men", "women", "kids", "winter", "summer", "shoe", "jacket", "bag"]
WORDS += ["cotton", "leather", "sport", "classic"]
# Another process: waits for a product to appear and says when it did, or keeps a host's file in step.
WAITING = """
import sys, time
from pathlib import Path
from service.products.reading import Products
products = Products(Path(sys.argv[1]))
for line in sys.stdin:
    while products.get(line.strip()) is None:
        time.sleep(0.001)
    print(time.time(), flush=True)
"""
KEEPING = """
import sys, time
from pathlib import Path
from service.products.keeping import Keeping
from service.store.commands import Store
from service.store.products import ProductStore
keeping = Keeping(ProductStore(Store(sys.argv[2])), Path(sys.argv[1]))
while True:
    if not keeping.round():
        time.sleep(0.1)
"""
READING = """
import sys
from pathlib import Path
from service.products.reading import Products
def resident_mb():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 / 1e6
products, before = Products(Path(sys.argv[1])), resident_mb()
for i in range(100_000):
    products.get(f"sku-{i * 7919 % int(sys.argv[2]):08}")
print(f"{resident_mb():.0f} MB, {resident_mb() - before:.1f} MB of them by 100,000 reads")
"""
CHANGES = 50


def made(count: int, factor: float = 1.0) -> Iterator[Product]:
    """Products of a shop, alike each time but for their prices."""
    rng = np.random.default_rng(1)
    picked, prices = rng.integers(0, len(WORDS), (count, 30)), (factor * rng.integers(100, 50_000, count)).round() / 100
    for i in range(count):
        words = [WORDS[word] for word in picked[i]]
        yield Product(
            id=f"sku-{i:08}",
            title=" ".join(words[:4]).title(),
            description=" ".join(words),
            link=f"https://www.shop.example/products/{words[0]}-{i}",
            image_url=f"https://cdn.shop.example/images/{i}.jpg",
            price=Money(value=float(prices[i]), currency="EUR"),
            sale_price=Money(value=round(float(prices[i]) * 0.8, 2), currency="EUR") if i % 5 == 0 else None,
            category=f"{words[1]} > {words[2]}",
            brand=words[3],
            availability="out_of_stock" if i % 10 == 0 else "in_stock",
        )


def sampled(products: Products, count: int, seconds: float) -> str:
    """How long `get` takes, some 2,000 times a second."""
    took_us, end = [], time.perf_counter() + seconds
    for i in np.random.default_rng(2).integers(0, count, 1_000_000):
        asked = f"sku-{i:08}"
        began = time.perf_counter()
        products.get(asked)
        ended = time.perf_counter()
        took_us.append((ended - began) * 1e6)
        if ended > end:
            break
        time.sleep(0.0002)
    p50, p99, most = np.percentile(took_us, [50, 99, 100])
    return f"p50 {p50:.0f} us, p99 {p99:.0f} us, most {most / 1000:.1f} ms of {len(took_us):,}"


def limit_polars(feed: Path) -> float:
    """Seconds that polars takes to read the table."""
    began = time.perf_counter()
    pl.read_csv(feed, infer_schema=False)
    return time.perf_counter() - began


def limit_sqlite(folder: Path, count: int) -> float:
    """Seconds of the processor that SQLite takes for the same rows in one transaction, without what is looked for."""
    rows = sorted((bucket_of(p.id), p.id, encode(p)) for p in made(count))
    sql = sqlite3.connect(folder / "limit.sqlite", isolation_level=None)
    sql.executescript("PRAGMA journal_mode=WAL;" + table.SCHEMA)
    began = time.process_time()
    sql.execute("BEGIN")
    sql.executemany("INSERT INTO product VALUES (?, ?, ?)", rows)
    sql.execute("COMMIT")
    return time.process_time() - began


def imported(feed: Path, url: str, folder: Path) -> tuple[float, str]:
    """Seconds and the rest of `adbandit products import` in a process of its own."""
    words = ["products", "import", str(feed), "--redis-url", url, "--data", str(folder)]
    began, before, most = time.perf_counter(), os.times(), 0.0
    command = [sys.executable, "-m", "service.products.cli", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            most = max(most, _peak_mb(process.pid))
            time.sleep(0.05)
        print(process.stdout.read().strip() if process.stdout else "")
    took, after = time.perf_counter() - began, os.times()
    busy = after.children_user + after.children_system - before.children_user - before.children_system
    return took, f"{busy:.1f} s of the processor, at most {most:.0f} MB"


def _peak_mb(pid: int) -> float:
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def synced(keeping: Keeping) -> tuple[float, float]:
    """Seconds until the file has all there is, and those of the processor."""
    began, busy = time.perf_counter(), time.process_time()
    while keeping.round() or keeping.waiting:
        pass
    return time.perf_counter() - began, time.process_time() - busy


def told(what: str, value: str) -> None:
    print(f"{what:46}{value}", flush=True)


def run(folder: Path, count: int, format: Format, url: str) -> None:
    """All of it, one after the other."""
    feed = folder / f"feed.{format}"
    _write(feed, made(count), format)
    size = feed.stat().st_size / 1e6
    print(f"{count:,} products, {format}, {size:,.0f} MB; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    took, rest = imported(feed, url, folder)
    told("import", f"{took:.1f} s, {count / took:,.0f} rows/s, {rest}")
    if format is Format.CSV:
        alone = limit_polars(feed)
        told("polars.read_csv of it, all cores", f"{alone:.2f} s: the import takes {took / alone:.0f} times that")
    told("Redis", f"{redis.Redis.from_url(url).info('memory')['used_memory'] / 1e6:.0f} MB")
    store = ProductStore(Store(url))
    _served(folder, count, store)
    _write(feed, made(count, 1.1), format)
    took, rest = imported(feed, url, folder)
    told("import of a feed with all prices changed", f"{took:.1f} s, {rest}")
    _while_changing(folder, count, store, url)


def _write(feed: Path, products: Iterator[Product], format: Format) -> None:
    with feed.open("wb") as sink:
        exporting.write(products, sink, format)


def _served(folder: Path, count: int, store: ProductStore) -> None:
    keeping, products = Keeping(store, folder), Products(folder)
    took, busy = synced(keeping)
    keeping.close()
    limit = limit_sqlite(folder, count)
    told(
        "file of a host",
        f"{took:.1f} s, {busy:.1f} s of the processor: {busy / limit:.1f} times SQLite's inserts alone",
    )
    told("its size", f"{(folder / table.NAME).stat().st_size / 1e6:.0f} MB, {products.count:,} products")
    with _python(READING, str(folder), str(count)) as reading:
        told("memory of a reader", reading.communicate()[0].strip())
    told("some, of a category there is none of", f"{_scan_s(products):.2f} s of the processor")
    told("get, one after the other", f"{_hot_us(products, count):.1f} us of the processor")
    told("get, now and then", sampled(products, count, 3.0))


def _while_changing(folder: Path, count: int, store: ProductStore, url: str) -> None:
    products = Products(folder)
    with _python(KEEPING, str(folder), url) as keeping, _python(WAITING, str(folder)) as waiting:
        told("get, while all rows are written anew", sampled(products, count, 5.0))
        told("one change, meanwhile", _change_seen(store, waiting, 5))
        eventually(lambda: products.version == store.version(), 300.0)
        told("one change, afterwards", _change_seen(store, waiting, CHANGES))
        keeping.kill()
        waiting.kill()


def _change_seen(store: ProductStore, waiting: subprocess.Popen[str], times: int) -> str:
    """Time from the call that changes a product until another process reads it."""
    took = []
    for _ in range(times):
        product = msgspec.structs.replace(next(made(1)), id=uuid.uuid4().hex)
        began = time.time()
        changing.put(store, [product], began)
        assert waiting.stdin
        assert waiting.stdout
        waiting.stdin.write(f"{product.id}\n")
        waiting.stdin.flush()
        took.append(float(waiting.stdout.readline()) - began)
    return f"read elsewhere after {1000 * np.median(took):.0f} ms, at most {1000 * max(took):.0f} ms"


def _hot_us(products: Products, count: int) -> float:
    asked = [f"sku-{i:08}" for i in np.random.default_rng(3).integers(0, count, 50_000)]
    began = time.process_time()
    for product_id in asked:
        products.get(product_id)
    return (time.process_time() - began) / len(asked) * 1e6


def _scan_s(products: Products) -> float:
    began = time.process_time()
    products.some(wanted(Filling(categories=("none",))), 20)
    return time.process_time() - began


def _python(program: str, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--products", type=int, default=1_000_000)
    words.add_argument("--format", type=Format, default=Format.CSV)
    given = words.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "valkey").mkdir()
        with embedded.start(folder / "valkey") as server:
            run(folder, given.products, given.format, server.url)


if __name__ == "__main__":
    main()
