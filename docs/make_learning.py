"""Writes the table of docs/learning.md from the standings in docs/results/bakeoff/."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from simulations.contenders import WORLDS
from simulations.running.bakeoff import Standing

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "learning.md"
RESULTS = ROOT / "docs" / "results" / "bakeoff"
REFERENCE = "engine"
OTHERS = ("linucb-0.5", "linucb-0.2", "lints-0.2", "plain-vw", "thompson", "uniform")


def page(text: str) -> str:
    """The page with its table made anew."""
    marked = r"(<!-- table -->\n).*?(<!-- /table -->)"
    return re.sub(marked, lambda found: found[1] + table() + found[2], text, flags=re.DOTALL)


def table() -> str:
    """One row a world and checkpoint; a reward that is better or worse than the engine's for sure is marked."""
    heading = f"| world | rounds | seeds | {REFERENCE} | {' | '.join(OTHERS)} |\n"
    by_row: dict[tuple[str, int], dict[str, Standing]] = {}
    for found in standings():
        by_row.setdefault((found.world, found.rounds), {})[found.policy] = found
    rows = sorted(by_row.items(), key=lambda item: (WORLDS.index(item[0][0]), item[0][1]))
    return heading + "| --- |" + " ---: |" * (len(OTHERS) + 3) + "\n" + "".join(_row(*item) for item in rows)


def standings() -> list[Standing]:
    """All that the files hold."""
    return [
        row
        for path in sorted(RESULTS.glob("*.json"))
        for row in msgspec.json.decode(path.read_bytes(), type=list[Standing])
    ]


def _row(place: tuple[str, int], by_policy: dict[str, Standing]) -> str:
    ours = by_policy[REFERENCE]
    cells = [place[0], f"{place[1]:,}", str(ours.seeds), f"{ours.reward:.4f} ± {ours.reward_half_width:.4f}"]
    cells += [_other(by_policy[name]) if name in by_policy else "" for name in OTHERS]
    return f"| {' | '.join(cells)} |\n"


def _other(row: Standing) -> str:
    sign = "" if abs(row.above) <= row.above_half_width else " ▲" if row.above > 0 else " ▽"
    return f"{row.reward:.4f}{sign}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
