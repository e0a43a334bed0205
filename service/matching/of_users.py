"""The products that match one user, of the tables this host has."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from bandit.matching.matched import matched
from bandit.profiles.profile import UserState
from service.matching.reading import Matching

LIKED = 3  # categories of a user that count


def matching(known: Matching) -> Callable[[UserState], tuple[str, ...]]:
    """What gives a user's products, best first."""

    def of(state: UserState) -> tuple[str, ...]:
        profile = state.profile
        times = profile.viewed | {
            product: max(when, profile.viewed.get(product, 0)) for product, when in profile.cart.items()
        }
        looked_at = sorted(times, key=lambda product: (-times[product], product))
        likes = [name for name, score in islice(profile.categories.items(), LIKED) if score > 0.0]
        return matched(looked_at, profile.bought, likes, known.related, known.lists)

    return of
