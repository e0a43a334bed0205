"""What is known of all products together: who is near whom, what is sought now, what is new. Made anew now and then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandit.arrays import Doubles
from bandit.matching.neighbours import NEIGHBOURS, Numbers, by_users, by_words

TREND_S = 2 * 86_400.0  # half-life of what is sought
LISTED = 50  # products of a list
NARROWEST = 3  # levels of a category that get lists of their own: shoes > running > trail
# How much one thing done says of an interest, in views: a purchase is rarer by far and says most.
WORTH = {"view": 1.0, "dwell": 1.0, "add_to_cart": 3.0, "purchase": 5.0, "review": 2.0}

Names = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deeds:
    """What users did with products, a row each; rows without a product are left out."""

    users: Sequence[str]  # [n] pseudonyms
    products: Sequence[str]  # [n] ids
    kinds: Sequence[str]  # [n] see WORTH; others say nothing
    times: Doubles  # [n] seconds since 1970


@dataclass(frozen=True, slots=True)
class Described:
    """What the feed says of products, a row each."""

    ids: Sequence[str]  # [m]
    categories: Sequence[str]  # [m] from the widest to the narrowest, `>` between
    words: Sequence[Sequence[int]]  # [m] hashed words of title, brand and category
    added: Doubles  # [m] first seen, seconds since 1970
    in_stock: npt.NDArray[np.bool_]  # [m]


@dataclass(frozen=True, slots=True)
class Tables:
    """Lists by product and by category; a category of "" is all of the shop."""

    related: Mapping[str, Names]  # product -> nearest ones, those of the same users before those of the same words
    trending: Mapping[str, Names]  # category -> most sought in stock, first
    new: Mapping[str, Names]  # category -> newest in stock, first


NO_TABLES = Tables({}, {}, {})


def tables(deeds: Deeds, described: Described, now: float) -> Tables:
    """All tables, of what was done until `now` and of the feed as it is.

    now  seconds since 1970
    """
    number = {product: i for i, product in enumerate(described.ids)}
    known = np.array([number.get(product, -1) for product in deeds.products], np.int64)
    worth = np.array([WORTH.get(kind, 0.0) for kind in deeds.kinds], np.float64)
    age_s = np.maximum(now - np.asarray(deeds.times, np.float64), 0.0)
    kept = (known >= 0) & (worth > 0.0)
    users = np.unique(np.asarray(deeds.users, dtype=object)[kept].astype(str), return_inverse=True)[1].astype(np.int64)
    near = _padded(by_users(users, known[kept], worth[kept]), len(number))
    alike = _padded(_by_words(described), len(number))
    sought = np.bincount(known[kept], worth[kept] * 0.5 ** (age_s[kept] / TREND_S), minlength=len(number))
    return Tables(
        related=_related(near, alike, described.ids),
        trending=_lists(described, sought.astype(np.float64), sought > 0.0),
        new=_lists(described, np.asarray(described.added), np.ones(len(number), np.bool_)),
    )


def widened(category: str) -> list[str]:
    """A category, each wider one, and all of the shop.

    >>> widened("Shoes > Running > Trail")
    ['shoes > running > trail', 'shoes > running', 'shoes', '']
    """
    levels = [level.strip().lower() for level in category.split(">") if level.strip()][:NARROWEST]
    return [" > ".join(levels[:depth]) for depth in range(len(levels), -1, -1)]


def _by_words(described: Described) -> Numbers:
    counts = [len(words) for words in described.words]
    flat = np.array([word for words in described.words for word in words], np.int64)
    numbered = np.unique(flat, return_inverse=True)[1].astype(np.int64)
    return by_words(numbered, np.repeat(np.arange(len(counts)), counts))


def _padded(near: Numbers, m: int) -> Numbers:
    return np.vstack([near, np.full((m - len(near), near.shape[1]), -1, np.int64)])


def _related(near: Numbers, alike: Numbers, ids: Sequence[str]) -> dict[str, Names]:
    found = {}
    for product, (first, then) in enumerate(zip(near.tolist(), alike.tolist(), strict=True)):
        some = dict.fromkeys(number for number in (*first, *then) if number >= 0)
        if some:
            found[ids[product]] = tuple(ids[number] for number in list(some)[:NEIGHBOURS])
    return found


def _lists(described: Described, score: Doubles, may: npt.NDArray[np.bool_]) -> dict[str, Names]:
    """The LISTED products in stock that score most, by category."""
    order = np.flatnonzero(may & described.in_stock)
    order = order[np.argsort(-score[order], kind="stable")]
    found: dict[str, list[str]] = {}
    for product in order.tolist():
        for category in widened(described.categories[product]):
            some = found.setdefault(category, [])
            if len(some) < LISTED:
                some.append(described.ids[product])
    return {category: tuple(some) for category, some in found.items()}
