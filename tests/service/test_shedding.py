"""What is refused and what is not, once a wait is too long; and that only a worker's own probes count."""

from __future__ import annotations

import pytest

from service.web.shedding import LIMITS, Shedding
from service.web.waiting import NEVER, Waiting

NOW_S = 1_000.0


@pytest.fixture
def waiting() -> Waiting:
    """One in which everything has waited far too long."""
    found = Waiting(1, 0.05)
    found.sent(0, 0.0)
    for turn in range(9):
        found.too_long(NOW_S - 9 + turn, 1.0)
    return found


def answered(waiting: Waiting, path: str) -> tuple[str, dict[str, str]]:
    """Status line and headers."""
    found: list[tuple[str, dict[str, str]]] = []

    def start(line: str, headers: list[tuple[str, str]]) -> None:
        found.append((line, dict(headers)))

    def app(_environment: object, start_response: object) -> list[bytes]:
        start("200 OK", [])
        return [b""]

    list(Shedding(app, waiting, "word", lambda: NOW_S)({"PATH_INFO": path}, start))
    return found[0]


@pytest.mark.parametrize("path", LIMITS)
def test_what_has_waited_too_long_is_to_come_again_later(waiting: Waiting, path: str) -> None:
    line, headers = answered(waiting, path)
    assert line == "429 Too Many Requests"
    assert headers["Retry-After"] == "1"
    assert headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/v1/t/c/token", "/livez", "/metrics", "/v1/catalog"])
def test_links_health_and_catalog_are_never_refused(waiting: Waiting, path: str) -> None:
    assert answered(waiting, path)[0] == "200 OK"


def test_only_a_probe_that_knows_the_word_is_one_of_ours(waiting: Waiting) -> None:
    assert answered(waiting, "/probe/guess/0")[0] == "404 Not Found"
    assert waiting.seconds(NOW_S) == NOW_S
    assert answered(waiting, "/probe/word/0")[0] == "204 No Content"
    assert waiting.seconds(NOW_S) == -NEVER
