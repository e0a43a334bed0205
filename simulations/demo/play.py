"""The demo: a service of our own, shoppers, and what the two say of each other."""

from __future__ import annotations

import time
from collections.abc import Callable

from simulations.demo.beside import Beside
from simulations.demo.furnished import CAMPAIGN
from simulations.demo.living import Living
from simulations.demo.reports import Health, PolicyHealth, Report
from simulations.demo.screen import LINE_EVERY_S, REDRAW_S, Progress, Screen
from simulations.demo.shoppers import Shoppers
from simulations.demo.started import Service
from simulations.demo.summary import Managed, Summary, summarise
from simulations.environments.base import Environment

POLICY = "demo"
DELIVERED_WITHIN_S = 15.0  # the last clicks come 1.6 s after the last decision
LEARNED_WITHIN_S = 30.0  # the horizon of 2 s, shipping, learning

Clock = Callable[[], float]


def run(
    service: Service,
    world: Environment,
    screen: Screen,
    *,
    name: str,
    seed: int,
    seconds: float,
    rate: float,
    compared: Beside | None = None,
    clock: Clock = time.monotonic,
) -> Summary:
    """Send `seconds` of traffic at `rate` requests a second, then wait until all of it is learned.

    name      of the world, for the summary
    compared  what a comparison beside has found so far
    """
    before = service.report(POLICY) or Report()
    with Shoppers(world, service.url, rate=rate, clock=clock) as shoppers, screen.opened():
        begun = clock()
        shoppers.start(round(seconds * rate))
        watch = _Watch(service, shoppers, screen, compared or Beside(), begun=begun, seconds=seconds, clock=clock)
        while shoppers.shopping:
            watch.look()
            time.sleep(REDRAW_S)
        took_s = clock() - begun
        waiting = shoppers.deliver(DELIVERED_WITHIN_S)
        after = _learned(service, before.decisions + len(shoppers.ledger.shown), watch, clock)
        managed = watch.managed()
    return summarise(
        shoppers.ledger, before, after, world=name, seed=seed, seconds=took_s, waiting=waiting, managed=managed
    )


def _learned(service: Service, wanted: int, watch: _Watch, clock: Clock) -> Report:
    """The report once it counts `wanted` decisions with none open, or the last one when time is up."""
    give_up_at = clock() + LEARNED_WITHIN_S
    while True:
        report = service.report(POLICY)
        if report is not None and report.decisions >= wanted and report.open == 0:
            return report
        if clock() >= give_up_at:
            return report or Report()
        watch.look()
        time.sleep(REDRAW_S)


class _Watch:
    """Reads how it goes and shows it, no more often than someone looks."""

    def __init__(
        self,
        service: Service,
        shoppers: Shoppers,
        screen: Screen,
        compared: Beside,
        *,
        begun: float,
        seconds: float,
        clock: Clock,
    ) -> None:
        self._service = service
        self._shoppers = shoppers
        self._screen = screen
        self._compared = compared
        self._begun = begun
        self._seconds = seconds
        self._clock = clock
        self._marks = [(begun, 0)]  # (when, decisions) of the last seconds, for the rate of late

    def look(self) -> None:
        now = self._clock()
        ledger = self._shoppers.ledger
        self._marks = [mark for mark in self._marks if mark[0] >= now - LINE_EVERY_S] or self._marks[-1:]
        since, decisions_then = self._marks[0]
        decisions = len(ledger.shown)
        self._marks.append((now, decisions))
        self._screen.show(
            Progress(
                elapsed_s=now - self._begun,
                seconds=self._seconds,
                decisions=decisions,
                decisions_per_s=(decisions - decisions_then) / (now - since) if now > since else 0.0,
                p50_ms=ledger.latency_ms(0.5),
                p99_ms=ledger.latency_ms(0.99),
                report=self._service.report(POLICY) or Report(),
                health=(self._service.health() or Health()).policies.get(POLICY, PolicyHealth()),
                managed=self.managed(),
            )
        )

    def managed(self) -> Managed | None:
        """What became of what an ad manager sets; None in a world where there is nothing of it."""
        life = self._shoppers.life
        if not isinstance(life, Living):
            return None
        return Managed(
            users=self._shoppers.activities.users,
            activities=self._shoppers.activities.taken,
            products=len(life.products),
            held=life.held,
            beyond=life.beyond,
            pacing=self._service.pacing(CAMPAIGN),
            added=self._compared.found,
        )
