"""How well products are matched to users: the last thing each did is left out, and who matches is asked for it.

Recall at 10 is the share of users whose left out product is among the ten shown; NDCG at 10 counts it less the further
down it stands, 1 / log2(place + 1). Everybody is asked over all products but those the user had already. What is left
out is the user's own last, so all learn from some of what came later elsewhere: good for comparing who matches, not for
foretelling a rate.
Source: Järvelin & Kekäläinen, Cumulated gain-based evaluation of IR techniques, 2002; He et al., NCF, WWW 2017.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bandit.arrays import Doubles
from bandit.estimators.terms import Terms
from bandit.intervals.interval import Interval
from bandit.intervals.normal import normal
from bandit.matching.matched import matched
from bandit.matching.tables import Deeds, Described, Tables, tables
from simulations.environments.movielens import Film

SHOWN = 10
HELD = 2  # users with fewer things done are not asked: nothing would be known of them

Ranking = Callable[[Sequence[str]], Sequence[str]]  # what a user had, the newest first -> SHOWN others


class History(NamedTuple):
    """What one user did."""

    had: tuple[str, ...]  # the newest first, without what is left out
    left_out: str


class Quality(NamedTuple):
    """One way to match, over all users. Measured one by one, so that ways can be held against each other in pairs."""

    name: str
    recall: Doubles  # [users] 1 or 0
    ndcg: Doubles  # [users] in [0, 1]

    def mean(self, measure: str, level: float = 0.95) -> Interval:
        """A measure's mean; users are the unit of chance."""
        return normal(Terms(getattr(self, measure)), level=level)

    def gain(self, other: Quality, measure: str, level: float = 0.95) -> Interval:
        """By how much it is above another one's, user by user."""
        return normal(Terms(getattr(self, measure) - getattr(other, measure)), level=level)


class Found(NamedTuple):
    """Every way to match, the product's own first."""

    ways: tuple[Quality, ...]
    users: int
    products: int
    deeds: int  # learned from
    learned_s: float  # how long the tables took to make
    matched_us: float  # a user, on average


def leave_one_out(films: Mapping[int, Film], rows: Doubles, seed: int) -> Found:
    """Hold matching against popularity and chance.

    rows  [n, 4] user, film, stars, time; as MovieLens has them
    """
    rows = rows[np.lexsort((rows[:, 3], rows[:, 0]))]
    last = np.append(np.diff(rows[:, 0]) != 0, True)
    histories = list(_histories(rows))
    learned = rows[~last]
    began = time.process_time()
    made = _tables(films, learned)
    learned_s = time.process_time() - began
    count = np.bincount(learned[:, 1].astype(np.int64), minlength=max(films) + 1)
    popular = [str(film) for film in np.argsort(-count, kind="stable").tolist() if film in films]
    chance = np.random.default_rng(seed)
    names = np.array([str(film) for film in films])
    began = time.process_time()
    own = _measured("matching", histories, lambda had: _own(had, made))
    matched_s = time.process_time() - began
    return Found(
        (
            own,
            _measured("popularity", histories, lambda had: _others(popular, had)),
            _measured("random", histories, lambda had: _others(chance.permutation(names).tolist(), had)),
        ),
        users=len(histories),
        products=len(films),
        deeds=len(learned),
        learned_s=learned_s,
        matched_us=matched_s / max(len(histories), 1) * 1e6,
    )


def read_rows(folder: Path) -> Doubles:
    """[n, 4] of MovieLens-100K's ratings, as `simulations.sources.ratings.ensure` leaves them."""
    text = (folder / "ml-100k.inter").read_text(encoding="utf-8")
    return np.array([line.split("\t") for line in text.splitlines()[1:]], dtype=np.float64)


def _histories(rows: Doubles) -> Iterator[History]:
    starts = np.flatnonzero(np.diff(rows[:, 0], prepend=-1.0))
    for mine in np.split(rows[:, 1].astype(np.int64).tolist(), starts[1:]):
        if len(mine) >= HELD:
            newest_first = [str(film) for film in reversed(mine)]
            yield History(tuple(newest_first[1:]), newest_first[0])


def _tables(films: Mapping[int, Film], learned: Doubles) -> Tables:
    deeds = Deeds(
        users=[f"{user:.0f}" for user in learned[:, 0]],
        products=[f"{film:.0f}" for film in learned[:, 1]],
        kinds=["view"] * len(learned),
        times=learned[:, 3],
    )
    described = Described(
        ids=[str(number) for number in films],
        categories=[""] * len(films),
        words=[()] * len(films),
        added=np.zeros(len(films)),
        in_stock=np.ones(len(films), np.bool_),
    )
    return tables(deeds, described, float(learned[:, 3].max(initial=0.0)))


def _own(had: Sequence[str], made: Tables) -> Sequence[str]:
    return matched(had, had, (), lambda product: made.related.get(product, ()), made, most=SHOWN)


def _others(ranked: Sequence[str], had: Sequence[str]) -> list[str]:
    known = set(had)
    found: list[str] = []
    for product in ranked:
        if product not in known:
            found.append(product)
            if len(found) == SHOWN:
                break
    return found


def _measured(name: str, histories: Sequence[History], rank: Ranking) -> Quality:
    place = np.array([_place(rank(history.had), history.left_out) for history in histories])
    hit = place > 0
    ndcg = np.where(hit, 1.0 / np.log2(np.maximum(place, 1) + 1.0), 0.0)
    return Quality(name, hit.astype(np.float64), ndcg)


def _place(shown: Sequence[str], wanted: str) -> int:
    """Place of what was left out, from 1; 0 where it is not shown."""
    return shown.index(wanted) + 1 if wanted in shown else 0
