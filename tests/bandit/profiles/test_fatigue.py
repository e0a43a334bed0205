"""How tired a user is says what counting one by one says."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bandit.features import hash_features
from bandit.profiles.exposures import EXPOSURE, NOTHING, Exposures
from bandit.profiles.fatigue import JUST_S, LATELY_S, LEVELS, WINDOW_S, levels
from bandit.shelf import row_features
from tests.bandit.shops import SHELVES
from tests.entries import laws

NOW_S = 1_800_000_000.0
TEMPLATES = np.array([7, 7, 0, 2**32 - 1, 8 << 20], np.uint32)  # the last collides with others in a table
AGES = st.sampled_from([-5.0, 0.0, JUST_S, JUST_S + 1, LATELY_S, LATELY_S + 1, WINDOW_S, WINDOW_S + 1, float("nan")])
seen = st.lists(st.tuples(AGES, st.sampled_from([7, 0, 16, 8 << 20, 2**32 - 1])), max_size=12)


def exposures(some: list[tuple[float, int]]) -> Exposures:
    rows = np.zeros(len(some), EXPOSURE)
    rows["time"], rows["template"] = [NOW_S - age for age, _ in some], [template for _, template in some]
    return rows


def level_of(template: int, some: list[tuple[float, int]]) -> dict[str, object]:
    """The features of a template's level, counted one by one."""
    ages = [age for age, shown in some if shown == template and age <= WINDOW_S]
    if not ages:
        return {"seen": "0"}
    often = "4+" if len(ages) > 3 else "2-3" if len(ages) > 1 else "1"
    return {"seen": often, "last": "10m" if min(ages) <= JUST_S else "1d" if min(ages) <= LATELY_S else "7d"}


@laws(150)
@given(seen)
def test_a_level_says_how_often_and_how_lately(some: list[tuple[float, int]]) -> None:
    found = levels(exposures(some), TEMPLATES, NOW_S)
    told = [LEVELS[level] for level in (np.zeros(5, np.uint8) if found is None else found)]
    assert told == [level_of(int(template), some) for template in TEMPLATES]


def test_who_saw_nothing_of_this_shelf_has_no_levels() -> None:
    assert levels(NOTHING, TEMPLATES, NOW_S) is None
    assert levels(exposures([(1.0, 99)]), TEMPLATES, NOW_S) is None


def test_a_shelf_has_each_candidate_at_each_level_with_the_features_of_both() -> None:
    tired, plain = SHELVES[True, "softmax", 0.0], SHELVES[False, "softmax", 0.0]
    assert (tired.n, len(tired.ads)) == (plain.n * len(LEVELS), len(plain.ads) * len(LEVELS))
    for position in (0, 7, tired.n - 1):
        ad, level = int(tired.ad[position]), position % len(LEVELS)
        told = row_features(tired, ad)
        assert told == row_features(plain, int(tired.template[position])) | LEVELS[level]
        assert np.array_equal(tired.ads[ad].index, hash_features("Ad", told).index)
