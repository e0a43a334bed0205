"""Which ads may not stand on one page: those of rivals, and a second one of a campaign that has caps.

A cap counts what a user was shown before the page; a page that showed several ads of the campaign would go beyond it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bandit.catalog import Campaign

# [c + 1, w] a bit for each label that several campaigns have, behind the first, which a capped one has; the last row is
# nobody's
Rivals = npt.NDArray[np.uint64]
BITS = 64
ALONE = np.uint64(1)  # of the first word


def rivals_of(campaigns: Sequence[Campaign]) -> Rivals | None:
    """Which labels each campaign shares with others, and whether it has caps; None where nothing of that is so.

    A row of nobody's stands behind those of the campaigns, so that -1 finds it.

    >>> rivals_of([Campaign(id="a", rivals=("cola",)), Campaign(id="b", rivals=("cola",)), Campaign(id="c")]).tolist()
    [[2], [2], [0], [0]]
    """
    counts = Counter(label for campaign in campaigns for label in set(campaign.rivals))
    several = sorted(label for label, count in counts.items() if count > 1)
    shared = {label: i for i, label in enumerate(several, 1)}
    if not shared and not any(campaign.caps for campaign in campaigns):
        return None
    rows = np.zeros((len(campaigns) + 1, -(-(len(shared) + 1) // BITS)), np.uint64)
    for row, campaign in zip(rows, campaigns, strict=False):
        if campaign.caps:
            row[0] |= ALONE
        for label in shared.keys() & set(campaign.rivals):
            word, bit = divmod(shared[label], BITS)
            row[word] |= np.uint64(1 << bit)
    return rows


def are_rivals(rivals: Rivals | None, one: int, other: int) -> bool:
    """Whether ads of two campaigns, by row or -1 for none, may not stand on one page; or two ads of the same one."""
    if rivals is None:
        return False
    both = rivals[one] & rivals[other]
    if one == other:
        return bool(both[0] & ALONE)
    return bool((both & ~np.array([ALONE] + [0] * (len(both) - 1), np.uint64)).any())
