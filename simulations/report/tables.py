"""What is in the figures, as tables of HTML: for exact reading, and for those who do not see a figure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import polars as pl

from simulations.evaluation.evaluated import Estimate, Evaluated
from simulations.report.contributions import Contributions
from simulations.report.numbers import NONE, interval, number
from simulations.running.results import Results

Row = dict[str, Any]


def standings(results: Results, world: str, reference: str) -> str:
    """How every policy stood at its end in one world: reward, difference to a reference, regret; the best first."""
    here = pl.col("environment") == world
    reward = results.means("reward").filter(here).sort("mean", descending=True)
    regret = _by_policy(results.means("normalised_regret").filter(here))
    above = _by_policy(differences(results, world, reference))
    costs = [_by_policy(results.means(name).filter(here)) for name in ("learning_ms", "deciding_ms")]
    rows = [
        [
            row["policy"],
            f"{row['seeds']:,}",
            *_cells(row),
            *(("reference", "") if row["policy"] == reference else _cells(above.get(row["policy"]), sign=True)),
            *_cells(regret.get(row["policy"])),
            *(number(cost[row["policy"]]["mean"], 2) for cost in costs),
        ]
        for row in reward.iter_rows(named=True)
    ]
    heads = ["policy", "seeds", "reward a round", "95 % interval", f"above {reference}", "95 % interval"]
    heads += ["normalised regret", "95 % interval", "learn, ms", "decide, ms"]
    rounds = " or ".join(f"{count:,}" for count in sorted(set(reward.get_column("rounds"))))
    return table(f"{world} after {rounds} rounds; differences are paired by seed", heads, rows)


def differences(results: Results, world: str, reference: str) -> pl.DataFrame:
    """How far policies were above the reference at the end, over the seeds that both ran on; columns as of Results."""
    ran = results.table.filter(pl.col("environment") == world)
    theirs = ran.filter(pl.col("policy") == reference).select("seed", "rounds")
    paired = Results(ran.join(theirs, on=["seed", "rounds"], how="semi", maintain_order="left"))
    return paired.differences(reference).filter(pl.col("rounds") == pl.col("rounds").max().over("policy"))


def estimates(evaluated: Evaluated) -> str:
    """Every estimator's number, or that it gave none."""
    rows = [["log", *_estimate(evaluated.logged), "1"]]
    rows += [
        [name, *_estimate(found), number(evaluated.relative.get(name))] for name, found in evaluated.estimates.items()
    ]
    if evaluated.truth is not None:
        rows.append(["target's own log", *_estimate(evaluated.truth), NONE])
    heads = [
        "estimator",
        f"mean reward a {evaluated.unit}",
        f"{100 * evaluated.level:g} % interval",
        "method",
        "over the log",
    ]
    return table(f"What {evaluated.target} would have earned", heads, rows, words=(0, 3))


def diagnostics(evaluated: Evaluated) -> str:
    """How far the log can be believed."""
    told = [
        ("rounds", f"{evaluated.rounds:,}", "a round is one slot of a decision"),
        ("decisions", f"{evaluated.decisions:,}", ""),
        ("actions", f"{evaluated.actions:,}", "that the log knows"),
        ("mean weight", number(evaluated.mean_weight), "1 up to chance, if the log's probabilities are right"),
        ("effective sample size", number(evaluated.ess), "even-weighted rounds that know as much"),
        ("largest weight", number(evaluated.max_weight), "target over logged probability"),
        ("unsupported mass", number(evaluated.unsupported_mass), "share of the target's choices never shown"),
        ("control variate", number(evaluated.control_variate), "mean weighted residual of the reward model"),
    ]
    if evaluated.reward_model:
        told.append(("reward model", "", evaluated.reward_model))
    return table("How far the log can be believed", ["diagnostic", "value", "meaning"], told, words=(0, 2))


def features(found: Contributions) -> str:
    """Every feature's contribution."""
    rows = [[each.feature, number(each.size), number(each.apart)] for each in found.contributions]
    heads = ["feature", "mean absolute contribution", "moves candidates apart by"]
    return table(f"Features of {found.model}, in reward units", heads, rows)


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], *, words: Sequence[int] = (0,)) -> str:
    """A table whose first column names its rows. It scrolls by itself where the screen is narrow.

    words  columns of words; all others are numbers and stand to the right
    """
    kinds = ["" if i in words else ' class="number"' for i in range(len(heads))]
    head = "".join(f'<th scope="col"{kind}>{escape(name)}</th>' for name, kind in zip(heads, kinds, strict=True))
    body = "\n".join(
        f'<tr><th scope="row">{escape(first)}</th>'
        + "".join(f"<td{kind}>{escape(cell)}</td>" for cell, kind in zip(rest, kinds[1:], strict=True))
        + "</tr>"
        for first, *rest in rows
    )
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(caption)}"><table>'
        f"<caption><span>{escape(caption)}</span></caption>\n<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>"
    )


def _by_policy(found: pl.DataFrame) -> dict[str, Row]:
    return {row["policy"]: row for row in found.iter_rows(named=True)}


def _cells(row: Row | None, *, sign: bool = False) -> tuple[str, str]:
    return (NONE, NONE) if row is None else interval(row["mean"], row["low"], row["high"], sign=sign)


def _estimate(found: Estimate) -> tuple[str, str, str]:
    if found.value is None:
        return "refused", NONE, NONE
    return (*interval(found.value, found.low, found.high, digits=3), found.method)
