"""What every format's reader gives: rows, one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from bandit.errors import AdbanditError

LONGEST = 1 << 20  # bytes of a row; the longest product has some 60,000
CHUNK = 1 << 16  # bytes read at once


class FeedRow(NamedTuple):
    """One row, or why it cannot be read."""

    number: int  # from 1; in a table the line of names is 1, as a spreadsheet has it
    cells: Mapping[str, object]  # by names of bandit.products.rows.field_of
    fault: str = ""


class Cut(AdbanditError):
    """The feed cannot be read on from here: it was cut off, or is not what it should be."""
