"""One ad out of a shelf in one call of a kernel: how nearly every request is answered.

It gives the very numbers that the general way in `decide` gives, in half the time: most of a decision is spent
between the kernels, not in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bandit.arrays import Floats, Positions
from bandit.centring import Centre
from bandit.context import CONTEXT, USER, Packed, packed_context
from bandit.exploration.choose import KINDS, floor
from bandit.kernels import choosing
from bandit.records import Round
from bandit.shelf import Shelf
from bandit.stand import Stand


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A shelf and a model's numbers, as the kernel takes them."""

    parts: Positions  # uint32, see kernels/choosing.py
    kind: int  # of exploration
    sharpness: float
    every: bool  # see `hash_features`


def prepare(shelf: Shelf, standing: Floats, centre: Centre, learned: int) -> Prepared:
    """What a model version and a shelf let be prepared.

    standing  float32[n] what each candidate of the shelf scores whatever the request
    learned   outcomes behind the scores
    """
    terms, ads, places = shelf.terms, shelf.ad_rows, shelf.place_rows
    parts = (
        terms.moving_interactions.reshape(-1), terms.moving_linear,
        ads.start, ads.feature, ads.distinct, ads.value,
        places.start, places.feature, places.distinct, places.value,
        shelf.ad, shelf.placement, standing,
        centre.known, centre.mean,
    )  # fmt: skip
    words = [part.view(np.uint32) if part.itemsize == 4 else part.astype(np.uint32) for part in parts]
    ends = np.cumsum([choosing.PARTS + 1, *map(len, words)])
    exploration = shelf.policy.exploration
    _, kind, sharp = KINDS[exploration.kind]
    return Prepared(
        np.concatenate([ends.astype(np.uint32), *words]), kind, sharp(exploration, learned), shelf.policy.learning.every
    )


def refreshed(prepared: Prepared, shelf: Shelf, standing: Floats, centre: Centre, learned: int) -> Prepared:
    """What `prepare` gives for the shelf of `prepared` and another model version, with less to put together."""
    ends = prepared.parts[: choosing.PARTS + 1]
    first, known, mean, end = ends[choosing.STANDING : choosing.PARTS + 1].tolist()
    if mean - known != len(centre.known):
        return prepare(shelf, standing, centre, learned)
    parts = prepared.parts.copy()
    parts[first:known], parts[known:mean] = standing.view(np.uint32), centre.known
    parts[mean:end] = centre.mean.view(np.uint32)
    exploration = shelf.policy.exploration
    return Prepared(parts, prepared.kind, KINDS[exploration.kind].sharpness(exploration, learned), prepared.every)


def choose(
    context: Mapping[str, Any],
    stand: Stand,
    shelf: Shelf,
    table: Floats,
    prepared: Prepared,
    chance: float,
    packed: Packed | None = None,
) -> Round | None:
    """A draw over the stand's candidates; None for a context in which something is unusual.

    stand   candidates of this shelf, one or more
    chance  in [0, 1)
    packed  what `packed_context` gives for the context, where that is known already
    """
    packed = packed or packed_context(context)
    if packed is None:
        return None
    probabilities = np.empty(stand.k, np.float32)
    chosen = choosing.choose(
        *packed, USER, CONTEXT, prepared.every, table, prepared.parts, stand.positions,
        prepared.kind, prepared.sharpness, floor(shelf.policy.exploration, stand.k), chance, probabilities,
    )  # fmt: skip
    return None if chosen == choosing.UNUSUAL else Round(stand.named_by, probabilities.tobytes(), chosen)
