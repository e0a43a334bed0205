"""Several slots, nothing assumed: the page as a whole is what was chosen."""

from __future__ import annotations

from bandit.estimators.ips import ips
from bandit.estimators.slates.slates import Slates
from bandit.estimators.terms import Terms


def standard(slates: Slates) -> Terms:
    """SIPS: all of a page's rewards, weighted by how much likelier the target policy shows the whole page.

    Right whatever slots do to one another, but the weights multiply: with every slot their variance grows.
    Source: McInerney et al., KDD 2020.

    >>> import numpy as np
    >>> pages = Slates(np.array([0, 0]), np.array([0, 1]), *np.array([[0.5, 0.5], [1.0, 0.25], [1.0, 0.0]]))
    >>> standard(pages).value
    1.0
    """
    return ips(slates.pages)
