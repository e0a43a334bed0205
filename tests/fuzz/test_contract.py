"""What `/openapi.json` says and what the service does are the same, as thousands of requests find."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fuzz.run import FUZZED, UNSHED, Run, schemathesis, verified
from tests.running import Running, eventually

EXAMPLES = "5"  # made-up requests of each operation, besides some 3,000 at every bound the schemas state


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("fuzzed") / "data", FUZZED, **UNSHED)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def found(service: Running) -> Run:
    return schemathesis(service.url, "--generation-deterministic", "--max-examples", EXAMPLES)


def test_no_request_is_answered_otherwise_than_the_contract_says(found: Run) -> None:
    assert (found.exit_code, found.failures) == (0, 0), found.said[:20_000]


def test_all_operations_were_asked_thousands_of_things_and_most_of_them_got_far(found: Run) -> None:
    assert found.cases > 2_500
    assert found.report["operations"]["tested"] == found.report["operations"]["total"] > 20
    assert not found.report["warnings"]["missing_test_data"]


def test_the_service_goes_on_learning_afterwards(found: Run, service: Running) -> None:
    before = service.report("home")["learned"]
    answer = service.decide(policy="home", templates=["sale"])
    service.tell({"id": answer["decision_id"], "type": "click", "decision_id": answer["decision_id"]})
    eventually(lambda: service.report("home")["learned"] > before)


def test_all_that_was_kept_holds_together(found: Run, service: Running) -> None:
    assert verified(service.data)
