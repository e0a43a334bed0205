"""One thing in a record that is not as it must be."""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """One difference between what a record says and what was expected."""

    slot: int
    field: str
    expected: str
    found: str
