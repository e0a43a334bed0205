"""Our engine, called as the service calls it: lay out, decide, learn."""

from __future__ import annotations

import struct

import msgspec
import numpy as np

from bandit.catalog import Catalog, checked
from bandit.config import Exploration, Learning, Policy
from bandit.decide import Ask, Weights, decide
from bandit.examples import examples
from bandit.model import Model
from bandit.records import Decision, Outcome
from bandit.shelf import lay_out
from simulations.environments.base import Json, Round
from simulations.policies.base import Choice

PUBLISHED_PER = 200  # weights are published when a 200th more has been learned, at first after each outcome


class Engine:
    """One policy of a catalog, deciding and learning in one process."""

    def __init__(self, seed: int, catalog: Json, exploration: Exploration, learning: Learning) -> None:
        policy = Policy(id="demo", exploration=exploration, learning=learning)
        self._seed = seed
        self._shelf = lay_out(_catalog(catalog), policy)
        self._model = Model.fresh(learning)
        self._weights = self._published()
        self._open: dict[int, Decision] = {}  # by round, until it is learned

    @property
    def learned(self) -> int:
        """Outcomes learned."""
        return self._model.learned

    def choose(self, visit: Round) -> Choice:
        asked = visit.request
        ask = Ask(
            id=struct.pack("<QQ", self._seed, visit.t),
            time=float(visit.t),
            context=asked.get("context"),
            templates=asked.get("templates"),
            placements=asked.get("placements"),
        )
        decision = self._open[visit.t] = decide(ask, self._shelf, self._weights)
        drawn = decision.rounds[0]
        position = drawn.positions()[drawn.chosen]
        template = self._shelf.templates[self._shelf.template[position]].id
        placement = self._shelf.placements[self._shelf.placement[position]].id
        return Choice(visit.candidates.index((template, placement)), drawn.propensity)

    def learn(self, visit: Round, choice: Choice, reward: float) -> None:
        outcome = Outcome(f"{1000 * visit.t}-0", self._open.pop(visit.t), (), (reward,))  # a round is a second
        for slot, example in enumerate(examples(outcome, self._shelf)):
            self._model.learn(example, f"{visit.t}-0/{slot}".encode())
        if self._model.learned >= self._weights.version * (1.0 + 1.0 / PUBLISHED_PER):
            self._weights = self._published()

    def _published(self) -> Weights:
        table = np.ascontiguousarray(self._model.weights())
        return Weights(table, self._model.learned, centre=self._model.centre())


def _catalog(written: Json) -> Catalog:
    return checked(msgspec.convert({name: rows for name, rows in written.items() if name != "policies"}, Catalog))
