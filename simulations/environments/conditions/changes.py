"""A round of the shop with one part changed."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from bandit.arrays import Doubles
from simulations.environments import shop_catalog
from simulations.environments.base import Pair, Round
from simulations.environments.shop import MOST

ADS = tuple(template["id"] for template in shop_catalog.templates())  # department-offer


def scaled(visit: Round, factor: Doubles | float) -> Round:
    """The round with each candidate's chance of a click times its factor [k], up to MOST."""
    return replace(visit, click_probability=np.minimum(visit.click_probability * factor, MOST))


@lru_cache(maxsize=256)
def numbers(candidates: tuple[Pair, ...]) -> npt.NDArray[np.intp]:
    """[k] place of each candidate's template in ADS."""
    return np.array([ADS.index(template) for template, _ in candidates])


def told(visit: Round, **more: str) -> Round:
    """The round whose request tells more of the context."""
    return replace(visit, request=visit.request | {"context": visit.request["context"] | more})


def only(visit: Round, templates: frozenset[str]) -> Round:
    """The round with these templates alone. At least one of them must be a candidate."""
    kept, candidates = _kept(visit.candidates, templates)
    return replace(
        visit,
        request=visit.request | {"templates": [ad for ad in ADS if ad in templates]},
        candidates=candidates,
        click_probability=visit.click_probability[kept],
        purchase_probability=visit.purchase_probability[kept],
        purchase_value=visit.purchase_value[kept],
    )


@lru_cache(maxsize=256)
def _kept(candidates: tuple[Pair, ...], templates: frozenset[str]) -> tuple[npt.NDArray[np.intp], tuple[Pair, ...]]:
    """(places, candidates) of these templates."""
    places = [at for at, (template, _) in enumerate(candidates) if template in templates]
    return np.array(places), tuple(candidates[at] for at in places)
