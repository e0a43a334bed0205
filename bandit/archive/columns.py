"""The columns of the archive's Parquet files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

OUTCOME_SCHEMA: dict[str, Any] = {
    "position": pl.String,  # of the decision in the log
    "decision": pl.String,  # 32 hex digits
    "slot": pl.UInt8,
    "time": pl.Datetime("us", "UTC"),
    "user": pl.String,  # pseudonym, 32 hex digits, or null
    "consent": pl.Boolean,
    "arm": pl.String,
    "context": pl.String,  # JSON
    "catalog_version": pl.UInt32,
    "model_version": pl.UInt64,
    "candidates": pl.List(pl.UInt32),  # [k] positions in the policy's shelf of that catalog, or in `inline`
    "templates": pl.List(pl.String),  # [k] of each candidate
    "placements": pl.List(pl.String),  # [k]
    "probabilities": pl.List(pl.Float32),  # [k]
    "chosen": pl.UInt32,
    "propensity": pl.Float32,
    "excluded": pl.String,  # JSON: reason -> candidates
    "inline": pl.String,  # JSON: candidates the request described, or null
    "trainable": pl.Boolean,
    "events": pl.String,  # JSON: the events that counted, each [id, type, time, occurred, value], or null
    "impressions": pl.UInt32,
    "clicks": pl.UInt32,
    "conversions": pl.UInt32,
    "revenue": pl.Float64,
    "reward": pl.Float64,
    "weight": pl.Float64,  # how many decisions the row stands for: 1, unless a log was thinned out before its import
    "variant": pl.UInt8,  # of the template that was shown, 0 where it has one; null for a candidate of the request
    "barred": pl.String,  # JSON: reason -> positions kept out, each at level 0; null if there are none
    "prices": pl.String,  # JSON: campaign -> shadow price its candidates were scored with; null if there are none
    "products": pl.List(pl.String),  # ids of those that filled the template, or null
}
# What older files of outcomes have not.
LATER = {name: OUTCOME_SCHEMA[name] for name in ("variant", "barred", "prices", "products")}
EVENT_SCHEMA: dict[str, Any] = {
    "position": pl.String,
    "id": pl.String,
    "decision": pl.String,
    "slot": pl.UInt8,
    "type": pl.String,
    "time": pl.Datetime("us", "UTC"),
    "occurred": pl.Datetime("us", "UTC"),
    "value": pl.Float64,
}


def lacking(columns: Iterable[str]) -> list[pl.Expr]:
    """The columns that came later and a file of outcomes has not, as nulls."""
    had = set(columns)
    return [pl.lit(None, dtype=kind).alias(name) for name, kind in LATER.items() if name not in had]
