"""Writes the table of docs/intervals.md from what `adbandit evaluate coverage` measured."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from simulations.evaluation.coverage import Coverage

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "intervals.md"
RESULTS = ROOT / "docs" / "results" / "coverage" / "coverage.json"


def page(text: str) -> str:
    """The page with its table made anew."""
    marked = r"(<!-- table -->\n).*?(<!-- /table -->)"
    return re.sub(marked, lambda found: found[1] + table() + found[2], text, flags=re.DOTALL)


def table() -> str:
    """One row a method and estimator, a column a world: coverage and mean width."""
    found = msgspec.json.decode(RESULTS.read_bytes(), type=list[Coverage])
    worlds = list(dict.fromkeys(one.world for one in found))
    by_row: dict[tuple[str, str], dict[str, Coverage]] = {}
    for one in found:
        by_row.setdefault((one.method, one.estimator), {})[one.world] = one
    heading = f"| method | estimator | {' | '.join(worlds)} |\n| --- | --- |" + " ---: |" * len(worlds) + "\n"
    return heading + "".join(_row(named, [row.get(world) for world in worlds]) for named, row in by_row.items())


def _row(named: tuple[str, str], row: list[Coverage | None]) -> str:
    return f"| {' | '.join([*named, *(_cell(one) for one in row)])} |\n"


def _cell(one: Coverage | None) -> str:
    if one is None:
        return ""
    share = f"{one.covered:.1%}, {one.width:.3f}"
    return f"*{share}*" if one.promise == "none" else share


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
