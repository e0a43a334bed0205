"""What the products of this shop keep to, by what it has in force."""

from __future__ import annotations

from bandit.catalog import Catalog
from bandit.links import Hosts
from bandit.products.checks import Terms
from bandit.products.currencies import CURRENCIES


def terms(catalog: Catalog, hosts: Hosts) -> Terms:
    """Prices are in a currency that a policy counts in; where there is no policy yet, in any there is.

    >>> terms(Catalog(), Hosts()).currencies == CURRENCIES
    True
    """
    return Terms(frozenset(policy.currency for policy in catalog.policies) or CURRENCIES, hosts)
