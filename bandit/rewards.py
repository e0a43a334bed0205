"""What a slot's events are worth: one number by the policy's formula."""

from __future__ import annotations

from collections.abc import Iterable

from bandit.config import RewardFormula
from bandit.records import Event


def reward(formula: RewardFormula, events: Iterable[Event]) -> float:
    """Reward of one slot in reward units, in [formula.minimum, formula.maximum].

    Every type counts once, except purchases and rewards sent ready-made, which add up. A reward sent
    ready-made stands for the whole slot: the formula's weights are then not added to it.

    events  counted events of this slot, already deduplicated

    >>> click = Event("e1", b"", 0, "click", 0.0, 0.0, 0.0)
    >>> reward(RewardFormula(), [click, click]), reward(RewardFormula(), [])
    (1.0, 0.0)
    """
    kinds: set[str] = set()
    bought = sent = 0.0
    for event in events:
        kinds.add(event.type)
        if event.type == "purchase":
            bought += formula.purchase + formula.purchase_value * event.value
        elif event.type == "reward":
            sent += event.value
    if not kinds:
        total = formula.default
    elif "reward" in kinds:
        total = sent
    else:
        once = {
            "impression": formula.impression,
            "viewable": formula.viewable,
            "click": formula.click,
            "dismiss": formula.dismiss,
        }
        total = bought + sum(worth for kind, worth in once.items() if kind in kinds)
    return min(max(total, formula.minimum), formula.maximum)
