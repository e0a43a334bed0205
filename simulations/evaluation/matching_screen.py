"""What `evaluate matching` says."""

from __future__ import annotations

from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from bandit.intervals.interval import Interval
from simulations.environments.movielens import read_ratings
from simulations.evaluation.matching import SHOWN, Found, leave_one_out, read_rows
from simulations.sources import ratings, wheels

MEASURES = {"recall": f"recall at {SHOWN}", "ndcg": f"NDCG at {SHOWN}"}


def measure(seed: int, level: float, json: Path | None, cache: Path | None) -> None:
    """Measure, say, and write. Raises wheels.Unavailable without the network or what it fetched before."""
    folder = ratings.ensure(cache or wheels.default_cache())
    found = leave_one_out(read_ratings(folder).films, read_rows(folder), seed)
    Console().print(shown(found, level))
    if json is not None:
        json.write_bytes(msgspec.json.format(msgspec.json.encode(flat(found, level))) + b"\n")


def shown(found: Found, level: float) -> Table:
    """A row each, with what the product's own way is ahead by."""
    drawn = Table(
        title=f"the last of {found.users:,} users' films left out of {found.deeds + found.users:,} things done"
    )
    drawn.title_justify = "left"
    drawn.add_column("ranked by")
    for title in MEASURES.values():
        drawn.add_column(title, justify="right")
        drawn.add_column("matching is ahead by", justify="right")
    own = found.ways[0]
    for way in found.ways:
        cells: list[str] = []
        for measure in MEASURES:
            ahead = "" if way is own else _said(own.gain(way, measure, level), "+")
            cells += [_said(way.mean(measure, level)), ahead]
        drawn.add_row(way.name, *cells)
    pace = (
        f"{found.deeds / found.learned_s:,.0f} things done a second to learn, {found.matched_us:.0f} us to match a user"
    )
    drawn.caption = f"{level:.0%} intervals, users the unit of chance; {found.products:,} films; {pace}"
    drawn.caption_justify = "left"
    return drawn


def flat(found: Found, level: float) -> dict[str, object]:
    """The same as JSON has it."""
    own = found.ways[0]
    ways = {
        way.name: {
            measure: {"mean": way.mean(measure, level), "behind": own.gain(way, measure, level)} for measure in MEASURES
        }
        for way in found.ways
    }
    counts = {"users": found.users, "products": found.products, "deeds": found.deeds}
    pace = {"learned_s": found.learned_s, "matched_us": found.matched_us}
    return {"ways": msgspec.to_builtins(ways), **counts, **pace}


def _said(interval: Interval, sign: str = "") -> str:
    return f"{interval.value:{sign}.4f} ({interval.low:{sign}.4f} to {interval.high:{sign}.4f})"
