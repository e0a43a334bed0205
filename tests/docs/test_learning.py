"""The page on learning shows what was measured."""

from __future__ import annotations

from docs import make_learning


def test_the_table_is_made_of_the_results() -> None:
    text = make_learning.PAGE.read_text()
    assert make_learning.page(text) == text


def test_every_world_of_the_bake_off_is_in_the_table() -> None:
    assert {row.world for row in make_learning.standings()} == set(make_learning.WORLDS)
