"""Stock Vowpal Wabbit, given the weights and a logged request, predicts the probabilities that were served."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import chisquare

from bandit.catalog import Catalog
from bandit.codec import decode
from bandit.config import Learning
from bandit.context import hash_context
from bandit.draws import uniform
from bandit.fold import START, read_model
from bandit.kernels.drawing import draw
from bandit.records import Decision
from bandit.shelf import lay_out
from service import settings, wiring
from service.catalogs import Catalogs
from service.store.commands import Store
from tests.bandit.stock_vw import explorer, predicted
from tests.catalogs import CATALOG
from tests.running import Json, Running, eventually

LEARNING = Learning()
SQUARECB = ["--squarecb", "--gamma_scale", "700", "--gamma_exponent", "0"]
KINDS: list[tuple[Json, list[str]]] = [
    ({"kind": "squarecb", "gamma_scale": 700.0, "gamma_exponent": 0.0}, SQUARECB),
    ({"kind": "epsilon_greedy", "epsilon": 0.2}, ["--epsilon", "0.2"]),
    ({"kind": "softmax", "softmax_lambda": 7.0, "softmax_exponent": 0.0}, ["--softmax", "--lambda", "7"]),
    ({"kind": "greedy"}, ["--epsilon", "0"]),
    ({"kind": "uniform"}, ["--epsilon", "1"]),
]


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service whose model has learned something and now stands still."""
    running = Running(tmp_path_factory.mktemp("taught") / "data", CATALOG, ADBANDIT_KEEP_LOG="true")
    for i in range(200):
        answer = running.decide(policy="sure", context={"device": "mobile" if i % 2 else "desktop", "hour": i % 24})
        if (answer["ads"][0]["template"] == "sale") == bool(i % 2):
            running.tell({"id": f"c{i}", "type": "click", "decision_id": answer["decision_id"]})
    eventually(lambda: running.report("sure")["learned"] == 200)
    yield running
    running.stop()


@pytest.fixture
def store(taught: Running) -> Iterator[Store]:
    opened = Store(wiring.redis_url(settings.read({"data": taught.data})))
    yield opened
    opened.close()


def _logged(store: Store, catalog_version: int) -> list[Decision]:
    entries = [decode(stored) for _, stored in store.log("sure", START, count=10_000)]
    return [entry for entry in entries if isinstance(entry, Decision) and entry.catalog_version == catalog_version]


@pytest.mark.parametrize(("exploration", "options"), KINDS, ids=[kind["kind"] for kind, _ in KINDS])
def test_stock_vw_predicts_what_was_served(
    taught: Running, store: Store, exploration: Json, options: list[str]
) -> None:
    policy = {"horizon_s": 3600, "exploration": {**exploration, "min_probability": 0}}
    version = taught.call("PUT", "/v1/policies/sure", policy)[1]["version"]
    for hour in range(24):
        taught.decide(policy="sure", context={"device": "mobile", "hour": hour, "user": {"age": "25-34"}})
    decisions = eventually(lambda: (found := _logged(store, version)) and len(found) == 24 and found)
    catalog: Catalog = Catalogs(store).at(version)
    shelf = lay_out(catalog, next(p for p in catalog.policies if p.id == "sure"))
    model = read_model(store.snapshot("sure"), LEARNING)
    oracle = explorer(options, LEARNING, model.weights())
    for decision in decisions:
        round_ = decision.rounds[0]
        positions = round_.positions()
        actions = [
            (shelf.ads[t], shelf.places[p])
            for t, p in zip(shelf.template[positions], shelf.placement[positions], strict=True)
        ]
        served = round_.propensities()
        shared = hash_context(decision.context, model.centre())
        np.testing.assert_allclose(served, predicted(oracle, shared, actions), atol=1e-5)
        u = uniform(decision.id, 0, decision.model_version)
        assert round_.chosen == draw(served, u)


def test_two_hundred_thousand_draws_match_the_logged_propensities(taught: Running, store: Store) -> None:
    decision = next(d for d in _logged(store, 1) if len(d.rounds[0].positions()) == 4)
    served = decision.rounds[0].propensities()
    ids = (hashlib.sha256(i.to_bytes(4, "big")).digest()[:16] for i in range(200_000))
    seen = np.bincount([draw(served, uniform(i, 0, decision.model_version)) for i in ids], minlength=len(served))
    expected = served.astype(float) / served.sum(dtype=float) * seen.sum()
    assert chisquare(seen, expected).pvalue > 1e-3


def test_the_archive_keeps_no_secret(taught: Running) -> None:
    assert (taught.data / "secret.key").stat().st_mode & 0o777 == 0o600
    secret = (Path(taught.data) / "secret.key").read_bytes()
    logs = [path for path in taught.data.rglob("*") if path.is_file() and path.name != "secret.key"]
    assert not [path for path in logs if secret in path.read_bytes()]
