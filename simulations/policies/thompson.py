"""Thompson sampling without context: each candidate has a click rate of its own, whoever comes."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from simulations.environments.base import Pair, Round
from simulations.environments.streams import Streams
from simulations.policies.base import POLICY, Choice


class Thompson:
    """A Beta(1, 1) prior a candidate; the largest draw from the posteriors is shown.

    Rewards in [0, 1]; one in between counts as that share of a click.
    Source: Chapelle & Li, An Empirical Evaluation of Thompson Sampling, NIPS 2011.
    """

    def __init__(self, seed: int) -> None:
        self._streams = Streams(POLICY, seed)
        self._counts: dict[Pair, list[float]] = defaultdict(lambda: [1.0, 1.0])  # clicks, others; each plus 1

    def choose(self, visit: Round) -> Choice:
        clicks, others = np.array([self._counts[pair] for pair in visit.candidates]).T
        return Choice(int(np.argmax(self._streams.at(visit.t).beta(clicks, others))), None)

    def learn(self, visit: Round, choice: Choice, reward: float) -> None:
        counts = self._counts[visit.candidates[choice.chosen]]
        counts[0] += reward
        counts[1] += 1.0 - reward
