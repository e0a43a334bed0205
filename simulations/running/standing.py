"""What a simulation found, as a table for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl
from rich.table import Table

from simulations import contenders, worlds
from simulations.running.closed_loop import SERVICE
from simulations.running.results import Results

Rows = dict[str, dict[str, Any]]  # policy -> columns


def tables(found: Results, reference: str) -> Iterator[Table]:
    """A table an environment, a row a policy: what it had earned at the end of its runs, the best first."""
    means = {measure: found.means(measure) for measure in ("reward", "normalised_regret")}
    paired = found.differences(reference)
    away = paired.filter(pl.col("rounds") == pl.col("rounds").max().over("environment", "policy"))
    spent = found.ends().group_by("environment", "policy").agg(pl.mean("deciding_ms", "learning_ms"), pl.sum("lost"))
    for (name,), rows in means["reward"].group_by("environment", maintain_order=True):
        here = [_here(table, str(name)) for table in (means["normalised_regret"], away, spent)]
        yield _table(str(name), reference, rows.sort("mean", descending=True), *here)


def _table(name: str, reference: str, rewards: pl.DataFrame, regret: Rows, away: Rows, spent: Rows) -> Table:
    first = rewards.row(0, named=True)
    drawn = Table(title=f"{name}: {first['rounds']:,} rounds, seeds: {first['seeds']}")
    drawn.add_column("policy", overflow="fold")
    for heading in ("reward a round", f"above {reference}", "regret", "ms deciding", "learning", "lost"):
        drawn.add_column(heading, justify="right")
    for row in rewards.iter_rows(named=True):
        policy = row["policy"]
        cost = spent[policy]
        drawn.add_row(
            policy,
            _cell(row, "{:.4f}"),
            _cell(away.get(policy), "{:+.4f}"),
            _cell(regret[policy], "{:.3f}"),
            f"{cost['deciding_ms']:.3f}",
            f"{cost['learning_ms']:.3f}",
            f"{cost['lost']:,}",
        )
    return drawn


def listing() -> str:
    """Worlds and policies there are, a line each."""
    policies = (*((name, "") for name in contenders.POLICIES), (SERVICE, "the service over HTTP, see --service"))
    width = max(len(name) for name, _ in (*worlds.described(), *policies))
    return "\n".join(
        line
        for heading, rows in (("environments", worlds.described()), ("policies", policies))
        for line in (f"{heading}:", *(f"  {name:{width}}  {about}".rstrip() for name, about in rows))
    )


def _here(table: pl.DataFrame, environment: str) -> Rows:
    """Rows of one environment by policy."""
    rows = table.filter(pl.col("environment") == environment)
    return {row["policy"]: row for row in rows.iter_rows(named=True)}


def _cell(row: dict[str, Any] | None, written: str) -> str:
    """A mean and how far from it the truth may lie."""
    if row is None or row["mean"] is None:
        return ""
    mean = written.format(row["mean"])
    return mean if row["low"] is None else f"{mean} ± {row['high'] - row['mean']:.4f}"
