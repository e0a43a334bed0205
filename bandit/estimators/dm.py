"""The direct method."""

from __future__ import annotations

from bandit.estimators.terms import Terms
from bandit.estimators.weighed import Weighed


def dm(rounds: Weighed) -> Terms:
    """mean(q(target)): what a reward model predicts for the ads that the target would have shown.

    Little variance and as wrong as the model is; no interval of the log's chance covers that. It is the only one that
    says something of ads that were never served.

    Raises BadInput without a reward model.
    Source: Beygelzimer & Langford, KDD 2009; Dudik, Langford & Li, ICML 2011.

    >>> import numpy as np
    >>> dm(Weighed(np.ones(2), np.ones(2), np.zeros(2), np.zeros(2), np.array([0.25, 0.75]))).value
    0.5
    """
    return Terms(rounds.predictions[1])
