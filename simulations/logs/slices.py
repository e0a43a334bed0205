"""Files of any size as frames that fit into memory, no decision cut in two."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from bandit.errors import BadInput

Scan = Callable[[Path], pl.LazyFrame]


def frames(paths: Iterable[Path], scan: Scan, rows: int) -> Iterator[pl.DataFrame]:
    """The rows of all files, about so many at a time, in order. Raises BadInput for a file that cannot be read."""
    for path in paths:
        with sound(path):
            for frame in scan(path).collect_batches(chunk_size=rows, maintain_order=True):
                yield from (frame.slice(at, rows) for at in range(0, len(frame), rows))


@contextmanager
def sound(path: Path) -> Iterator[None]:
    """What Polars says of a file that it cannot read, as BadInput."""
    try:
        yield
    except pl.exceptions.PolarsError as fault:
        raise BadInput("#", "type", f"{path} cannot be read: {str(fault).splitlines()[0]}") from None


def whole(some: Iterable[pl.DataFrame], key: str, rows: int) -> Iterator[tuple[int, pl.DataFrame]]:
    """(rows before, frame): the same rows, about so many at a time, cut only where `key` changes."""
    first = 0
    held: list[pl.DataFrame] = []
    for frame in some:
        held.append(frame)
        if sum(map(len, held)) <= rows:
            continue
        together = pl.concat(held)
        if cut := _last_start(together.get_column(key)):
            yield first, together.head(cut)
            first += cut
        held = [together.slice(cut)]
    if held and sum(map(len, held)):
        yield first, pl.concat(held)


def _last_start(names: pl.Series) -> int:
    """Where the run of the last value begins.

    >>> _last_start(pl.Series([1, 1, 2, 2, 2]))
    2
    """
    changed = (names != names.shift(1)).fill_null(False).arg_true()
    return int(changed[-1]) if len(changed) else 0
