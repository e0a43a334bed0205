"""What was learned, as Parquet: written, read, brought in and given out."""
