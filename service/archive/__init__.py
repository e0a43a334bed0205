"""What was learned, as Parquet: written, brought in and given out; `bandit.archive` reads it."""
