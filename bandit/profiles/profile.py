"""What is known of one user: the state that the fold over activity and ads leaves behind."""

from __future__ import annotations

import msgspec

DAY_S = 86_400
FADES_S = 14.0 * DAY_S  # half-life of an interest: what one shops for changes within weeks
SLOW_S = 60.0 * DAY_S  # half-life of a habit: prices paid, money spent, channel, time of day, mood
LATELY_S = 1_200.0  # half-life of an intent: within a visit, what was looked at last says most
PAUSE_S = 1_800  # a pause this long ends a visit, as web analytics count since ever

CATEGORIES, BRANDS, INTENTS = 32, 16, 8  # names kept, those of the highest scores
VIEWED, CART, BOUGHT = 10, 10, 20  # products kept, the latest
ORDERS = 20  # purchases whose ids are kept, the latest
VISITS = 16  # kept with their times; of older ones only how many
TOKENS = 8  # kept of the last search and of the last review
NAME_BYTES = 64  # kept of the name of a category or a brand

DAY_PARTS = tuple(f"{days} {hour}-{hour + 6}" for days in ("weekday", "weekend") for hour in (0, 6, 12, 18))  # UTC
NEVER: tuple[int, tuple[int, ...]] = (0, ())

Times = dict[str, int]  # product -> when last, seconds since 1970; the latest first
Scores = dict[str, float]  # name -> faded sum as of `Profile.last`; the highest first


class Profile(msgspec.Struct, array_like=True):
    """Grown by `bandit.profiles.fold`; `bandit.profiles.features` says what of it a model is told.

    All sums that fade are as of `last`: what is wanted of them later is a matter of one factor. Times are whole seconds
    since 1970. Never changed in place.
    """

    since: int = 0  # first heard of; 0: never
    last: int = 0  # last heard of; 0: never
    counts: dict[str, int] = {}  # kind of activity -> how often
    categories: Scores = {}  # interest, fades by FADES_S; below 0 where reviews were bad
    brands: Scores = {}  # likewise
    intents: Scores = {}  # interest by category, fades by LATELY_S
    prices: tuple[float, float] = (0.0, 0.0)  # sum of weight times log of price, and of weight; by SLOW_S
    spent: float = 0.0  # on purchases, shop's currency, fades by SLOW_S
    mood: tuple[float, float] = (0.0, 0.0)  # sum of sentiment, and of how often; by SLOW_S
    channels: Scores = {}  # how often, by SLOW_S
    day_parts: tuple[float, ...] = (0.0,) * len(DAY_PARTS)  # how often, by SLOW_S
    visits: tuple[tuple[int, int], ...] = ()  # from and to, the latest first
    earlier: int = 0  # visits before those
    viewed: Times = {}
    cart: Times = {}  # added to it, whether bought meanwhile or not
    bought: Times = {}
    orders: dict[int, int] = {}  # CRC-32 of the id of a purchase -> when
    asked: tuple[int, tuple[int, ...]] = NEVER  # when the last search was, and its tokens
    said: tuple[int, tuple[int, ...]] = NEVER  # likewise of the last review


class UserState(msgspec.Struct, array_like=True):
    """All that is kept of one user, under its pseudonym, until it expires."""

    profile: Profile = msgspec.field(default_factory=Profile)
    exposures: bytes = b""  # ads that were seen, see bandit.profiles.exposures
    matched: tuple[str, ...] = ()  # products that match, best first
    aliases: tuple[bytes, ...] = ()  # all pseudonyms of the same user, its own among them; none where it has one
    read: dict[str, str] = {}  # log -> position of the last entry that is in here
    erased: float = 0.0  # when all was forgotten that had been accepted until then, seconds since 1970
    refused: bool = False  # whether the user wants nothing to be kept: then only `aliases` and this is
