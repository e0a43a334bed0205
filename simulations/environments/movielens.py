"""Real people's verdicts: a request is a MovieLens user, the candidates are films she rated.

A film counts as clicked if she gave it 4 or 5 of 5 stars. Every candidate has her own rating, so what
each would have earned is known without a model of anybody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bandit.arrays import Doubles
from simulations.environments.base import DRAWS, SLOTS, Json, Round, demo_policy
from simulations.environments.streams import Streams

MOST_CANDIDATES = 20  # every user rated at least as many films
LIKED = 4.0  # stars

_INTERACTIONS = ("UA",)  # one placement and no context: only who asks and what is shown differ
_VISITS = 3  # purpose of the random stream
_WORD = re.compile(r"[^\W\d_]{3,}")  # of a title: letters only, three or more
_COMMON = frozenset(("the", "and", "for", "with", "from", "you", "her", "his"))


class Film(NamedTuple):
    """One film of the catalog."""

    title: str
    year: int | None
    genres: tuple[str, ...]


class Person(NamedTuple):
    """What a request tells of a user."""

    age: int
    gender: str  # M or F
    occupation: str


@dataclass(frozen=True, slots=True)
class Ratings:
    """All of MovieLens-100K."""

    films: Mapping[int, Film]
    people: Mapping[int, Person]
    rated: Mapping[int, npt.NDArray[np.int64]]  # user -> films she rated, in rising order
    liked: Mapping[int, Doubles]  # user -> 1 where she gave LIKED stars or more, else 0; beside `rated`


class Movielens:
    """Environment `movielens`.

    Round t draws a user evenly from all, then up to 20 of the films she rated without replacement, evenly,
    and independently of every other round. So a user comes again, and the same film can meet her again; her
    verdict on it is then the same.
    """

    def __init__(self, seed: int, ratings: Ratings) -> None:
        self._visits = Streams(_VISITS, seed)
        self._ratings = ratings
        self._users = np.array(sorted(ratings.people))

    def catalog(self) -> Json:
        films = self._ratings.films
        return {
            "policies": [demo_policy(_INTERACTIONS)],
            "placements": [{"id": "main", "page_type": "home", "format": "card", "features": {}}],
            "campaigns": [{"id": "films", "status": "active"}],
            "templates": [_template(number, films[number]) for number in sorted(films)],
        }

    def round(self, t: int) -> Round:
        chance = self._visits.at(t)
        user = int(self._users[int(chance.random() * len(self._users))])
        rated = self._ratings.rated[user]
        chosen = np.argsort(chance.random(len(rated)))[:MOST_CANDIDATES]
        templates = [_film_id(number) for number in rated[chosen].tolist()]
        return Round(
            t=t,
            request=_request(user, self._ratings.people[user], templates),
            candidates=tuple((template, "main") for template in templates),
            click_probability=self._ratings.liked[user][chosen],
            purchase_probability=np.zeros(len(chosen)),
            purchase_value=np.zeros(len(chosen)),
            draws=chance.random((SLOTS, DRAWS)),
        )


def read_ratings(folder: Path) -> Ratings:
    """The three files as `simulations.sources.ratings.ensure` leaves them."""
    films = _rows(folder, "item")
    people = _rows(folder, "user")
    table = np.array([row[:3] for row in _rows(folder, "inter")], dtype=np.float64)
    table = table[np.lexsort((table[:, 1], table[:, 0]))]
    users, starts = np.unique(table[:, 0].astype(np.int64), return_index=True)
    each = dict(zip(users.tolist(), np.split(table, starts[1:]), strict=True))
    return Ratings(
        films={int(n): Film(title, _year(year), tuple(kinds.split())) for n, title, year, kinds in films},
        people={int(n): Person(int(age), gender, job) for n, age, gender, job, _zip in people},
        rated={user: rows[:, 1].astype(np.int64) for user, rows in each.items()},
        liked={user: (rows[:, 2] >= LIKED).astype(np.float64) for user, rows in each.items()},
    )


def _rows(folder: Path, kind: str) -> list[list[str]]:
    """Fields of a tab-separated file, without its heading."""
    text = (folder / f"ml-100k.{kind}").read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines()[1:]]


def _year(text: str) -> int | None:
    # Two of the 1,682 films have no year: "unkonwn" and a stray "V".
    return int(text) if text.isdecimal() else None


def _film_id(number: int) -> str:
    return f"film-{number}"


def _template(number: int, film: Film) -> Json:
    return {
        "id": _film_id(number),
        "campaign": "films",
        "status": "active",
        "features": {
            "genres": list(film.genres),
            "decade": f"{film.year // 10 * 10}s" if film.year else "unknown",
            "title": _words(film.title),
        },
        "creative": {"title": film.title, "description": ", ".join(film.genres)},
    }


def _words(title: str) -> list[str]:
    """Words of a title that may tell something, lower case, each once, in order."""
    words = (word.lower() for word in _WORD.findall(title))
    return [word for word in dict.fromkeys(words) if word not in _COMMON]


def _request(user: int, person: Person, templates: list[str]) -> Json:
    told = {"age_band": _age_band(person.age), "gender": person.gender, "occupation": person.occupation}
    return {
        "policy": "demo",
        "user": {"key": f"viewer-{user}"},
        "context": {"user": told},
        "templates": templates,
        "count": 1,
    }


def _age_band(age: int) -> str:
    """MovieLens's own bands."""
    lower = max((edge for edge in (18, 25, 35, 45, 50, 56) if edge <= age), default=None)
    return f"{lower}+" if lower else "under 18"
