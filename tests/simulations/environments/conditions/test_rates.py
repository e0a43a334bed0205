from __future__ import annotations

import numpy as np
import pytest

from simulations.environments.conditions.rates import ScaledShop


@pytest.mark.parametrize("rate", [0.01, 0.05])
def test_an_even_draw_is_clicked_at_the_base_rate(rate: float) -> None:
    world = ScaledShop(1, rate=rate)
    assert np.mean([world.round(t).uniform for t in range(2_000)]) == pytest.approx(rate, rel=0.1)
