"""Catalogs with all that an ad system has, and limits on what of them may be shown."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st

from bandit.catalog import Campaign, Catalog, Placement, Template, checked
from bandit.config import Exploration, Holdout, Policy
from bandit.creatives.slots import Grammar
from bandit.decide import Weights, weigh, with_prices
from bandit.eligibility.limits import NONE, Limits
from bandit.exploration.choose import KINDS
from bandit.shelf import Shelf, lay_out
from tests.entries import LEARNING

CAMPAIGNS = ("cola", "juice", "water")
TEXTS = Grammar(headlines=("Fresh", "Cold", "Now"), calls_to_action=("Drink", "Buy"))


def _campaign(number: int, name: str) -> Campaign:
    rivals = ("soft", f"own{number}") if name != "water" else ()
    return Campaign(id=name, priority=4 + number, rivals=rivals, status="paused" if name == "water" else "active")


def catalog(**policy: Any) -> Catalog:
    """Six templates, nine variants, in three placements; one of three campaigns is paused."""
    templates = [Template(id=f"t{i}", campaign=CAMPAIGNS[i % 3], features={"tone": f"x{i % 2}"}) for i in range(4)]
    templates += [Template(id="many", campaign="juice", grammar=TEXTS), Template(id="nobody", formats=("wide",))]
    placements = tuple(Placement(id=f"p{i}", format="wide" if i else "tall") for i in range(3))
    given = {"learning": LEARNING, **policy}
    return checked(
        Catalog(
            version=1,
            policies=(Policy(id="home", **given),),
            placements=placements,
            campaigns=tuple(_campaign(i, name) for i, name in enumerate(CAMPAIGNS)),
            templates=tuple(templates),
        )
    )


def _laid(fatigue: bool, kind: Any, share: float) -> Shelf:
    shop = catalog(fatigue=fatigue, exploration=Exploration(kind=kind), holdout=Holdout(share=share))
    return lay_out(shop, shop.policies[0])


SHELVES = {
    (fatigue, kind, share): _laid(fatigue, kind, share)
    for fatigue in (False, True)
    for kind in KINDS
    for share in (0.0, 0.5)
}
TABLE = np.random.default_rng(4).normal(0, 0.3, 1 << LEARNING.bits).astype(np.float32)
shelves = st.sampled_from(list(SHELVES.values()))
prices = st.dictionaries(st.sampled_from((*CAMPAIGNS, "gone")), st.sampled_from([0.0, 0.25, 1.5]) | st.floats(0.0, 9.0))


def weights(shelf: Shelf, prices: dict[str, float] | None = None) -> Weights:
    """Of a model that has learned something."""
    return with_prices(_weighed(shelf), shelf, prices or {})


@cache
def _weighed(shelf: Shelf) -> Weights:
    return weigh(TABLE, 40, shelf)


def limits(shelf: Shelf, seed: int) -> Limits:
    """Of this shelf; a reason may be given by templates and by placements. Drawn by the seed: that is far quicker."""
    chance = np.random.default_rng(seed)
    t, p = len(shelf.templates), len(shelf.placements)
    if chance.random() < 0.1:
        return NONE
    ranks = np.array([shelf.campaigns[row].priority if row >= 0 else 5 for row in shelf.campaign.tolist()], np.uint8)
    return Limits(
        templates={reason: chance.random(t) < 0.3 for reason in _some(chance)},
        pairs={reason: (chance.random(t) < 0.3, chance.random(p) < 0.5) for reason in _some(chance)},
        placements={reason: chance.random(p) < 0.2 for reason in _some(chance)},
        priority=ranks if chance.random() < 0.5 else None,
        levels=chance.integers(0, 10, t).astype(np.uint8) if chance.random() < 0.7 else None,
    )


def _some(chance: np.random.Generator) -> list[str]:
    return chance.permutation(["cap", "budget", "safety"])[: chance.integers(0, 3)].tolist()


limited = st.tuples(shelves, st.integers(0, 2**32 - 1)).map(lambda two: (two[0], limits(*two)))  # a shelf, limits on it
