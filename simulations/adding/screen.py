"""How a comparison is shown: a row a part."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from simulations.adding.comparing import Added

LEAST = 3  # seeds that an interval is shown of: that of two is so wide that it fills the line and says nothing


def table(found: Sequence[Added]) -> Table:
    """Clicks a thousand requests with everything, without the part, and what it adds."""
    first = found[0]
    about = f"clicks a thousand requests, {first.seeds} seeds of {first.rounds:,} requests"
    drawn = Table(
        title=about, caption="with everything less without the part, seed by seed; 95 % intervals", min_width=78
    )
    drawn.add_column("part")
    for heading in ("with", "without", "adds", "relative"):
        drawn.add_column(heading, justify="right")
    for row in found:
        drawn.add_row(row.part, f"{row.clicks:.1f}", f"{row.without:.1f}", more_text(row), gain_text(row))
    return drawn


def more_text(row: Added) -> str:
    """The difference and its interval."""
    return f"{row.more:+.1f}{_bounds(row, row.more_low, row.more_high, '+.1f')}"


def gain_text(row: Added) -> str:
    """The difference, relative, and its interval.

    >>> gain_text(Added("fatigue", 2, 10, 50.0, 40.0, 10.0, 8.0, 12.0, 0.25, 0.2, 0.3))
    '+25 %'
    """
    low, high = (None if bound is None else 100.0 * bound for bound in (row.gain_low, row.gain_high))
    return f"{100.0 * row.gain:+.0f} %{_bounds(row, low, high, '+.0f')}"


def _bounds(row: Added, low: float | None, high: float | None, form: str) -> str:
    return "" if row.seeds < LEAST or low is None or high is None else f" ({low:{form}} to {high:{form}})"
