"""Competitive exclusion: which campaigns may not stand on one page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bandit.catalog import Campaign

Rivals = npt.NDArray[np.uint64]  # [c + 1, w] a bit for each label that several campaigns have; the last row is nobody's
BITS = 64


def rivals_of(campaigns: Sequence[Campaign]) -> Rivals | None:
    """Which labels each campaign shares with others; None where none are shared.

    A row of nobody's stands behind those of the campaigns, so that -1 finds it.

    >>> rivals_of([Campaign(id="a", rivals=("cola",)), Campaign(id="b", rivals=("cola",)), Campaign(id="c")]).tolist()
    [[1], [1], [0], [0]]
    """
    counts = Counter(label for campaign in campaigns for label in set(campaign.rivals))
    shared = {label: i for i, label in enumerate(sorted(label for label, count in counts.items() if count > 1))}
    if not shared:
        return None
    rows = np.zeros((len(campaigns) + 1, -(-len(shared) // BITS)), np.uint64)
    for row, campaign in zip(rows, campaigns, strict=False):
        for label in shared.keys() & set(campaign.rivals):
            word, bit = divmod(shared[label], BITS)
            row[word] |= np.uint64(1 << bit)
    return rows


def are_rivals(rivals: Rivals | None, one: int, other: int) -> bool:
    """Whether two campaigns, by row or -1 for none, may not stand on one page."""
    return rivals is not None and one != other and bool((rivals[one] & rivals[other]).any())
