"""Open Bandit Dataset as a world: real requests, and chances of a click that are estimated from its uniform log.

The log says what became of the item that was shown and of no other, so what the others would have earned is not
known. The world is therefore semi-synthetic: it looks like the log, and its truth is an estimate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from bandit.arrays import Doubles
from bandit.errors import BadInput
from simulations.environments.base import DRAWS, SLOTS, Json, Round, demo_policy
from simulations.environments.streams import Streams
from simulations.logs.refusals import refuse

IMAGINED = 2.0  # clicks that every estimated factor starts from, as many as expected

_VISITS = 27  # purpose of the random stream
_USER = tuple(f"user_feature_{i}" for i in range(4))
_LOGGED = ("item_id", "position", "click", *_USER)
_ITEM = ("item_id", *(f"item_feature_{i}" for i in range(4)))
_POSITIONS = 3
_SEGMENT, _KIND = "user_feature_0", "item_feature_3"  # whose tastes differ, and for what


@dataclass(frozen=True, slots=True, eq=False)
class Campaign:
    """What a log tells, estimated."""

    items: tuple[Json, ...]  # features of each
    user: tuple[tuple[str, ...], ...]  # [n] features of who came
    segment: npt.NDArray[np.int64]  # [n]
    position: npt.NDArray[np.int64]  # [n]
    chance: Doubles  # [segments, positions, items] of a click


class OpenBandit:
    """Environment `obd-random-all` and the like.

    A round draws a row of the log, evenly: who came, and which of three places of the page was to be filled. Every
    item of the campaign is a candidate for it.
    """

    def __init__(self, seed: int, campaign: Campaign) -> None:
        self._campaign = campaign
        self._visits = Streams(_VISITS, seed)
        self._nothing = np.zeros(len(campaign.items))
        self._pairs = [tuple((item["id"], _place(p)) for item in campaign.items) for p in range(_POSITIONS)]

    def catalog(self) -> Json:
        return {
            "policies": [demo_policy(("UA", "UP"))],
            "placements": [{"id": _place(position)} for position in range(_POSITIONS)],
            "templates": list(self._campaign.items),
        }

    def round(self, t: int) -> Round:
        told, chance = self._campaign, self._visits.at(t)
        row = int(chance.integers(len(told.user)))
        position = int(told.position[row])
        user = {f"feature_{i}": value for i, value in enumerate(told.user[row])}
        return Round(
            t=t,
            request={"policy": "demo", "context": {"user": user}, "placements": [_place(position)], "count": 1},
            candidates=self._pairs[position],
            click_probability=told.chance[told.segment[row], position],
            purchase_probability=self._nothing,
            purchase_value=self._nothing,
            draws=chance.random((SLOTS, DRAWS)),
        )


def read_campaign(folder: Path, name: str) -> Campaign:
    """What the uniform policy logged of a campaign, in `folder/random/name`.

    Raises BadInput naming the file, or row and column, of what no such log holds.
    """
    within = folder / "random" / name
    items = _read(within / "item_context.csv", _ITEM).sort("item_id")
    rows = _read(within / f"{name}.csv", _LOGGED)
    _check(rows, len(items))
    segment = rows[_SEGMENT].rank("dense").to_numpy().astype(np.int64) - 1
    kind = items[_KIND].rank("dense").to_numpy().astype(np.int64) - 1
    position = rows["position"].to_numpy() - 1
    item = rows["item_id"].to_numpy()
    return Campaign(
        items=tuple(_template(row) for row in items.iter_rows(named=True)),
        user=tuple(rows.select(_USER).iter_rows()),
        segment=segment,
        position=position,
        chance=estimated(rows["click"].to_numpy(), item, position, segment, kind),
    )


def estimated(
    click: npt.NDArray[np.int64],
    item: npt.NDArray[np.int64],
    position: npt.NDArray[np.int64],
    segment: npt.NDArray[np.int64],
    kind: npt.NDArray[np.int64],
) -> Doubles:
    """[segments, positions, items] chance of a click: the log's rate times a factor for the item, one for the
    position, and one for what the segment thinks of items of that kind.

    Each factor is clicks over expected clicks, both with IMAGINED more, so it is 1 where nothing is known.

    click, item, position, segment  [n] of a log whose items were drawn evenly
    kind                            [items]
    """
    expected = np.full(len(click), click.mean())
    by_item = _factors(click, expected, item, len(kind))
    expected = expected * by_item[item]
    by_position = _factors(click, expected, position, _POSITIONS)
    expected = expected * by_position[position]
    kinds = int(kind.max()) + 1
    cell = segment * kinds + kind[item]
    by_taste = _factors(click, expected, cell, (int(segment.max()) + 1) * kinds).reshape(-1, kinds)
    chance: Doubles = click.mean() * by_taste[:, None, kind] * by_position[:, None] * by_item
    return np.minimum(chance, 1.0)


def _factors(click: npt.NDArray[np.int64], expected: Doubles, cell: npt.NDArray[np.int64], cells: int) -> Doubles:
    found = np.bincount(cell, click, minlength=cells) + IMAGINED
    factors: Doubles = found / (np.bincount(cell, expected, minlength=cells) + IMAGINED)
    return factors


def _read(path: Path, columns: Sequence[str]) -> pl.DataFrame:
    try:
        rows = pl.scan_csv(path).select(columns).collect()
    except (OSError, pl.exceptions.PolarsError) as fault:
        raise BadInput("#", "unknown", f"{path} is no part of Open Bandit Dataset: {fault}") from None
    for column in rows:
        refuse(column.is_null().to_numpy(), 0, column.name, column, f"every row of {path.name} says it")
    if not len(rows):
        raise BadInput("#/rows", "bound", f"{path} has no rows")
    return rows


def _check(rows: pl.DataFrame, items: int) -> None:
    for name, low, high in (("item_id", 0, items - 1), ("position", 1, _POSITIONS), ("click", 0, 1)):
        within = rows[name].is_between(low, high).fill_null(False).to_numpy()
        refuse(~within, 0, name, rows[name], f"it is from {low} to {high}")


def _template(row: Json) -> Json:
    features = {f"feature_{i}": row[f"item_feature_{i}"] for i in range(4)}
    return {"id": f"item-{row['item_id']}", "features": features}


def _place(position: int) -> str:
    return f"position-{position + 1}"
