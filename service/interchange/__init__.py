"""The catalog as files that people edit: YAML, JSON, and a table for each kind; out, and in again without a change."""
