from __future__ import annotations

from collections.abc import Callable

from simulations.demo.beside import beside


def test_a_comparison_beside_tells_how_it_stands(eventually: Callable[..., None]) -> None:
    with beside(seeds=2, rounds=20) as compared:
        eventually(lambda: bool(compared.found) and compared.found[0].seeds == 2, within_s=60.0)
    assert [row.part for row in compared.found] == ["profiles", "products", "fatigue", "all three"]


def test_nothing_is_started_where_nothing_is_compared() -> None:
    with beside(seeds=0) as compared:
        assert compared.found == []
