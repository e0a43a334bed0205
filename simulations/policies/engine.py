"""Our engine, called as the service calls it: lay out, decide, learn."""

from __future__ import annotations

import struct

import msgspec

from bandit.catalog import Catalog, checked
from bandit.config import Exploration, Learning, Policy
from bandit.context import Packed, packed_context
from bandit.decide import Ask, decide
from bandit.examples import examples
from bandit.model import Example, Model
from bandit.records import Decision, Outcome
from bandit.shelf import lay_out
from simulations.environments.base import Json, Round
from simulations.policies.base import Choice
from simulations.policies.published import Published

TOGETHER = 32  # outcomes learned in one go; more of them no longer fit a processor's cache
PUBLISHED_PER = 200  # weights are published when a 200th more has been learned, at first after each outcome


class Engine:
    """One policy of a catalog, deciding and learning in one process.

    Outcomes wait for others, but not beyond the next publishing, and are then learned together, in their order: nothing
    is decided otherwise for it, and a processor that does one kind of work at a time is quicker.
    """

    def __init__(self, seed: int, catalog: Json, exploration: Exploration, learning: Learning) -> None:
        policy = Policy(id="demo", exploration=exploration, learning=learning)
        self._seed = seed
        self._shelf = shelf = lay_out(_catalog(catalog), policy)
        placed = zip(shelf.template.tolist(), shelf.placement.tolist(), strict=True)
        self._pairs = [(shelf.templates[i].id, shelf.placements[j].id) for i, j in placed]
        self._model = Model.fresh(learning)
        self._published = Published(self._model, shelf)
        self._weights = self._published.weights()
        self._due = 0.0  # outcomes learned at which weights are published again
        self._open: dict[int, tuple[Decision, Packed | None]] = {}  # by round, until its reward is known
        self._waiting: list[tuple[int, float, Decision, Packed | None]] = []  # round, reward

    @property
    def learned(self) -> int:
        """Outcomes learned, or about to be."""
        return self._model.learned + len(self._waiting)

    def choose(self, visit: Round) -> Choice:
        asked = visit.request
        context = asked.get("context") or {}
        packed = packed_context(context)
        ask = Ask(
            id=struct.pack("<QQ", self._seed, visit.t),
            time=float(visit.t),
            context=context,
            templates=asked.get("templates"),
            placements=asked.get("placements"),
            packed=packed,
        )
        decision = decide(ask, self._shelf, self._weights)
        self._open[visit.t] = decision, packed
        drawn = decision.rounds[0]
        pair = self._pairs[drawn.positions()[drawn.chosen]]
        return Choice(visit.candidates.index(pair), drawn.propensity)

    def learn(self, visit: Round, choice: Choice, reward: float) -> None:
        self._waiting.append((visit.t, reward, *self._open.pop(visit.t)))
        due = self._model.learned + len(self._waiting) >= self._due
        if due or len(self._waiting) >= TOGETHER:
            self._learn()
        if due:
            self._weights = self._published.weights()
            self._due = self._model.learned * (1.0 + 1.0 / PUBLISHED_PER)

    def _learn(self) -> None:
        ready = [(t, self._example(t, reward, decision, packed)) for t, reward, decision, packed in self._waiting]
        self._waiting.clear()
        for t, example in ready:
            self._model.learn(example, f"{t}-0/0".encode())
        for _, example in ready:
            self._published.note(example)

    def _example(self, t: int, reward: float, decision: Decision, packed: Packed | None) -> Example:
        outcome = Outcome(f"{1000 * t}-0", decision, (), (reward,))  # a round is a second
        return next(examples(outcome, self._shelf, packed))


def _catalog(written: Json) -> Catalog:
    return checked(msgspec.convert({name: rows for name, rows in written.items() if name != "policies"}, Catalog))
