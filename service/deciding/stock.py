"""Which products fill an ad: those that match its user, else those that are sought or new, else whatever fits.

What fits a template whoever asks is looked up in the refresh thread. Where nothing does, the template is not eligible,
before anything is drawn: an ad that was drawn has something to show, and its propensity is what it was drawn with.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, islice

import numpy as np

from bandit.arrays import Flags
from bandit.catalog import Catalog
from bandit.creatives.slots import Filling
from bandit.matching.tables import widened
from bandit.products.filters import Wanted, fitting, wanted
from bandit.products.product import Product
from bandit.profiles.profile import UserState
from bandit.shelf import Shelf
from service.matching.reading import Matching
from service.products.reading import Products

READ = 12  # products looked at for one ad before what fits everybody is taken
SPARE = 20  # products that fit everybody, kept of each filling
JUST_BOUGHT_S = 30 * 86_400.0
AT_ONCE = 4  # fillings a look
SOON_S = 0.5  # between looks at what nothing fits, while products change
EVERY_S = 5.0  # the same of all: a look may go through all products


class _Fit:
    """A filling, and what fits it whoever asks."""

    __slots__ = ("spare", "wanted")

    def __init__(self, asked: Wanted, spare: tuple[Product, ...]) -> None:
        self.wanted = asked
        self.spare = spare


class Stock:
    """The products of this host, as one worker fills ads with them. One thread looks, another may fill."""

    def __init__(self, products: Products, matching: Matching) -> None:
        self._products = products
        self._matching = matching
        self._fits: Mapping[Filling, _Fit] = {}
        self._unfit: dict[Shelf, Flags | None] = {}  # of the fits at hand
        self._stale: dict[Filling, None] = {}  # to be looked at, in order
        self._catalog, self._version = -1, -1  # looked at: of the catalog, of the products
        self._changed = False  # whether products have, since all of it was seen
        self._soon = self._again = 0.0  # when to see anew where nothing fits, and all of it, by `elapsed`

    def look(self, catalog: Catalog, elapsed: float) -> None:
        """Take in new lists, and see what fits: for new fillings at once, for the others now and then, a few at a time.

        A look may go through all products, and whoever calls has other things to do.
        """
        self._matching.look()
        if catalog.version != self._catalog:
            wanted = dict.fromkeys(template.filling for template in catalog.templates if template.filling)
            self._stale = {filling: None for filling in wanted if filling not in self._fits} | self._stale
            self._stale = {filling: None for filling in self._stale if filling in wanted}
            self._take({filling: fit for filling, fit in self._fits.items() if filling in wanted})
            self._catalog = catalog.version
        self._products_changed(self._products.version, elapsed)
        some = list(self._stale)[:AT_ONCE]
        if some:
            self._take({**self._fits, **{filling: self._fit(filling) for filling in some}})
            for filling in some:
                del self._stale[filling]

    def _products_changed(self, version: int, elapsed: float) -> None:
        """See anew what fits where nothing did, soon; and all of it, by and by."""
        if version != self._version and elapsed >= self._soon:
            self._stale |= {filling: None for filling, fit in self._fits.items() if not fit.spare}
            self._version, self._soon, self._changed = version, elapsed + SOON_S, True
        if self._changed and elapsed >= self._again:
            self._stale |= dict.fromkeys(self._fits)
            self._changed, self._again = False, elapsed + EVERY_S

    def _take(self, fits: Mapping[Filling, _Fit]) -> None:
        self._fits = fits
        self._unfit = {}

    def unfit(self, shelf: Shelf) -> Flags | None:
        """bool[t] which templates nothing fills; None: none of them."""
        known = self._unfit
        if shelf not in known:
            fits, fillings = self._fits, [template.filling for template in shelf.templates]
            found = [filling is not None and not (filling in fits and fits[filling].spare) for filling in fillings]
            known[shelf] = np.array(found, np.bool_) if any(found) else None
        return known[shelf]

    def fill(self, filling: Filling, state: UserState, taken: set[str], now: float) -> list[Product]:
        """Products for one ad, the best first.

        taken  ids of those that the page shows already
        """
        fit = self._fits.get(filling)
        if fit is None:
            return []
        bought = {product for product, when in state.profile.bought.items() if now - when < JUST_BOUGHT_S} | taken
        ids = islice(chain(state.matched, self._sought(filling)), READ)
        found = fitting((self._products.get(product) for product in ids), fit.wanted, filling.count, bought)
        if len(found) < filling.count:
            found = fitting(chain(found, fit.spare), fit.wanted, filling.count, bought)
        return found or list(fit.spare[: filling.count])

    def _sought(self, filling: Filling) -> Iterator[str]:
        lists = self._matching.lists
        for category in filling.categories or ("",):
            name = widened(category)[0]
            yield from lists.trending.get(name, ())
            yield from lists.new.get(name, ())

    def _fit(self, filling: Filling) -> _Fit:
        asked = wanted(filling)
        listed = (self._products.get(product) for product in self._sought(filling))
        found = fitting(listed, asked, SPARE)
        if len(found) < SPARE:
            found = fitting(chain(found, self._products.some(asked, SPARE)), asked, SPARE)
        return _Fit(asked, tuple(found))
