"""Every estimator for single slots by the name that commands, results and docs know it by."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal, NamedTuple

from bandit.estimators.clipped import clipped, clipped_dr
from bandit.estimators.dm import dm
from bandit.estimators.dr import dr
from bandit.estimators.dros import dros
from bandit.estimators.ips import ips
from bandit.estimators.mrdr import mrdr
from bandit.estimators.slope import slope
from bandit.estimators.sndr import sndr
from bandit.estimators.snips import snips
from bandit.estimators.sub_gaussian import sg_dr, sg_ips
from bandit.estimators.switch_dr import switch_dr
from bandit.estimators.terms import Terms
from bandit.estimators.weighed import Weighed

Model = Literal["none", "plain", "mrdr"]

# Largest weights and lambdas to choose from: steps of about a factor 2 or 10, from the strongest to none at all.
LARGEST = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, math.inf)
SHRINKAGE = (1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6, math.inf)
SMOOTHING = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0)


class Estimator(NamedTuple):
    """An estimator and what it asks for."""

    estimate: Callable[[Weighed], Terms]
    model: Model  # reward model whose predictions the rounds carry
    title: str
    # Whether an interval around it knows all it should: not that a model is wrong, nor that a parameter was chosen by
    # the same rounds.
    covered: bool = True


def _sloped(estimate: Callable[..., Terms], parameter: str, values: Sequence[float]) -> Callable[[Weighed], Terms]:
    """An estimator whose parameter SLOPE chooses."""

    def chosen(rounds: Weighed) -> Terms:
        return slope(lambda rounds, value: estimate(rounds, **{parameter: value}), rounds, values)

    return chosen


SINGLE_SLOT: Mapping[str, Estimator] = MappingProxyType(
    {
        "ips": Estimator(ips, "none", "inverse propensity scoring"),
        "snips": Estimator(snips, "none", "self-normalised IPS"),
        "clipped": Estimator(clipped, "none", "IPS, weights at most sqrt(n)"),
        "clipped_slope": Estimator(
            _sloped(clipped, "largest", LARGEST), "none", "IPS, largest weight chosen by SLOPE", False
        ),
        "sg_ips": Estimator(sg_ips, "none", "sub-Gaussian IPS"),
        "sg_ips_slope": Estimator(
            _sloped(sg_ips, "smoothing", SMOOTHING), "none", "sub-Gaussian IPS, lambda chosen by SLOPE", False
        ),
        "dm": Estimator(dm, "plain", "direct method", False),
        "dr": Estimator(dr, "plain", "doubly robust"),
        "sndr": Estimator(sndr, "plain", "self-normalised DR"),
        "clipped_dr": Estimator(clipped_dr, "plain", "DR, weights at most sqrt(n)"),
        "clipped_dr_slope": Estimator(
            _sloped(clipped_dr, "largest", LARGEST), "plain", "DR, largest weight chosen by SLOPE", False
        ),
        "switch_dr": Estimator(switch_dr, "plain", "SWITCH-DR, weights up to sqrt(n)"),
        "switch_dr_slope": Estimator(
            _sloped(switch_dr, "tau", LARGEST), "plain", "SWITCH-DR, tau chosen by SLOPE", False
        ),
        "dros": Estimator(dros, "plain", "DR with optimistic shrinkage, lambda n"),
        "dros_slope": Estimator(
            _sloped(dros, "shrinkage", SHRINKAGE),
            "plain",
            "DR with optimistic shrinkage, lambda chosen by SLOPE",
            False,
        ),
        "sg_dr": Estimator(sg_dr, "plain", "sub-Gaussian DR"),
        "sg_dr_slope": Estimator(
            _sloped(sg_dr, "smoothing", SMOOTHING), "plain", "sub-Gaussian DR, lambda chosen by SLOPE", False
        ),
        "mrdr": Estimator(mrdr, "mrdr", "DR, reward model fitted with MRDR weights"),
    }
)
# Estimators whose intervals promise nothing.
UNCOVERED = frozenset(name for name, estimator in SINGLE_SLOT.items() if not estimator.covered)
