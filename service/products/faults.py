"""What was wrong with rows, as it is told: all are counted, the first ones named."""

from __future__ import annotations

import msgspec

from bandit.errors import BadInput

SHOWN = 1_000  # faults that are named
LONGEST_DETAIL = 300  # characters


class RowFault(msgspec.Struct, frozen=True, kw_only=True):
    """Why a row was not kept."""

    row: int  # from 1; in a table the line of names is 1
    field: str  # of the product; empty: of the row as a whole
    code: str  # missing, type, bound, unknown, currency, link, character, duplicate, row
    detail: str


class Faults:
    """Those of one feed."""

    def __init__(self) -> None:
        self.count = 0
        self.shown: list[RowFault] = []

    def add(self, row: int, fault: BadInput) -> None:
        """Count one, and name it while there is room."""
        self.count += 1
        if len(self.shown) < SHOWN:
            self.shown.append(row_fault(row, fault))


def row_fault(row: int, fault: BadInput) -> RowFault:
    """A fault of a product as one of its row.

    >>> row_fault(7, BadInput("#/price/value", "bound", "below 0")).field
    'price'
    """
    field = fault.pointer.removeprefix("#").removeprefix("/").partition("/")[0]
    return RowFault(row=row, field=field, code=fault.code, detail=fault.detail[:LONGEST_DETAIL])
