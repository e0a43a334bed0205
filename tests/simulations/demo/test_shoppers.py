from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from simulations.demo.sent import Ledger
from simulations.demo.shoppers import Shoppers
from simulations.environments.shop import Shop
from tests.simulations.stub_service import StubService

PAIRS = {place: ["garden-sale", place] for place in ("hero", "top", "below", "rail")}


@contextmanager
def serving(drop_every: int = 0) -> Iterator[StubService]:
    with StubService(PAIRS, drop_every) as stub:
        thread = threading.Thread(target=stub.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield stub
        finally:
            stub.shutdown()
            thread.join()


def shopped(url: str, rounds: int, rate: float = 400.0) -> tuple[Ledger, int]:
    with Shoppers(Shop(3), url, rate=rate, clock=time.monotonic) as shoppers:
        shoppers.start(rounds)
        return shoppers.ledger, shoppers.deliver(within_s=20.0)


@pytest.fixture(scope="module")
def calm() -> Iterator[tuple[StubService, Ledger]]:
    with serving() as stub:
        ledger, _ = shopped(stub.url, rounds=400)
        yield stub, ledger


@pytest.fixture(scope="module")
def lossy() -> Iterator[tuple[StubService, Ledger]]:
    with serving(drop_every=3) as stub:
        ledger, waiting = shopped(stub.url, rounds=400)
        assert waiting == 0
        yield stub, ledger


def test_every_round_is_asked_once(calm: tuple[StubService, Ledger]) -> None:
    stub, ledger = calm
    wanted = [Shop(3).round(t).request for t in range(400)]
    assert sorted(map(repr, stub.decisions)) == sorted(map(repr, wanted))
    assert sorted(one.t for one in ledger.shown) == list(range(400))


def test_every_ad_is_looked_at_and_clicked_as_its_world_has_it(calm: tuple[StubService, Ledger]) -> None:
    _, ledger = calm
    verdicts = []
    for t in range(400):
        visit = Shop(3).round(t)
        verdicts.append(visit.outcome("garden-sale", visit.request["placements"][0]))
    bought = sum(verdict.purchase_value is not None for verdict in verdicts)
    clicked = sum(verdict.click for verdict in verdicts)
    assert clicked > 0
    assert ledger.acknowledged["learned"] == Counter(impression=400, click=clicked, purchase=bought)


def test_what_was_not_acknowledged_is_sent_again_under_the_same_id(lossy: tuple[StubService, Ledger]) -> None:
    stub, ledger = lossy
    ids = Counter(event["id"] for event in stub.events)
    assert stub.dropped > 0
    assert ledger.retried == sum(ids.values()) - len(ids)


def test_an_event_is_acknowledged_once_however_often_it_is_sent(
    calm: tuple[StubService, Ledger], lossy: tuple[StubService, Ledger]
) -> None:
    assert lossy[1].acknowledged == calm[1].acknowledged


def test_ids_of_events_are_the_same_in_every_run(
    calm: tuple[StubService, Ledger], lossy: tuple[StubService, Ledger]
) -> None:
    impressions = [{event["id"] for event in run[0].events if event["type"] == "impression"} for run in (calm, lossy)]
    assert impressions[0] == impressions[1]
    assert len(impressions[0]) == 400


def test_requests_keep_their_rate(calm: tuple[StubService, Ledger]) -> None:
    with serving() as stub:
        begun = time.monotonic()
        shopped(stub.url, rounds=60, rate=100.0)
    assert time.monotonic() - begun >= 0.59  # the last of 60 is due 590 ms after the first


def test_a_service_that_is_not_there_costs_answers_and_nothing_else() -> None:
    with serving() as stub:
        gone = stub.url
    ledger, waiting = shopped(gone, rounds=20)
    assert (ledger.unanswered, ledger.events, waiting) == (20, 0, 0)
    assert ledger.faults.total() == 20
