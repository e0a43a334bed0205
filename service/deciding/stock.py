"""Which products fill an ad: those that match its user, else those that are sought or new, else whatever fits.

What fits a template whoever asks is looked up in the refresh thread. Where nothing does, the template is not eligible,
before anything is drawn: an ad that was drawn has something to show, and its propensity is what it was drawn with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import NamedTuple

import numpy as np

from bandit.arrays import Flags
from bandit.catalog import Catalog, Template
from bandit.creatives.slots import Filling
from bandit.matching.tables import widened
from bandit.products.filters import Wanted, fitting, wanted
from bandit.products.product import Product
from bandit.profiles.profile import UserState
from bandit.shelf import Shelf
from service.matching.reading import Matching
from service.products.reading import Products

READ = 12  # products looked at for one ad before what fits everybody is taken
SCANNED = 2_000  # products gone through for those that have a picture or a video
SPARE = 20  # products that fit everybody, kept of each filling
JUST_BOUGHT_S = 30 * 86_400.0
AT_ONCE = 4  # fillings a look
SOON_S = 0.5  # between looks at what nothing fits, while products change
EVERY_S = 5.0  # the same of all: a look may go through all products


class _Need(NamedTuple):
    """What a template wants of the products that fill it."""

    filling: Filling
    image: bool  # whether they must have a picture, since the template has none
    video: bool


class _Fit:
    """What is wanted, and what fits it whoever asks."""

    __slots__ = ("spare", "wanted")

    def __init__(self, asked: Wanted, spare: tuple[Product, ...]) -> None:
        self.wanted = asked
        self.spare = spare


class Stock:
    """The products of this host, as one worker fills ads with them. One thread looks, another may fill."""

    def __init__(self, products: Products, matching: Matching) -> None:
        self._products = products
        self._matching = matching
        self._fits: Mapping[_Need, _Fit] = {}
        self._unfit: dict[Shelf, Flags | None] = {}  # of the fits at hand
        self._stale: dict[_Need, None] = {}  # to be looked at, in order
        self._catalog, self._version = -1, -1  # looked at: of the catalog, of the products
        self._changed = False  # whether products have, since all of it was seen
        self._soon = self._again = 0.0  # when to see anew where nothing fits, and all of it, by `elapsed`

    def look(self, catalog: Catalog, elapsed: float) -> None:
        """Take in new lists, and see what fits: for new fillings at once, for the others now and then, a few at a time.

        A look may go through all products, and whoever calls has other things to do.
        """
        self._matching.look()
        if catalog.version != self._catalog:
            needs = dict.fromkeys(need for template in catalog.templates if (need := _need(template)))
            self._stale = {need: None for need in needs if need not in self._fits} | self._stale
            self._stale = {need: None for need in self._stale if need in needs}
            self._take({need: fit for need, fit in self._fits.items() if need in needs})
            self._catalog = catalog.version
        self._products_changed(self._products.version, elapsed)
        some = list(self._stale)[:AT_ONCE]
        if some:
            self._take({**self._fits, **{need: self._fit(need) for need in some}})
            for need in some:
                del self._stale[need]

    def _products_changed(self, version: int, elapsed: float) -> None:
        """See anew what fits where nothing did, soon; and all of it, by and by."""
        if version != self._version and elapsed >= self._soon:
            self._stale |= {need: None for need, fit in self._fits.items() if not fit.spare}
            self._version, self._soon, self._changed = version, elapsed + SOON_S, True
        if self._changed and elapsed >= self._again:
            self._stale |= dict.fromkeys(self._fits)
            self._changed, self._again = False, elapsed + EVERY_S

    def _take(self, fits: Mapping[_Need, _Fit]) -> None:
        self._fits = fits
        self._unfit = {}

    def unfit(self, shelf: Shelf) -> Flags | None:
        """bool[t] which templates nothing fills; None: none of them."""
        known = self._unfit
        if shelf not in known:
            fits, needs = self._fits, map(_need, shelf.templates)
            found = [need is not None and not (need in fits and fits[need].spare) for need in needs]
            known[shelf] = np.array(found, np.bool_) if any(found) else None
        return known[shelf]

    def fill(self, template: Template, state: UserState, taken: set[str], now: float) -> list[Product]:
        """Products for one ad, the best first; none for a template without `filling`.

        taken  ids of those that the page shows already
        """
        need = _need(template)
        fit = self._fits.get(need) if need else None
        if need is None or fit is None:
            return []
        filling = need.filling
        bought = {product for product, when in state.profile.bought.items() if now - when < JUST_BOUGHT_S} | taken
        ids = islice(chain(state.matched, self._sought(filling)), READ)
        products = (self._products.get(product) for product in ids)
        found = fitting((one for one in products if _shows(one, need)), fit.wanted, filling.count, bought)
        if len(found) < filling.count:
            found = fitting(chain(found, fit.spare), fit.wanted, filling.count, bought)
        return found or list(fit.spare[: filling.count])

    def _sought(self, filling: Filling) -> Iterator[str]:
        lists = self._matching.lists
        for category in filling.categories or ("",):
            name = widened(category)[0]
            yield from lists.trending.get(name, ())
            yield from lists.new.get(name, ())

    def _fit(self, need: _Need) -> _Fit:
        asked = wanted(need.filling)
        listed = (self._products.get(product) for product in self._sought(need.filling))
        found = fitting((one for one in listed if _shows(one, need)), asked, SPARE)
        if len(found) < SPARE:
            some = self._products.some(asked, SCANNED if need.image or need.video else SPARE)
            found = fitting(chain(found, (one for one in some if _shows(one, need))), asked, SPARE)
        return _Fit(asked, tuple(found))


def _need(template: Template) -> _Need | None:
    filling, own = template.filling, template.creative
    if filling is None:
        return None
    return _Need(
        filling, "image" in filling.slots and not own.image_url, "video" in filling.slots and not own.video_url
    )


def _shows(product: Product | None, need: _Need) -> bool:
    """Whether it has the picture and video that are wanted of it."""
    return product is not None and bool((product.image_url or not need.image) and (product.video_url or not need.video))
