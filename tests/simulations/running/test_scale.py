from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from simulations.running.scale import regret

EARNED, ORACLE, UNIFORM = np.array([5.0, 1.0, 3.0, 0.0]), np.full(4, 5.0), np.full(4, 1.0)


def test_the_best_has_0_an_even_draw_1_and_worse_more() -> None:
    assert regret(EARNED, ORACLE, UNIFORM).tolist() == [0.0, 1.0, 0.5, 1.25]


def test_columns_give_what_arrays_give() -> None:
    table = pl.DataFrame({"earned": EARNED, "oracle": ORACLE, "uniform": UNIFORM})
    found = table.select(regret(pl.col("earned"), pl.col("oracle"), pl.col("uniform"))).to_series()
    assert found.to_list() == regret(EARNED, ORACLE, UNIFORM).tolist()


@pytest.mark.parametrize("factor", [0.01, 7.0])
def test_the_scale_does_not_depend_on_the_rate(factor: float) -> None:
    assert regret(factor * EARNED, factor * ORACLE, factor * UNIFORM) == pytest.approx(regret(EARNED, ORACLE, UNIFORM))
