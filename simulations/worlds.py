"""Worlds by name, so that a run can be sent to another process as a few words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import NamedTuple

from simulations.environments.audience import Audience
from simulations.environments.base import Environment
from simulations.environments.classification import Classification
from simulations.environments.conditions.arrivals import GrowingShop, TurnoverShop
from simulations.environments.conditions.feedback import BotShop, DelayedShop, MissingShop
from simulations.environments.conditions.positions import ListShop
from simulations.environments.conditions.rates import ScaledShop
from simulations.environments.conditions.tastes import AbruptShop, DriftingShop, SeasonalShop
from simulations.environments.conditions.wear import BudgetShop, FatigueShop
from simulations.environments.linear import Linear
from simulations.environments.movielens import Movielens, Ratings, read_ratings
from simulations.environments.open_bandit import Campaign, OpenBandit, read_campaign
from simulations.environments.shop import Shop
from simulations.environments.table import Table
from simulations.sources import labelled, obd, ratings, tables
from simulations.sources.tables import FullFeedback

PASSES_END = 10_000  # a data set is shown once through, but no more rounds than this


class UnknownName(ValueError):
    """No such world or policy, or no such part of a policy's config. The message says what there is."""


class World(NamedTuple):
    """What a name stands for."""

    about: str  # one line
    make: Callable[[int, Path], Environment]  # of a seed, and the folder where data is kept
    rows: Callable[[Path], int] | None = None  # of a data set, given that folder; None: rounds without end


def _endless(about: str, make: Callable[[int], Environment]) -> World:
    return World(about, lambda seed, _: make(seed))


def _labelled(name: str) -> World:
    return World(
        "labelled rows: guess the class, hear only whether it was right",
        lambda seed, folder: Classification(seed, labelled.read(name, folder)),
        lambda folder: min(PASSES_END, len(labelled.read(name, folder).label)),
    )


def _open_bandit(campaign: str, path: Path | None = None) -> World:
    return World(
        f"Open Bandit Dataset, campaign {campaign}: real requests, chances estimated from the uniform log",
        lambda seed, folder: OpenBandit(seed, _campaign(path or obd.ensure(folder), campaign)),
    )


def _table(path: Path) -> World:
    return World(
        "a table with a column of rewards for each action",
        lambda seed, _: Table(seed, _feedback(path)),
        lambda _: len(_feedback(path).reward),
    )


def _linear(arms: int, features: int) -> World:
    return _endless(
        f"{arms} ads whose chance of a click is linear in {features} numbers",
        lambda seed: Linear(seed, arms=arms, features=features),
    )


@cache
def _ratings(cache_folder: Path) -> Ratings:
    return read_ratings(ratings.ensure(cache_folder))


@cache
def _campaign(folder: Path, name: str) -> Campaign:
    return read_campaign(folder, name)


def _feedback(path: Path) -> FullFeedback:
    """The table, read again once its file has changed."""
    state = path.stat() if path.exists() else None
    return _read(path, state and (state.st_mtime_ns, state.st_size))


@lru_cache(maxsize=4)
def _read(path: Path, _version: object) -> FullFeedback:
    return tables.read(path)


WORLDS: Mapping[str, World] = {
    "shop": _endless("12 ads in 2 of 4 places; an even draw is clicked at 3 %", Shop),
    "shop-1pct": _endless("the shop where an even draw is clicked at 1 %", partial(ScaledShop, rate=0.01)),
    "shop-5pct": _endless("the shop where an even draw is clicked at 5 %", partial(ScaledShop, rate=0.05)),
    "shop-drifting": _endless("each ad's appeal swings threefold each way in 8,000 rounds", DriftingShop),
    "shop-abrupt": _endless("every 4,000 rounds the ads' appeals are dealt out anew", AbruptShop),
    "shop-seasons": _endless("four seasons of 3,000 rounds, told in each request, that come again", SeasonalShop),
    "shop-growing": _endless("four ads at first, one more after 250, 500, 1,000 rounds and so on", GrowingShop),
    "shop-turnover": _endless("every 250 rounds one ad expires and a new edition comes", TurnoverShop),
    "shop-delayed": _endless("it takes 300 rounds in the mean until a click is heard of", DelayedShop),
    "shop-missing": _endless("clicks get lost: one in five on phones, half on tablets", MissingShop),
    "shop-bots": _endless("15 % of requests are bots', whose clicks are heard and worth nothing", BotShop),
    "shop-fatigue": _endless("150 shoppers, who click an ad less each time they see it again", FatigueShop),
    "shop-positions": _endless("a list of five places; the lower, the less it is looked at", ListShop),
    "shop-budgets": _endless("two of three campaigns pay for a few clicks a day only", BudgetShop),
    "shop-audience": _endless("shoppers with tastes that no request tells, who browse, and tire of ads", Audience),
    "movielens": World(
        "films that real people rated, 20 a request", lambda seed, folder: Movielens(seed, _ratings(folder))
    ),
    **{f"obd-random-{campaign}": _open_bandit(campaign) for campaign in obd.CAMPAIGNS},
    **{name: _labelled(name) for name in labelled.NAMES},
    "linear-10x10": _linear(10, 10),
}
BAKE_OFF = ("shop", "shop-1pct", "shop-5pct", "shop-drifting", "shop-growing", "movielens", *labelled.NAMES)


_OF_PATHS: Mapping[str, Callable[[Path], World]] = {
    "table": _table,
    **{f"obd-random-{campaign}": partial(_open_bandit, campaign) for campaign in obd.CAMPAIGNS},
}
_LINEAR = re.compile(r"linear-([1-9]\d{0,3})x([1-9]\d?)\Z")


def find(name: str) -> World:
    """What a name stands for; data is neither looked for nor read. Raises UnknownName.

    >>> find("linear-80x5").about
    '80 ads whose chance of a click is linear in 5 numbers'
    """
    if name in WORLDS:
        return WORLDS[name]
    kind, _, path = name.partition(":")
    if path and kind in _OF_PATHS:
        return _OF_PATHS[kind](Path(path))
    if sizes := _LINEAR.match(name):
        return _linear(int(sizes[1]), int(sizes[2]))
    raise UnknownName(f"no world {name!r}; there are {', '.join(name for name, _ in described())}")


def world(name: str, seed: int, cache_folder: Path) -> Environment:
    """A world by name.

    Raises UnknownName; wheels.Unavailable if its data cannot be had; BadInput if a file that the name tells of is
    not what it should be.
    """
    return find(name).make(seed, cache_folder)


def rounds_in(name: str, rounds: int, cache_folder: Path) -> int:
    """How many of `rounds` a world gives: of a table one pass, of a labelled set PASSES_END at most besides.

    Raises what `world` raises.
    """
    rows = find(name).rows
    return rounds if rows is None else min(rounds, rows(cache_folder))


def described() -> tuple[tuple[str, str], ...]:
    """(name, what it is in one line) of every world, in the order of the docs; capitals stand for what one gives."""
    return (
        *((name, found.about) for name, found in WORLDS.items()),
        ("linear-AxD", "A ads whose chance of a click is linear in D numbers; A to 9999, D to 99"),
        ("obd-random-all:FOLDER", "as obd-random-all, men and women, of a folder with the full data set"),
        (
            "table:FILE",
            "a CSV or Parquet file with a column `reward:NAME` for each action, the others known beforehand",
        ),
    )
