"""Writes what README.md, docs/performance.md and docs/demo.md show of the files in docs/results/."""

from __future__ import annotations

import io
import re
from pathlib import Path

import msgspec
from rich.console import Console

from simulations.demo.screen import closing, percent
from simulations.demo.summary import Summary

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs" / "results"
RUN = RESULTS / "movielens-7.txt"
SHOWN = 4, 2  # lines of progress from the beginning and from the end


def readme(page: str) -> str:
    """The page with all that lies between `<!-- name -->` and `<!-- /name -->` made anew."""
    for name, content in (("run", run()), ("results", results())):
        page = re.sub(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", rf"\g<1>{content}\g<2>", page, flags=re.DOTALL)
    return page


def performance(page: str) -> str:
    """The page with what each benchmark printed put in anew."""
    return _with_printed(page, RESULTS / "performance")


def demo(page: str) -> str:
    """The page with what the comparison printed put in anew."""
    return _with_printed(page, RESULTS / "demo")


def _with_printed(page: str, folder: Path) -> str:
    """The page with each file of a folder between the marks of its name."""
    for path in sorted(folder.glob("*.txt")):
        shown = f"```text\n{path.read_text()}```\n"
        marked = rf"(<!-- {path.stem} -->\n).*?(<!-- /{path.stem} -->)"
        page = re.sub(marked, lambda found, shown=shown: found[1] + shown + found[2], page, flags=re.DOTALL)
    return page


def run() -> str:
    """The demo's own lines up to its closing table, most of them left out."""
    lines = [line for line in RUN.read_text().splitlines() if re.match(r"starting|up at| *\d+ s ", line)]
    return "\n".join(["```text", *lines[: SHOWN[0]], "...", *lines[-SHOWN[1] :], "```\n"])


def results() -> str:
    """One row a summary."""
    heading = "| seed | even draw | holdout | learned | lift, 95 % interval | best choice | of the way | last third |\n"
    return heading + "|" + " ---: |" * 8 + "\n" + "".join(map(row, summaries()))


def row(found: Summary) -> str:
    lift, low, high = (f"{100 * (share or 0):+.0f}" for share in (found.lift, found.lift_low, found.lift_high))
    rates = [percent(rate) for rate in (found.uniform_rate, found.holdout_rate, found.learned_rate)]
    gaps = [f"{100 * (share or 0):.0f} %" for share in (found.share_of_gap, found.share_of_gap_end)]
    cells = [str(found.seed), *rates, f"{lift} % ({low} to {high})", percent(found.oracle_rate), *gaps]
    return f"| {' | '.join(cells)} |\n"


def summaries() -> list[Summary]:
    return [msgspec.json.decode(path.read_bytes(), type=Summary) for path in sorted(RESULTS.glob("*.json"))]


def picture() -> str:
    """The closing table of the first summary, as it looks on a terminal."""
    console = Console(record=True, width=74, file=io.StringIO(), force_terminal=True)
    console.print(closing(summaries()[0]))
    return console.export_svg(title="make demo", unique_id="demo")


if __name__ == "__main__":
    (ROOT / "README.md").write_text(readme((ROOT / "README.md").read_text()))
    (ROOT / "docs" / "performance.md").write_text(performance((ROOT / "docs" / "performance.md").read_text()))
    (ROOT / "docs" / "demo.md").write_text(demo((ROOT / "docs" / "demo.md").read_text()))
    (RESULTS / "movielens-7.svg").write_text(picture())
