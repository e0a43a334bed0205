"""Priorities: where an ad of a higher one may be shown, none of a lower one competes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from bandit.arrays import Flags
from bandit.eligibility.limits import Ranks

REASON: Final = "priority"
USUAL: Final = 5  # of a template without a campaign


def ranked(of_templates: Sequence[int]) -> Ranks | None:
    """uint8[t] for `Limits.priority`; None where all are alike, since then nothing is kept out.

    >>> ranked([5, 5]), ranked([5, 9]).tolist()
    (None, [5, 9])
    """
    return np.array(of_templates, np.uint8) if len(set(of_templates)) > 1 else None


def best(priority: Ranks) -> Flags:
    """bool[k]: which candidates compete, given the priority of each that no other reason keeps out.

    priority  uint8[k], taken by each candidate's template: `limits.priority[shelf.template[positions]]`

    Applied last, to what is left for a slot: those not kept are counted under `priority`. A further slot of a page
    may be given to a lower one, where all of the higher are used: apply it to what is left then.

    >>> best(np.array([5, 7, 7, 0], np.uint8)).tolist()
    [False, True, True, False]
    """
    kept: Flags = priority == priority.max(initial=0)
    return kept
