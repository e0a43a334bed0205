"""How pleased a review sounds: of English only, and of nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.activity.sentiment import of_rating, of_text
from tests.entries import laws


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("Great shoes, I love them!", 1),
        ("Terrible, it broke after a day.", -1),
        ("Not good at all", -1),
        ("Delivered on Tuesday", None),
        ("质量很好，非常舒服", None),
        ("Die Schuhe sind super, die Lieferung war schlecht", None),
        ("C'est un très bon produit mais la livraison est nulle", None),
        ("Los zapatos son muy buenos", None),
        ("отличные туфли", None),
        ("", None),
        ("12345 !!!", None),
    ],
)
def test_only_english_has_a_score(text: str, sign: int | None) -> None:
    found = of_text(text)
    assert (found is None) if sign is None else (found is not None and found * sign > 0.2)


@laws(60)
@given(st.text(max_size=600))
def test_any_text_has_a_score_within_bounds_or_none(text: str) -> None:
    found = of_text(text)
    assert found is None or -1.0 <= found <= 1.0


@laws(30)
@given(st.floats(1.0, 5.0))
def test_a_rating_is_a_score_within_bounds(rating: float) -> None:
    assert -1.0 <= of_rating(rating) <= 1.0
