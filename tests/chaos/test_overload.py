"""More requests than can be answered: decisions are refused, events and links are not, and both only for a while."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import urllib3

from tests.bench.arrivals import load
from tests.catalogs import CATALOG
from tests.running import Running, eventually

LIMIT_MS = 50
HEAVY = json.dumps({"policy": "sure", "candidates": [{"template": f"t{i}"} for i in range(900)]})
MORE_PER_S = 2_000  # of HEAVY than one worker can answer
GATHERED = 40  # requests behind one that is slow


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("overload") / "data", CATALOG, ADBANDIT_SHED_MS=str(LIMIT_MS))
    yield running
    running.stop()


def test_above_capacity_decisions_are_refused_and_the_rest_goes_on(service: Running) -> None:
    shed_before = _shed(service, "/v1/decisions")
    told = _Told(service)
    shown = load(f"{service.url}/v1/decisions", HEAVY, MORE_PER_S, 2.0)
    told.stop()
    assert shown.statuses[429] > shown.due / 10
    assert shown.statuses[200] > 0
    assert set(told.statuses) == {202}
    assert _shed(service, "/v1/decisions") - shed_before >= shown.statuses[429]
    assert _shed(service, "/v1/events") == 0
    eventually(lambda: service.call("POST", "/v1/decisions", HEAVY.encode())[0] == 200)


def test_what_gathers_behind_one_slow_client_is_answered(service: Running) -> None:
    host = urlsplit(service.url).netloc
    head = f"POST /v1/decisions HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    slow = _connected(service)
    slow.sendall(f"{head}Content-Length: 20\r\n\r\n{{".encode())
    others = [_connected(service) for _ in range(GATHERED)]
    for other in others:
        other.sendall(f'{head}Content-Length: 17\r\n\r\n{{"policy":"sure"}}'.encode())
    others[0].settimeout(1.0)
    with pytest.raises(TimeoutError):  # far longer than the limit
        others[0].recv(1)
    slow.sendall(b'"policy": "sure"   }')
    assert {_status(other) for other in others} == {200}
    slow.close()


class _Told:
    """Sends events from a thread, one after the other."""

    def __init__(self, service: Running) -> None:
        self.statuses: list[int] = []
        self._service = service
        self._decision = service.decide(policy="sure")["decision_id"]
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(0.02):
            event = {"id": f"e{len(self.statuses)}", "type": "click", "decision_id": self._decision}
            self.statuses.append(self._service.call("POST", "/v1/events", {"events": [event]})[0])


def _connected(service: Running) -> socket.socket:
    address = urlsplit(service.url)
    return socket.create_connection((address.hostname, address.port), timeout=10.0)


def _status(line: socket.socket) -> int:
    line.settimeout(10.0)
    status = int(line.recv(16_384)[9:12])
    line.close()
    return status


def _shed(service: Running, route: str) -> float:
    text = urllib3.request("GET", f"{service.url}/metrics").data.decode()
    start = f'adbandit_shed_total{{route="{route}"}} '
    return sum(float(line.removeprefix(start)) for line in text.splitlines() if line.startswith(start))
