"""Budgets that run out while several processes spend them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from service import embedded
from tests.running import Late, eventually
from tests.service.budgets.shop import Shop, Sold, World

SOLD = (Sold("mille", 5.0, 0.5, 0.9), Sold("click", 0.5, 5.0, 0.4), Sold("action", 4.0, 40.0, 0.4))


def test_no_budget_is_overspent_by_more_than_a_price_though_a_worker_is_killed(
    valkey_url: str, valkey_server: embedded.EmbeddedValkey, tmp_path: Path
) -> None:
    world = World(valkey_server.url, tmp_path / "outbox", SOLD, asks_s=80.0)
    shop = Shop(world)
    try:
        shop.hire(4)
        eventually(lambda: sum(shop.costs()) > 5.0, 60.0, 0.2)
        shop.workers[0].kill()
        eventually(lambda: _spent(shop, 0.8), 60.0, 0.2)
        with suppress(Late):  # a last price may wait for an ad that nobody clicks
            eventually(lambda: _spent(shop, 1.0), 2.0, 0.2)
    finally:
        shop.close()
    for sold, cost in zip(SOLD, shop.costs(), strict=True):
        price = sold.price / (1_000 if sold.per == "mille" else 1)
        assert cost <= sold.budget + max(price, 0.005 * sold.budget) + 1e-9


def _spent(shop: Shop, share: float) -> bool:
    """Whether so much of each budget is."""
    return all(cost >= share * sold.budget - 1e-9 for sold, cost in zip(SOLD, shop.costs(), strict=True))
