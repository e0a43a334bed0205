"""Our engine as a target policy: a config that learns the log as it goes, or a model that learned it before."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from bandit.arrays import Doubles, Flags, Floats
from bandit.centring import Centre
from bandit.config import Exploration, Learning, Policy
from bandit.context import hash_context
from bandit.errors import BadInput
from bandit.examples import examples
from bandit.exploration.choose import probabilities
from bandit.model import Model
from bandit.pricing import priced
from bandit.records import Outcome
from bandit.scoring import scores, standing
from bandit.shelf import Shelf
from bandit.stand import from_request
from simulations.evaluation.targets.base import normalised
from simulations.logs.base import Batch, Log, Shelves

PUBLISHED_PER = 200  # weights are published when a 200th more has been learned, at first after each outcome


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Parts of a policy; what is missing is as in the policy that served the log."""

    exploration: Exploration | None = None
    learning: Learning | None = None

    def of(self, policy: Policy) -> Policy:
        """The policy with these parts."""
        own = policy.exploration, policy.learning
        return msgspec.structs.replace(policy, exploration=self.exploration or own[0], learning=self.learning or own[1])


class Engine:
    """A config. It decides every round with what it has learned of the log before, and then learns what was logged."""

    def __init__(self, config: Config, *, name: str = "engine", still_after: int | None = None) -> None:
        """
        still_after  rounds after which it learns no more; None: it never stops
        """
        self.name = name
        self._config, self._still_after = config, still_after

    def asking(self, log: Log) -> Running:
        """See `Target`."""
        policy = self._config.of(log.policy)
        return Running(log, policy, Model.fresh(policy.learning), learns_until=self._still_after)


class Running:
    """A model at work in a log."""

    def __init__(self, log: Log, policy: Policy, model: Model, *, learns_until: int | None) -> None:
        """
        learns_until  round of the log from which it learns no more; None: it never stops
        """
        self._log, self._policy, self._model = log, policy, model
        self._learns_until = learns_until
        self._shelves: Shelves = log.shelves(policy.learning)
        self._published = _published(model)
        self._standing: dict[int, Floats] = {}  # by shelf, of the published weights

    def probabilities(self, batch: Batch) -> Doubles:
        """See `Asking`. Raises BadInput for a feature out of bounds."""
        found: list[Floats] = []
        at = batch.first
        for outcome in self._log.outcomes(batch):
            shelf = self._shelves(outcome)
            found += self._decided(outcome, shelf)
            if self._learns_until is None or at < self._learns_until:
                self._learn(outcome, shelf)
            at += len(outcome.rewards)
        return normalised(np.concatenate(found).astype(np.float64), batch, "target")

    def known(self, batch: Batch) -> Flags | None:
        """See `Asking`."""
        return None

    def _decided(self, outcome: Outcome, shelf: Shelf) -> Iterable[Floats]:
        """Probabilities of the candidates of each slot, at the shadow prices that were in force."""
        decision, weights, every = outcome.decision, self._published, self._policy.learning.every
        shared = hash_context(decision.context, weights.centre, every=every)
        if decision.inline:
            laid = from_request(decision.inline, every=every).laid
            rows, known = (laid.ads, laid.places, laid.ad, laid.place), None
        else:
            rows = shelf.ad_rows, shelf.place_rows, shelf.ad, shelf.placement
            known, _ = priced(self._summed(shelf), shelf, decision.prices)
        for drawn in decision.rounds:
            at = drawn.positions()
            there = None if known is None else known[at]
            costs = scores(weights.table, shelf.terms, *shared, *rows[:2], rows[2][at], rows[3][at], there)
            yield probabilities(costs, self._policy.exploration, weights.learned)

    def _summed(self, shelf: Shelf) -> Floats:
        """What each candidate of a shelf scores whatever the request."""
        found = self._standing.get(shelf.version)
        if found is None:
            rows = shelf.ad_rows, shelf.place_rows, shelf.ad, shelf.placement
            found = self._standing[shelf.version] = standing(self._published.table, shelf.terms, *rows)
        return found

    def _learn(self, outcome: Outcome, shelf: Shelf) -> None:
        for slot, example in enumerate(examples(outcome, shelf)):
            self._model.learn(example, f"{outcome.position}/{slot}".encode())
        if self._model.learned >= self._published.learned * (1.0 + 1.0 / PUBLISHED_PER):
            self._published = _published(self._model)
            self._standing.clear()


class _Published(NamedTuple):
    table: Floats
    learned: int
    centre: Centre


def _published(model: Model) -> _Published:
    return _Published(np.array(model.weights(), np.float32, order="C"), model.learned, model.centre())


def read_config(path: Path) -> Config:
    """A YAML or JSON file of `exploration` and `learning`, or of a whole policy. Raises BadInput for anything else."""
    try:
        written = msgspec.yaml.decode(path.read_bytes())
        if isinstance(written, dict) and "id" in written:
            policy = msgspec.convert(written, Policy)
            return Config(exploration=policy.exploration, learning=policy.learning)
        return msgspec.convert(written, Config)
    except (OSError, msgspec.MsgspecError, ValueError) as fault:
        raise BadInput("#/target", "type", f"{path} is no engine config: {fault}") from None
