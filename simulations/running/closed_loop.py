"""A policy that is the running service: the same worlds and the same table measure the real thing over HTTP.

Rounds are played one after another. After every so many the run waits until the service has learned all it was
told, so that what it knows in a round depends on rounds and not on how fast the machine is.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import urllib3

from bandit.config import Policy
from simulations.demo.mailbox import event
from simulations.demo.reports import PolicyHealth, Report
from simulations.demo.started import Service, started
from simulations.environments.base import Environment, Json, Round
from simulations.policies.base import Choice, ChoosingPolicy

SERVICE = "service"  # the policy's name
START = "start"  # rather than an address: a service of its own for each run
LEARNED_WITHIN_S = 60.0  # beyond the horizon; on a busy machine shipping and learning take seconds

_ATTEMPTS = 3  # at one event; its id is the same each time, so it counts once
_POLL_S = 0.05
_TIMEOUT = urllib3.Timeout(connect=1.0, read=5.0)
_JSON = {"Content-Type": "application/json"}


class NotServed(Exception):
    """The service refuses what it is asked, has another catalog, or does not learn. The message says which."""


class ClosedLoop(msgspec.Struct, frozen=True):
    """Makes the policy `service`."""

    service: str = START  # or the address of one that runs with the world's catalog, as http://127.0.0.1:8080
    every: int = 500  # rounds after which the run waits until all is learned; 0: only at the end

    @property
    def repeats(self) -> bool:
        """Whether a run begins with a model that has learned nothing."""
        return self.service == START

    def __call__(self, _seed: int, environment: Environment) -> AbstractContextManager[ChoosingPolicy]:
        """The service at work in a world, until the block ends. Raises NotStarted, NotServed."""
        return _own(environment, self.every) if self.repeats else _running(self.service, environment, self.every)


class Asked:
    """A service that is asked in every round and told of every click."""

    def __init__(self, service: Service, catalog: Json, every: int, clock: Callable[[], float]) -> None:
        self.lost = 0  # decisions without an answer, answers that fit no candidate, clicks not taken in time
        self._service = service
        self._policy = str(catalog["policies"][0]["id"])
        self._horizon_s = float(catalog["policies"][0].get("horizon_s", Policy(id="any").horizon_s))
        self._every = every
        self._clock = clock
        self._http = urllib3.connection_from_url(service.url, maxsize=1)
        self._answered = 0
        self._before = (service.report(self._policy) or Report()).decisions
        self._decision: dict[int, tuple[str, int]] = {}  # by round: decision id and slot, until it is learned

    def choose(self, visit: Round) -> Choice | None:
        if self._every and visit.t and visit.t % self._every == 0:
            self._wait()
        answer = self._post("/v1/decisions", visit.request, wanted=200)
        if answer is None:
            self.lost += 1
            return None
        self._answered += 1
        if not answer["ads"]:
            return None
        ad = answer["ads"][0]
        pair = (ad["template"], ad["placement"])
        if pair not in visit.candidates:  # the world has run out of it, and the service cannot know
            self.lost += 1
            return None
        self._decision[visit.t] = answer["decision_id"], ad["slot"]
        return Choice(visit.candidates.index(pair), float(ad["propensity"]))

    def learn(self, visit: Round, choice: Choice, reward: float) -> None:
        decision_id, slot = self._decision.pop(visit.t)
        if reward <= 0.0:
            return
        told = {"events": [event(decision_id, slot, "click")]}
        for _ in range(_ATTEMPTS):
            if answer := self._post("/v1/events", told, wanted=202):
                self.lost += bool(answer["rejected"] or answer.get("late"))
                return
        self.lost += 1

    def finish(self) -> None:
        """Wait until all that was told is learned. Raises NotServed if it takes too long."""
        self._wait()
        self._http.close()

    def _wait(self) -> None:
        give_up_at = self._clock() + self._horizon_s + LEARNED_WITHIN_S
        while not self._has_learned():
            if self._clock() >= give_up_at:
                raise NotServed(f"{self._service.url} had not learned {self._answered} decisions in time")
            time.sleep(_POLL_S)

    def _has_learned(self) -> bool:
        report = self._service.report(self._policy)
        health = self._service.health()
        if report is None or health is None or report.open or report.decisions < self._before + self._answered:
            return False
        return health.policies.get(self._policy, PolicyHealth()).model_version >= report.model_version

    def _post(self, path: str, body: Json, *, wanted: int) -> Json | None:
        """The answer; None if there is none for now. Raises NotServed for what would be refused each time."""
        content = msgspec.json.encode(body)
        try:
            answer = self._http.urlopen("POST", path, body=content, headers=_JSON, timeout=_TIMEOUT, retries=False)
        except urllib3.exceptions.HTTPError:
            return None
        if answer.status == wanted:
            return msgspec.json.decode(answer.data, type=dict[str, Any])
        if 400 <= answer.status < 500 and answer.status != 429:
            raise NotServed(f"{self._service.url}{path} answers {answer.status}: {answer.data[:300].decode()}")
        return None


def catalog(environment: Environment) -> Json:
    """What a service runs with to be measured in a world: its catalog, with nobody held out."""
    written = environment.catalog()
    policies = [{name: part for name, part in policy.items() if name != "holdout"} for policy in written["policies"]]
    return written | {"policies": policies}


@contextmanager
def _own(environment: Environment, every: int) -> Iterator[ChoosingPolicy]:
    written = catalog(environment)
    with tempfile.TemporaryDirectory(prefix="adbandit-") as scratch:
        folder = Path(scratch)
        with started(written, folder / "data", folder) as service:
            yield Asked(service, written, every, time.monotonic)


@contextmanager
def _running(url: str, environment: Environment, every: int) -> Iterator[ChoosingPolicy]:
    written = catalog(environment)
    service = Service(url.rstrip("/"))
    try:
        _same(service, written)
        yield Asked(service, written, every, time.monotonic)
    finally:
        service.close()


def _same(service: Service, wanted: Json) -> None:
    """Raises NotServed unless the service runs with the world's catalog."""
    found = service.catalog()
    if found is None:
        raise NotServed(f"no service answers at {service.url}")
    for kind in ("policies", "placements", "templates"):
        missing = {row["id"] for row in wanted[kind]} - {row["id"] for row in found.get(kind, [])}
        if missing:
            detail = f"its catalog has no {kind} {', '.join(sorted(missing)[:3])}"
            raise NotServed(f"{service.url} does not run in this world: {detail}; see `adbandit simulate --catalog`")
