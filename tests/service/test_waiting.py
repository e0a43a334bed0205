"""When a wait is too long: not at once after one slow call, and at once while there is more than can be done."""

from __future__ import annotations

from service.web.waiting import AHEAD, PATIENCE_S, Waiting

LIMIT_S = 0.05
LONG_S = 2 * LIMIT_S


def test_without_a_probe_under_way_nothing_waits() -> None:
    assert not Waiting(2, LIMIT_S).too_long(1e6, 1.0)


def test_what_gathered_behind_one_slow_call_is_answered() -> None:
    waiting = Waiting(2, LIMIT_S)
    waiting.sent(0, 0.0)
    assert not any(waiting.too_long(10.0 + after_s, 1.0) for after_s in (0.0, PATIENCE_S / 2, PATIENCE_S))


def test_a_wait_that_lasts_is_refused_until_it_is_within_the_limit_and_again_at_once() -> None:
    waiting = Waiting(2, LIMIT_S)
    waiting.sent(0, 0.0)
    assert not waiting.too_long(LONG_S, 1.0)
    waiting.sent(1, LONG_S)
    assert _others(waiting, LONG_S + 2 * PATIENCE_S)
    waiting.came_up(0, 0.3)
    assert not waiting.too_long(LONG_S + 0.9 * LIMIT_S, 1.0)
    assert waiting.too_long(LONG_S + 1.1 * LIMIT_S + 2 * PATIENCE_S, 1.0)


def test_a_process_without_a_processor_is_no_queue() -> None:
    waiting = Waiting(1, LIMIT_S)
    waiting.sent(0, 0.0)
    assert not any(waiting.too_long(turn * LONG_S, 1.0) for turn in range(AHEAD))
    assert waiting.too_long(AHEAD * LONG_S, 1.0)


def _others(waiting: Waiting, now: float) -> bool:
    """Whether a request is refused that comes after some others."""
    return [waiting.too_long(now, 1.0) for _ in range(AHEAD + 1)][-1]


def test_a_short_wait_begins_the_patience_anew() -> None:
    waiting = Waiting(1, LIMIT_S)
    waiting.sent(0, 0.0)
    waiting.too_long(LONG_S, 1.0)
    waiting.came_up(0, LONG_S)
    assert not waiting.too_long(10.0, 1.0)
    waiting.sent(0, 10.0)
    assert not waiting.too_long(10.0 + LONG_S, 1.0)


def test_events_wait_longer_than_decisions() -> None:
    waiting = Waiting(1, LIMIT_S)
    waiting.sent(0, 0.0)
    waiting.too_long(LONG_S, 1.0)
    later_s = LONG_S + 1.01 * PATIENCE_S
    assert _others(waiting, later_s)
    assert not waiting.too_long(later_s, 1.1 * later_s / LIMIT_S)


def test_a_lost_probe_is_no_wait() -> None:
    waiting = Waiting(1, LIMIT_S)
    waiting.sent(0, 0.0)
    waiting.lost(0)
    assert waiting.seconds(1e6) == float("-inf")
