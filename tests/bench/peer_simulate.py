"""Other people's simulations, run by `bench_simulate` with the interpreters of `tests.bench.peers`; not to be imported.

    <interpreter> tests/bench/peer_simulate.py coba-vw|coba-linucb|mabwiser-linucb ARMS ROUNDS

prints processor seconds of the whole loop, environment included, and the mean reward. Worlds are linear in 10 numbers;
every round is learned once, and nothing is recorded but the reward.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator
from importlib import import_module
from itertools import islice
from typing import Any

import numpy as np

FEATURES = 10
WARM = 50  # rounds before the clock starts
EPSILON, ALPHA = 0.05, 0.2


def coba(learner: Any, arms: int, rounds: int) -> Iterator[float]:
    """Coba's own synthetic world, evaluator and learner; actions are one-hot, as it has them by default."""
    worlds = import_module("coba.environments").Environments.from_linear_synthetic(
        rounds, n_actions=arms, n_context_features=FEATURES, n_action_features=0, seed=1
    )
    evaluator = import_module("coba.evaluators").SequentialCB(record=["reward"])
    for row in evaluator.evaluate(worlds[0], learner):
        yield row["reward"]


def coba_vw(arms: int, rounds: int) -> Iterator[float]:
    """Epsilon-greedy over actions and actions x context: what our engine multiplies, too."""
    learner = import_module("coba.learners").VowpalEpsilonLearner(epsilon=EPSILON, features=[1, "a", "ax"])
    return coba(learner, arms, rounds)


def coba_linucb(arms: int, rounds: int) -> Iterator[float]:
    return coba(import_module("coba.learners").LinUCBLearner(alpha=ALPHA, features=[1, "a", "ax"]), arms, rounds)


def mabwiser_linucb(arms: int, rounds: int) -> Iterator[float]:
    """It brings no world: contexts and rewards are drawn at once, which costs next to nothing."""
    library = import_module("mabwiser.mab")
    chance = np.random.default_rng(1)
    contexts = chance.uniform(-1.0, 1.0, (rounds, FEATURES))
    rewards = 0.5 + 0.1 * contexts @ chance.uniform(-1.0, 1.0, (FEATURES, arms))
    learner = library.MAB(list(range(arms)), library.LearningPolicy.LinUCB(alpha=ALPHA))
    learner.fit(list(range(arms)), [0.0] * arms, np.zeros((arms, FEATURES)))
    for t in range(rounds):
        arm = learner.predict(contexts[t : t + 1])
        learner.partial_fit([arm], [rewards[t, arm]], contexts[t : t + 1])
        yield float(rewards[t, arm])


def timed(rewards: Iterable[float], rounds: int) -> dict[str, float]:
    """Seconds that rounds took, the first WARM apart."""
    running = iter(rewards)
    for _ in islice(running, WARM):
        pass
    begun = time.process_time()
    total = sum(islice(running, rounds))
    return {"rounds": rounds, "seconds": time.process_time() - begun, "reward": total / rounds}


PEERS = {"coba-vw": coba_vw, "coba-linucb": coba_linucb, "mabwiser-linucb": mabwiser_linucb}

if __name__ == "__main__":
    name, arms, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    print(json.dumps(timed(PEERS[name](arms, rounds + WARM), rounds)))
