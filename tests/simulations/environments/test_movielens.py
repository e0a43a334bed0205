from __future__ import annotations

import msgspec
import numpy as np
import pytest

from bandit.catalog import Catalog, checked
from simulations.environments.base import Round
from simulations.environments.movielens import Movielens, Ratings


@pytest.fixture(scope="module")
def rounds(movielens: Ratings) -> list[Round]:
    return [Movielens(5, movielens).round(t) for t in range(2_000)]


def test_all_ratings_of_all_people_are_read(movielens: Ratings) -> None:
    assert (len(movielens.films), len(movielens.people)) == (1_682, 943)
    assert sum(len(films) for films in movielens.rated.values()) == 100_000
    assert sum(liked.sum() for liked in movielens.liked.values()) == 55_375  # 4 or 5 stars


def test_a_known_person_s_verdict_is_read_right(movielens: Ratings) -> None:
    films = movielens.rated[196].tolist()  # the first line of the file: 196 gave film 242 three stars
    assert movielens.liked[196][films.index(242)] == 0.0
    assert (movielens.people[1].age, movielens.people[1].gender, movielens.people[1].occupation) == (
        24,
        "M",
        "technician",
    )


def test_a_round_is_a_function_of_seed_and_t(movielens: Ratings, rounds: list[Round]) -> None:
    again = Movielens(5, movielens)
    assert all(again.round(t).request == rounds[t].request for t in (1_999, 0, 17))


def test_candidates_are_twenty_films_that_the_user_rated(movielens: Ratings, rounds: list[Round]) -> None:
    for one in rounds[:200]:
        user = int(one.request["user"]["key"].removeprefix("viewer-"))
        films = {int(template.removeprefix("film-")) for template, _ in one.candidates}
        assert len(films) == 20
        assert films <= set(movielens.rated[user].tolist())


def test_a_film_is_clicked_exactly_if_the_user_gave_it_four_stars(movielens: Ratings, rounds: list[Round]) -> None:
    for one in rounds[:50]:
        user = int(one.request["user"]["key"].removeprefix("viewer-"))
        liked = dict(zip(movielens.rated[user].tolist(), movielens.liked[user].tolist(), strict=True))
        for template, placement in one.candidates:
            assert one.outcome(template, placement).click == liked[int(template.removeprefix("film-"))]


def test_the_best_choice_is_nearly_always_liked_and_an_even_draw_is_not(rounds: list[Round]) -> None:
    assert np.mean([one.oracle for one in rounds]) > 0.99
    assert np.mean([one.uniform for one in rounds]) == pytest.approx(0.58, abs=0.02)


def test_the_catalog_is_one_the_engine_takes(movielens: Ratings) -> None:
    catalog = checked(msgspec.convert(Movielens(5, movielens).catalog(), Catalog))
    toy_story = next(template for template in catalog.templates if template.id == "film-1")
    assert toy_story.creative.title == "Toy Story"
    assert toy_story.features == {
        "genres": ["Animation", "Children's", "Comedy"],
        "decade": "1990s",
        "title": ["toy", "story"],
    }
