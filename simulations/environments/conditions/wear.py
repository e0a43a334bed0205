"""Where what was shown before matters: users who tire of an ad, campaigns whose money runs out."""

from __future__ import annotations

import numpy as np

from simulations.environments.base import History, Round
from simulations.environments.conditions.changes import ADS, only, scaled
from simulations.environments.shop import Shop

SHOPPERS = 150  # few, so that each comes often
TIRED = 0.7  # factor on the chance of a click for each time she saw the ad lately
LATELY = 3_000  # rounds
DAY = 1_000  # rounds
BUDGETS = {"sale": 12, "premium": 6}  # clicks a day that each campaign pays for; "new" is the shop's own


class FatigueShop(Shop):
    """The shop with few shoppers, who click an ad less each time they see it again."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed, users=SHOPPERS)

    def worn(self, visit: Round, history: History) -> Round:
        since = visit.t - LATELY
        seen = {template: history.seen(visit, template, since=since) for template, _ in visit.candidates}
        return scaled(visit, TIRED ** np.array([seen[template] for template, _ in visit.candidates], np.float64))


class BudgetShop(Shop):
    """The shop where a campaign pays for so many clicks a day, and its ads rest until the next."""

    def worn(self, visit: Round, history: History) -> Round:
        since = visit.t - visit.t % DAY
        spent = {offer for offer in BUDGETS if _clicks(history, offer, since) >= BUDGETS[offer]}
        return only(visit, frozenset(ad for ad in ADS if ad.split("-")[1] not in spent)) if spent else visit


def _clicks(history: History, offer: str, since: int) -> int:
    return sum(history.clicks(ad, since=since) for ad in ADS if ad.endswith(offer))
