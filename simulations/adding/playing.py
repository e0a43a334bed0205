"""One run: shoppers come, the engine decides as a service does, and learns of clicks once their horizon has passed.

Everything is what a service is made of: the profile, its features, levels of fatigue, limits, the decision, matching,
and the fold over the log. Only the network, the clock and the disk are left out.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from typing import Any

import msgspec
import numpy as np

from bandit.arrays import Doubles
from bandit.catalog import Catalog, Template, checked
from bandit.config import Policy
from bandit.decide import Ask, Weights, decide, weigh
from bandit.eligibility.limits import Limits
from bandit.eligibility.plan import Plan
from bandit.fold import Fold
from bandit.products.product import Product
from bandit.profiles import fatigue
from bandit.profiles.exposures import rows
from bandit.profiles.features import features, few
from bandit.profiles.profile import UserState
from bandit.records import Decision, Event
from bandit.shelf import Shelf, lay_out
from simulations.adding.parts import Parts
from simulations.adding.shopper import Shelves, Shoppers, activity
from simulations.environments import audience_catalog as shop
from simulations.environments.audience import AFTER_D, LATELY_D, Audience, weariness
from simulations.environments.base import Json
from simulations.running.executors import count

HORIZON_S = 600.0
MATCH_EVERY = 500  # rounds between tables of matches
PUBLISHED_PER = 50  # weights are published when a 50th more has been learned
REST = -1, -1  # of a round's draws: the one that an even draw of products is made by
DAY_S = 86_400.0


class Job(msgspec.Struct, frozen=True):
    """One run, as it is sent to another process."""

    variant: str
    parts: Parts
    seed: int
    rounds: int


class Run(msgspec.Struct, frozen=True, eq=False):
    """What came of it."""

    job: Job
    earned: Doubles  # [rounds] true chance that what was shown is clicked


def play(job: Job) -> Run:
    """Play all rounds of a job. A function of the job alone."""
    table = _Shop(job)
    earned = np.array([table.turn(t) for t in range(job.rounds)], np.float64)
    return Run(job, earned)


class _Shop:
    """One engine at work in one world."""

    def __init__(self, job: Job) -> None:
        self._world = Audience(job.seed)
        self._parts, self._seed = job.parts, job.seed
        self._feed = [msgspec.convert(one, Product) for one in self._world.products()]
        self._number = {product.id: i for i, product in enumerate(self._feed)}
        self._shelf = shelf = shelf_of(self._world, job.parts)
        self._plan = Plan(shelf)
        self._learning = _Learning(shelf)
        self._shoppers = Shoppers()
        fillings = {template.filling for template in shelf.templates if template.filling}
        self._shelves = Shelves(self._feed, sorted(fillings, key=repr))
        self._looks: defaultdict[tuple[bytes, str], list[float]] = defaultdict(list)  # what she saw in truth, and when

    def turn(self, t: int) -> float:
        """Play a round; the true chance of a click. 0 where nothing may be shown."""
        if t % MATCH_EVERY == 0:
            self._shelves.match(self._world.time(t))
            self._shoppers.forget_matches()
        (request, draws), now = self._world.asked(t), self._world.time(t)
        user = self._world.view(t).key.encode().rjust(16)
        decision = self._decide(t, request, user, now)
        chance = self._show(t, draws, decision, now) if decision.rounds else 0.0
        self._browse(t, user, now)
        if t % 100 == 99:
            count(100)
        return chance

    def _decide(self, t: int, asked: Json, user: bytes, now: float) -> Decision:
        state, shelf = self._shoppers.state(user), self._shelf
        context, profile = asked["context"], features(state.profile, now)
        limits = self._limits(context, profile, state, now)
        told = {**context, "user": few(profile)} if self._parts.profiles and profile else context
        ask = Ask(
            id=struct.pack("<QQ", self._seed, t),
            time=now,
            user=user,
            context=told,
            placements=asked["placements"],
            limits=limits,
        )
        return decide(ask, shelf, self._learning.weights)

    def _limits(self, context: dict[str, Any], profile: dict[str, Any], state: UserState, now: float) -> Limits:
        seen, shelf = rows(state.exposures), self._shelf
        levels = fatigue.levels(seen, shelf.numbers, now) if shelf.levels > 1 and len(seen) else None
        return self._plan.limits(context, profile, seen, None, now, levels)

    def _show(self, t: int, draws: Doubles, decision: Decision, now: float) -> float:
        """What follows from the ad."""
        drawn, shelf = decision.rounds[0], self._shelf
        position = int(drawn.positions()[drawn.chosen])
        row, user = int(shelf.template[position]), decision.user
        template, placement = shelf.templates[row], shelf.placements[shelf.placement[position]].id
        looks = self._looks[user, template.id]
        tired = weariness(_since(looks, now - LATELY_D * DAY_S), _since(looks, now - AFTER_D * DAY_S))
        product = self._filled(template, user, float(draws[REST]))
        chance = self._world.chance(t, shop.ads()[row], placement, product, tired)
        looks.append(now)
        self._shoppers.saw(user, _position(now, t, 0), now, (template.id, template.campaign, placement))
        self._learning.take(decision, now, t, clicked=bool(draws[0, 0] < chance))
        return chance

    def _filled(self, template: Template, user: bytes, draw: float) -> int | None:
        if template.filling is None:
            return None
        bought = set(self._shoppers.state(user).profile.bought)
        if self._parts.products:
            matches = self._shoppers.matches(user, self._shelves.tables)
            return self._number[self._shelves.best(template.filling, matches, bought).id]
        return self._number[self._shelves.any(template.filling, bought, draw).id]

    def _browse(self, t: int, user: bytes, now: float) -> None:
        for i, deed in enumerate(self._world.deeds(t)):
            at = now + 10.0 + i, f"{t}/{i}"
            entry = activity(deed, self._feed, user, at, shop.CATEGORIES[deed.category])
            self._shelves.did(entry)
            self._shoppers.did(_position(at[0], t, i), entry)


class _Learning:
    """The fold over the log, and the weights that were last published of it."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._fold = Fold(shelf.policy.learning, lambda _: shelf)
        self._due = 0.0  # outcomes learned at which weights are published again
        self.weights = self._published()

    def take(self, decision: Decision, now: float, t: int, *, clicked: bool) -> None:
        """What a log says of one ad."""
        self._fold.step(_position(now, t, 0), decision)
        if clicked:
            click = Event(f"{t}", decision.id, 0, "click", now + 1.0, now + 1.0, 0.0)
            self._fold.step(_position(now + 1.0, t, 0), click)
        if self._fold.model.learned >= self._due:
            self.weights = self._published()
            self._due = self._fold.model.learned * (1.0 + 1.0 / PUBLISHED_PER)

    def _published(self) -> Weights:
        model = self._fold.model
        return weigh(np.array(model.weights()), model.learned, self._shelf, model.centre())


def shelf_of(world: Audience, parts: Parts) -> Shelf:
    """The world's shelf as a variant has it: with nobody held out."""
    catalog = checked(msgspec.convert(world.catalog(), Catalog))
    policy = catalog.policies[0]
    wanted = Policy(
        id=policy.id,
        horizon_s=HORIZON_S,
        learning=policy.learning,
        exploration=policy.exploration,
        profiles=parts.profiles,
        fatigue=parts.fatigue,
    )
    return lay_out(msgspec.structs.replace(catalog, policies=(wanted,)), wanted)


def _since(times: list[float], since: float) -> int:
    return sum(time > since for time in times)


def _position(time: float, t: int, i: int) -> str:
    return f"{int(time * 1000.0)}-{t * 10 + i}"
