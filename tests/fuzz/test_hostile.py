"""Whatever is sent, wherever it is put: an answer that is no 5xx, the service goes on, and the model still learns."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

import numpy as np
import pytest

from bandit.config import Learning
from bandit.model import Model
from service.store.commands import Store
from tests.fuzz import hostile
from tests.fuzz.hostile import Sent
from tests.fuzz.run import FUZZED, UNSHED, verified
from tests.running import Json, Running, eventually

REWARD = {"minimum": -1000.0, "maximum": 1000.0, "purchase_value": 1000.0}
CATALOG = {**FUZZED, "policies": [{"id": "home", "horizon_s": 0.3, "reward": REWARD, "learning": {"bits": 12}}]}
REFUSED = {400, 404, 413, 422}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("hostile") / "data", CATALOG, **UNSHED)
    yield running
    running.stop()


@pytest.fixture
def unharmed(service: Running) -> Iterator[Callable[[Iterable[Sent]], list[int]]]:
    """Sends a batch; after the test the same processes must be there, learning, with weights that are finite."""
    before = service.children()
    yield lambda batch: [status(service, sent) for sent in batch]
    probe(service)
    assert service.children() == before
    assert np.isfinite(weights(service)).all()
    assert "Traceback" not in service.log.read_text()


def status(service: Running, sent: Sent) -> int:
    """Of the answer, which is JSON and, if it refuses, a problem document that says so."""
    got, answer = service.call(sent.method, sent.path, sent.body)
    assert got < 500, (sent, answer)
    assert got < 400 or answer["status"] == got, (sent, answer)
    return got


def probe(service: Running) -> None:
    """Decide, click, and see the click learned."""
    before = service.report("home")
    answer = service.decide(policy="home")
    service.tell({"id": f"probe-{answer['decision_id']}", "type": "click", "decision_id": answer["decision_id"]})
    eventually(lambda: clicks(service.report("home")) > clicks(before), 30.0)


def clicks(report: Json) -> int:
    return sum(arm["clicks"] for arm in report["arms"].values())


def weights(service: Running) -> np.ndarray:
    fields = Store(f"unix://{service.data / 'valkey' / 'valkey.sock'}").snapshot("home")
    return Model.load(fields["model"], fields["sha256"].decode(), Learning(bits=12)).weights()


def test_as_context_and_as_candidates(unharmed: Callable[[Iterable[Sent]], list[int]]) -> None:
    found = unharmed(hostile.decisions())
    assert set(found) <= REFUSED | {200}
    assert found.count(200) > 200  # much of it is nothing but an odd name


def test_as_templates_and_placements(unharmed: Callable[[Iterable[Sent]], list[int]]) -> None:
    found = unharmed(hostile.catalogs())
    assert set(found) <= REFUSED | {200}
    assert found.count(200) > 100


def test_as_configs_of_which_none_is_taken(unharmed: Callable[[Iterable[Sent]], list[int]]) -> None:
    assert set(unharmed(hostile.configs())) <= REFUSED


def test_as_events_rewards_and_purchases(service: Running, unharmed: Callable[[Iterable[Sent]], list[int]]) -> None:
    found = unharmed(hostile.told(service.decide(policy="home")["decision_id"]))
    assert set(found) <= REFUSED | {202}
    assert found.count(202) > 20


def test_rewards_at_every_bound_after_contexts_at_every_bound(
    service: Running, unharmed: Callable[[Iterable[Sent]], list[int]]
) -> None:
    contexts = [{f"f{i}": sign * 1e6 for i in range(256)} for sign in (1, -1)] * 10
    decided = [service.decide(policy="home", context=context)["decision_id"] for context in contexts]
    rewards = zip(decided, [1000.0, -1000.0, -0.0, 5e-324] * 5, strict=True)
    sent = (
        Sent("POST", "/v1/rewards", json.dumps({"decision_id": own, "value": value, "event_id": own}).encode())
        for own, value in rewards
    )
    purchase = {"id": "most", "type": "purchase", "decision_id": decided[0], "value": {"value": 1e7, "currency": "EUR"}}
    last = Sent("POST", "/v1/events", json.dumps({"events": [purchase]}).encode())
    assert set(unharmed(chain(sent, [last]))) == {202}


def test_afterwards_all_that_was_kept_holds_together(service: Running) -> None:
    assert verified(service.data)
