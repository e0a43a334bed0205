"""One page of a list: what holds the filter's words, in the order asked for. Quick with 10,000 rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

ROWS = 50  # of a page
LONGEST = 200  # characters of a filter that are looked at


class Cell(NamedTuple):
    """What stands in one place of a list."""

    text: str
    order: Any = None  # what it is sorted by; None: its text
    tone: str = ""  # names how it looks

    @property
    def key(self) -> tuple[int, Any]:
        """Numbers before texts, so that all can be compared."""
        if isinstance(self.order, int | float):
            return 0, self.order
        return 1, str(self.text if self.order is None else self.order).casefold()


class Row(NamedTuple):
    name: str  # of the item
    cells: tuple[Cell, ...]


class Asked(NamedTuple):
    """How a list is wanted."""

    words: str = ""
    column: str = ""
    down: bool = False
    page: int = 1

    @classmethod
    def of(cls, arguments: Mapping[str, str], columns: Sequence[str]) -> Asked:
        """As the address says it; what makes no sense there is left out."""
        column, page = arguments.get("sort", ""), arguments.get("page", "1")
        return cls(
            arguments.get("q", "")[:LONGEST].strip(),
            column if column in columns else "",
            arguments.get("down") == "1",
            max(1, int(page)) if page.isascii() and page.isdigit() and len(page) < 7 else 1,
        )

    def address(self, **changes: Any) -> str:
        """The query of another page or order of the same list."""
        other = self._replace(**changes)
        pairs = {"q": other.words, "sort": other.column, "down": "1" if other.down else "", "page": other.page}
        return "?" + urlencode({name: value for name, value in pairs.items() if value not in ("", 1)})


class Listed(NamedTuple):
    """One page of it."""

    rows: tuple[Row, ...]
    found: int  # rows that hold the words
    total: int
    page: int
    pages: int


def listed(rows: Sequence[Row], columns: Sequence[str], asked: Asked) -> Listed:
    """The page asked for, or the last there is."""
    words = asked.words.casefold().split()
    found = [row for row in rows if all(_holds(row, word) for word in words)]
    if asked.column:
        at = columns.index(asked.column)
        found.sort(key=lambda row: row.cells[at].key, reverse=asked.down)
    pages = max(1, -(-len(found) // ROWS))
    page = min(asked.page, pages)
    return Listed(tuple(found[(page - 1) * ROWS : page * ROWS]), len(found), len(rows), page, pages)


def _holds(row: Row, word: str) -> bool:
    return any(word in cell.text.casefold() for cell in row.cells)
