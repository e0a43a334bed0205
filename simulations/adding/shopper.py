"""What the engine knows of each shopper and of its products, kept by the very functions that a service keeps it by."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, islice

import msgspec
import numpy as np

from bandit.creatives.slots import Filling
from bandit.matching.matched import matched
from bandit.matching.tables import NO_TABLES, Deeds, Described, Tables, tables
from bandit.products.filters import fitting, wanted
from bandit.products.product import Product
from bandit.profiles.activity import LOG, Activity
from bandit.profiles.exposures import row
from bandit.profiles.fold import fold
from bandit.profiles.profile import UserState
from bandit.profiles.seen import Seen, fold_seen
from bandit.profiles.words import hashed, words
from simulations.environments.audience import Deed

LIKED = 3  # categories of a user that count for matching
READ = 12  # products looked at for one ad before whatever fits is taken
ADS_LOG = "demo"


class Shoppers:
    """States of users by name."""

    def __init__(self) -> None:
        self._states: dict[bytes, UserState] = {}
        self._matched: dict[bytes, tuple[str, ...]] = {}  # of those who did nothing since

    def state(self, user: bytes) -> UserState:
        return self._states.get(user, _NOBODY)

    def did(self, position: str, entry: Activity) -> None:
        """Take in what somebody did."""
        self._states[entry.user] = fold(self.state(entry.user), position, LOG, entry)
        self._matched.pop(entry.user, None)

    def saw(self, user: bytes, position: str, time: float, ad: tuple[str, str | None, str]) -> None:
        """Take in that somebody saw an ad: template, campaign, placement."""
        seen = Seen(user, (row(time, position.encode().rjust(16), 0, *ad),))
        self._states[user] = fold_seen(self.state(user), position, ADS_LOG, seen)

    def matches(self, user: bytes, known: Tables) -> tuple[str, ...]:
        """Products that match somebody, best first."""
        if user not in self._matched:
            profile = self.state(user).profile
            times = profile.viewed | profile.cart
            looked_at = sorted(times, key=lambda product: (-times[product], product))
            likes = [name for name, score in islice(profile.categories.items(), LIKED) if score > 0.0]
            related = known.related
            found = matched(looked_at, profile.bought, likes, lambda product: related.get(product, ()), known)
            self._matched[user] = found
        return self._matched[user]

    def forget_matches(self) -> None:
        """The tables they were made of are old."""
        self._matched.clear()


class Shelves:
    """The products, what fits each template, and what they are matched by."""

    def __init__(self, feed: Sequence[Product], fillings: Sequence[Filling]) -> None:
        self._feed = {product.id: product for product in feed}
        self._asked = {filling: wanted(filling) for filling in fillings}
        self._fit = {filling: [one for one in feed if asked.takes(one)] for filling, asked in self._asked.items()}
        self._described = _described(feed)
        self._deeds: list[tuple[str, str, str, float]] = []  # user, product, kind, time
        self.tables = NO_TABLES

    def did(self, entry: Activity) -> None:
        if entry.product:
            self._deeds.append((entry.user.hex(), entry.product, entry.kind, entry.time))

    def match(self, now: float) -> None:
        """Make the tables anew."""
        users, products, kinds, times = zip(*self._deeds, strict=True) if self._deeds else ((), (), (), ())
        self.tables = tables(Deeds(users, products, kinds, np.array(times, np.float64)), self._described, now)

    def best(self, filling: Filling, matches: tuple[str, ...], bought: set[str]) -> Product:
        """The product that matches best among those that fit, else what is sought, else any."""
        lists = self.tables
        names = filling.categories or ("",)
        sought = (one for name in names for one in (*lists.trending.get(name, ()), *lists.new.get(name, ())))
        some = (self._feed.get(product) for product in islice(chain(matches, sought), READ))
        return fitting(chain(some, self._fit[filling]), self._asked[filling], 1, bought)[0]

    def any(self, filling: Filling, bought: set[str], draw: float) -> Product:
        """An even draw of those that fit."""
        fit = [one for one in self._fit[filling] if one.id not in bought]
        return fit[int(draw * len(fit))]


def activity(deed: Deed, feed: Sequence[Product], user: bytes, at: tuple[float, str], category: str) -> Activity:
    """A deed as it stands in the log of activity.

    at  time and id
    """
    product = None if deed.product is None else feed[deed.product]
    time, identifier = at
    told = Activity(identifier, user, deed.kind, time, time, category=category)
    if product is None:
        return msgspec.structs.replace(told, tokens=hashed(category))
    return msgspec.structs.replace(
        told, product=product.id, brand=product.brand, price=product.paid.value, quantity=int(deed.kind == "purchase")
    )


_NOBODY = UserState()


def _described(feed: Sequence[Product]) -> Described:
    numbers: dict[str, int] = {}
    said = [words(f"{one.title} {one.brand} {one.category}") for one in feed]
    return Described(
        ids=[one.id for one in feed],
        categories=[one.category for one in feed],
        words=[[numbers.setdefault(word, len(numbers)) for word in some] for some in said],
        added=np.array([one.added for one in feed]),
        in_stock=np.array([one.availability == "in_stock" for one in feed]),
    )
