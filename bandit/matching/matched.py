"""The products that match a user: neighbours of what it looked at lately, then what is sought among what it likes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from math import sqrt

from bandit.matching.tables import Names, Tables, widened

MATCHED = 20  # kept of a user: enough that a template's filter leaves some
REMEMBERED = 20  # products looked at last that count
FADES = 5.0  # in so many newer ones what was looked at says half
RECENT = 2  # of those looked at last and not bought, that are shown again before all others are exhausted


def matched(
    looked_at: Sequence[str],
    bought: Iterable[str],
    likes: Sequence[str],
    related: Callable[[str], Names],
    tables: Tables,
    *,
    most: int = MATCHED,
) -> Names:
    """Up to `most` products, best first, none twice and none of `bought`.

    looked_at  products, the newest first; seen, sought or laid in the cart
    likes      categories, the most liked first
    related    product -> nearest ones, nearest first; as `Tables.related`
    tables     for a user of whom little is known

    >>> near = {"boot": ("sock", "lace")}
    >>> matched(["boot"], [], ["coats"], near.__getitem__, Tables(near, {"coats": ("parka",)}, {}), most=4)
    ('sock', 'lace', 'boot', 'parka')
    """
    score: dict[str, float] = {}
    for rank, product in enumerate(looked_at[:REMEMBERED]):
        for place, other in enumerate(related(product)):
            score[other] = score.get(other, 0.0) + 0.5 ** (rank / FADES) / sqrt(place + 1)
    had = set(bought)
    known = had.union(looked_at)
    near = sorted(
        (product for product in score if product not in known), key=lambda product: (-score[product], product)
    )
    again = [product for product in looked_at if product not in had][:RECENT]
    found = dict.fromkeys(chain(near[: most - RECENT], again, near))
    if len(found) < most:
        listed = (product for some in _lists(likes, tables) for product in some if product not in known)
        found |= dict.fromkeys(islice(listed, 3 * most))
    return tuple(islice(found, most))


def _lists(likes: Sequence[str], tables: Tables) -> Iterator[Names]:
    """Of each liked category, then of all the shop: what is sought, then what is new, the narrowest category first."""
    for like in (*likes, ""):
        for category in widened(like) if like else [""]:
            if like == "" or category:
                yield tables.trending.get(category, ())
                yield tables.new.get(category, ())
