"""What came of simulations: one tidy table, and what it says with its chance over seeds.

One row a checkpoint of a run; a run has about 100 of them, evenly spaced, and one at its end. Sums are since the
run's start.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from scipy import special

from bandit.errors import BadInput
from simulations.running import scale, whole

SCHEMA: Mapping[str, pl.DataType] = {
    "environment": pl.String(),
    "policy": pl.String(),
    "seed": pl.Int64(),
    "rounds": pl.Int64(),  # so far
    "earned": pl.Float64(),  # sum of the true worth of what was shown
    "oracle": pl.Float64(),  # sum of the worth of each round's best candidate
    "uniform": pl.Float64(),  # sum of what an even draw earns in the mean
    "clicks": pl.Float64(),  # sum of the rewards the policy was told of
    "lost": pl.Int64(),  # requests that failed: decisions without an answer, clicks that were not taken
    "learning_ms": pl.Float64(),  # processor time of learning, a round
    "deciding_ms": pl.Float64(),  # processor time of deciding, a round
}
RUN = ("environment", "policy", "seed")  # names a run
TIMINGS = ("learning_ms", "deciding_ms")  # all other columns repeat exactly
LEVEL = 0.95  # of every interval

MEASURES: Mapping[str, pl.Expr] = {
    "reward": pl.col("earned") / pl.col("rounds"),  # a round since the start
    "click_rate": pl.col("clicks") / pl.col("rounds"),  # of what was told
    "regret": pl.col("oracle") - pl.col("earned"),  # so far
    # 0 for the oracle, 1 for an even draw; null where all candidates are worth the same
    "normalised_regret": scale.regret(pl.col("earned"), pl.col("oracle"), pl.col("uniform")).fill_nan(None),
    "learning_ms": pl.col("learning_ms"),
    "deciding_ms": pl.col("deciding_ms"),
}


@dataclass(frozen=True, slots=True, eq=False)
class Results:
    """The table, and views of it. Where there is one seed only, bounds of an interval are null."""

    table: pl.DataFrame  # of SCHEMA, sorted by environment, policy, seed and rounds

    def ends(self) -> pl.DataFrame:
        """The last row of each run."""
        return self.table.group_by(RUN, maintain_order=True).last()

    def curves(self, measure: str = "reward") -> pl.DataFrame:
        """Mean over seeds at every checkpoint.

        measure  one of MEASURES

        Columns: environment, policy, rounds, seeds, mean, low, high. Raises BadInput for no such measure.
        """
        return _over_seeds(self.table.with_columns(value=_measured(measure)), ("environment", "policy", "rounds"))

    def means(self, measure: str = "reward") -> pl.DataFrame:
        """The same at the end of runs."""
        last = pl.col("rounds") == pl.col("rounds").max().over("environment", "policy")
        return self.curves(measure).filter(last)

    def differences(self, reference: str, measure: str = "reward") -> pl.DataFrame:
        """How far each other policy is above the reference, paired by seed: both met the same shoppers.

        Columns as of `curves`, with `reference` beside. Raises BadInput if in an environment the reference did not
        run on the same seeds as another policy.
        """
        table = self.table.with_columns(value=_measured(measure))
        at = ["environment", "seed", "rounds"]
        ours = table.filter(pl.col("policy") != reference)
        theirs = table.filter(pl.col("policy") == reference).select(*at, against="value")
        paired = ours.join(theirs, on=at, how="left", maintain_order="left")
        lacking = paired.filter(pl.col("against").is_null() & pl.col("value").is_not_null())
        if len(lacking):
            environment, policy, seed = lacking.select(RUN).row(0)
            detail = f"in {environment} {policy} has a run with seed {seed}, and {reference} has none"
            raise BadInput("#/policy", "unresolved", detail)
        away = paired.with_columns(value=pl.col("value") - pl.col("against"), reference=pl.lit(reference))
        return _over_seeds(away, ("environment", "policy", "reference", "rounds"))

    def write(self, path: Path | str) -> None:
        """Write the table as one Parquet file: all of it, or nothing."""
        with whole.writing(Path(path)) as draft:
            self.table.write_parquet(draft)


def results(tables: Sequence[pl.DataFrame]) -> Results:
    """Tables of runs put together. Raises BadInput for a run that is there twice."""
    table = pl.concat([pl.DataFrame(schema=SCHEMA), *tables]).sort(*RUN, "rounds")
    twice = table.filter(table.select(*RUN, "rounds").is_duplicated())
    if len(twice):
        environment, policy, seed = twice.select(RUN).row(0)
        raise BadInput("#/seed", "duplicate", f"{policy} in {environment} with seed {seed} is there twice")
    return Results(table)


def read(path: Path | str) -> Results:
    """Results as `write` left them. Raises BadInput if there is no such file, or it is no table of results."""
    try:
        table = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as fault:
        raise BadInput("#/path", "type", f"{path} is no Parquet file that can be read: {fault}") from None
    for name, kind in SCHEMA.items():
        if table.schema.get(name) != kind:
            raise BadInput(f"#/{name}", "type", f"{path} has no column {name!r} of type {kind}, so it holds no results")
    return results([table.select(*SCHEMA)])


def _measured(measure: str) -> pl.Expr:
    if measure not in MEASURES:
        raise BadInput("#/measure", "unknown", f"no measure {measure!r}; there are {', '.join(MEASURES)}")
    return MEASURES[measure]


def _over_seeds(table: pl.DataFrame, by: tuple[str, ...]) -> pl.DataFrame:
    """Mean of `value` over seeds with Student's t interval."""
    of = pl.col("value")
    found = table.group_by(by, maintain_order=True).agg(
        seeds=pl.len().cast(pl.Int64), mean=of.mean(), error=of.std(ddof=1) / of.count().cast(pl.Float64).sqrt()
    )
    freedom = np.maximum(found.get_column("seeds").to_numpy() - 1, 1)
    reach = pl.col("error") * pl.Series(special.stdtrit(freedom, 0.5 + LEVEL / 2))
    return found.sort(by).with_columns(low=pl.col("mean") - reach, high=pl.col("mean") + reach).drop("error")
