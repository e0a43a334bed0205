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
EVERY_S = 5.0  # between looks what fits, while products change: a look may go through all of them


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
        self._seen: tuple[int, int] | None = None  # versions of catalog and products
        self._again = 0.0  # when to see anew what fits because products have changed, by `elapsed`

    def look(self, catalog: Catalog, elapsed: float) -> None:
        """Take in new lists, and see what fits where the catalog or the products have changed."""
        self._matching.look()
        seen = catalog.version, self._products.version
        if seen == self._seen or (self._seen and seen[0] == self._seen[0] and elapsed < self._again):
            return
        fillings = {template.filling for template in catalog.templates if template.filling}
        self._fits = {filling: self._fit(filling) for filling in fillings}
        self._unfit = {}
        self._seen, self._again = seen, elapsed + EVERY_S

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
