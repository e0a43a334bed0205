"""What an engine goes by, once it has learned: in a world, or from the archive of a service."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from bandit.archive.archived import Archived
from bandit.decide import Weights, weigh
from bandit.errors import BadInput
from bandit.fold import Fold
from bandit.records import Decision, Outcome
from bandit.refold import relearned
from bandit.shelf import Shelf
from simulations import contenders, worlds
from simulations.policies.engine import Engine
from simulations.report.contributions import Contributions, contributions
from simulations.running.runner import play

REQUESTS = 100  # explained: those that come after what was learned, or the latest of an archive


class Open(Engine):
    """An engine that lets what it has learned be looked at."""

    def learned_so_far(self) -> tuple[Weights, Shelf]:
        """What it decides with."""
        return self._weights, self._shelf


def explain(world: str, policy: str, *, rounds: int, cache: Path, seed: int = 1) -> Contributions:
    """Let an engine learn in a world, and tell what each feature then adds to its scores.

    world, policy  names as `simulate` has them
    cache          where data is kept that worlds are made of

    Raises UnknownName, BadInput for less than one round; wheels.Unavailable if the world's data cannot be had.
    """
    if rounds < 1:
        raise BadInput("#/rounds", "bound", f"rounds is {rounds}; it is at least 1")
    environment, config = worlds.world(world, seed, cache), contenders.config(policy)
    engine = Open(seed, environment.catalog(), config.exploration, config.learning)
    play(environment, engine, rounds)
    later = (environment.round(t).request for t in range(rounds, rounds + REQUESTS))
    contexts = [request.get("context") or {} for request in later]
    return contributions(f"{policy} in {world} after {rounds:,} rounds", *engine.learned_so_far(), contexts)


def explain_archived(data: Path, policy: str) -> Contributions:
    """What the model goes by that a service has learned, on the newest shelf and for the latest requests.

    data  the service's data folder, or its archive; the model is learned again from its outcomes

    Raises BadInput if nothing of this policy is there.
    """
    archived = Archived(data / "archive" if (data / "archive").is_dir() else data, policy)
    learning = archived.policy().learning
    latest: deque[Decision] = deque(maxlen=REQUESTS)
    fold = Fold(learning, archived.shelf)
    for _ in relearned(fold, _noted(archived.outcomes(), latest)):
        pass
    if not latest:
        raise BadInput("#/policy", "unknown", f"{data} holds no outcome of policy {policy!r}")
    model, shelf = fold.model, archived.shelf(latest[-1].catalog_version)
    weights = weigh(np.ascontiguousarray(model.weights()), model.learned, shelf, model.centre())
    contexts = [decision.context for decision in latest]
    return contributions(f"model of {policy}, {model.learned:,} outcomes learned", weights, shelf, contexts)


def _noted(outcomes: Iterable[Outcome], latest: deque[Decision]) -> Iterator[Outcome]:
    """The outcomes, the decisions of the last of them left in `latest`."""
    for outcome in outcomes:
        latest.append(outcome.decision)
        yield outcome
