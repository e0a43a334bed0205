"""Archive rows as offers and draws, and what their calibration comes to."""

from __future__ import annotations

import numpy as np
import polars as pl

from bandit.calibration import EVERY, LIKELIEST, Calibration, Cell
from service.verify.verdicts import CellFound, Check, Difference


def count_offers(calibration: Calibration, frame: pl.DataFrame) -> None:
    """Take the offers of archive rows into account."""
    lengths = frame.get_column("probabilities").list.len().to_numpy()
    flat = frame.select("templates", "placements", "probabilities").explode("templates", "placements", "probabilities")
    starts = np.cumsum(lengths) - lengths
    p = flat.get_column("probabilities").to_numpy().astype(np.float32)
    drawn = np.zeros(len(p), np.bool_)
    drawn[(starts + np.minimum(frame.get_column("chosen").to_numpy(), lengths - 1)).astype(np.int64)] = True
    names = flat.select("templates", "placements").unique(maintain_order=True)
    numbers = [calibration.number((t, q)) for t, q in names.iter_rows()]
    numbered = names.with_columns(pl.Series("group", numbers, pl.Int64))
    groups = flat.join(numbered, on=["templates", "placements"], how="left", maintain_order="left")
    calibration.add(groups.get_column("group").to_numpy(), p, drawn)
    calibration.add(np.full(len(p), calibration.number(EVERY)), p, drawn)
    order_by = np.lexsort((-p, np.repeat(np.arange(len(lengths)), lengths)))
    likeliest = order_by[starts]
    calibration.add(np.full(len(starts), calibration.number(LIKELIEST)), p[likeliest], drawn[likeliest])


def calibrated(cells: list[Cell]) -> Check:
    """Whether every interval holds 1; first what is farthest from it."""
    check = Check(name="calibration", of="cells of ads and propensities")
    for cell in sorted(cells, key=lambda cell: abs(np.log(max(cell.ratio, 1e-9))), reverse=True):
        differs = []
        if not cell.holds:
            who = " in ".join(part for part in cell.group if part) or "every ad"
            offered = f"{cell.offered} offers at {cell.least:g} to {cell.most:g}"
            shown = f"{cell.ratio:.4g} [{cell.low:.4g}, {cell.high:.4g}], {cell.drawn} draws for {cell.expected:.1f}"
            differs = [Difference(field=f"mean of 1{{drawn}}/p of {who}, {offered}", expected="1", found=shown)]
        check.look(differs)
    return check


def reported(cell: Cell) -> CellFound:
    """A cell as it is reported."""
    template, placement = cell.group
    if not template:
        template, placement = ("(every ad)", "") if not placement else ("(the likeliest)", "")
    return CellFound(
        template=template,
        placement=placement,
        propensity_from=cell.least,
        propensity_to=cell.most,
        offered=cell.offered,
        expected=cell.expected,
        drawn=cell.drawn,
        ratio=cell.ratio,
        low=cell.low,
        high=cell.high,
    )
