"""How many ads may be open at once, so that what becomes billable of them can be paid.

Of ads that are open only some are clicked. To hold back a whole price for each would leave most of a budget idle, to
hold back their average would overspend half of the time: so as many may be open as with a chance of RISK at most bring
more billable ones than there are prices left. The rate that is reckoned with is an upper bound, 1 until something is
known. A price left always covers one ad, so the last of a budget is spent one price at a time.

The number billable is taken for Poisson's, whose tail is heavier than that of the binomial it stands for
(Anderson & Samuels, Berkeley Symposium 1967).
"""

from __future__ import annotations

import math
from functools import lru_cache

from scipy.special import betaincinv, gammaincinv, pdtrik

from bandit.pacing.account import Account, Lot
from bandit.pacing.budget import Per
from bandit.pacing.zones import Day

RISK = 0.001  # that more become billable than can be paid, each time a budget nears its end
DOUBT = 0.01  # that the true rate is above the bound
ENOUGH = 2_000  # resolved ads: what is older than the days that have so many says nothing any more


@lru_cache(maxsize=8_192)
def upper_rate(billed: int, n: int) -> float:
    """Bound that the true rate is below: Clopper and Pearson's, one-sided.

    >>> upper_rate(0, 0), round(upper_rate(10, 1_000), 4)
    (1.0, 0.02)
    """
    return float(betaincinv(billed + 1, n - billed, 1.0 - DOUBT)) if billed < n else 1.0


@lru_cache(maxsize=8_192)
def most_open(prices: int, rate: float) -> int:
    """Ads that may be open at once.

    prices  whole ones that are left
    rate    upper bound of the share of ads that becomes billable, in (0, 1]

    >>> [most_open(prices, 0.02) for prices in (0, 1, 10, 100)]
    [0, 2, 174, 3638]
    """
    if prices <= 0:
        return 0
    return max(prices, int(gammaincinv(prices + 1, RISK) / rate))


def held_prices(ads: int, rate: float) -> int:
    """Whole prices held back for ads that are open: the fewest that so many may be open with.

    >>> held_prices(174, 0.02), held_prices(175, 0.02), held_prices(3, 1.0), held_prices(0, 1.0)
    (10, 11, 3, 0)
    """
    if ads <= 0:
        return 0
    # pdtrik: for how many Poisson's distribution reaches the level
    prices = math.ceil(float(pdtrik(1.0 - RISK, ads * rate)) - 1e-9)
    return min(ads, max(1, prices))


def rate_of(account: Account, per: Per, today: Day) -> float:
    """Upper bound of the share of a campaign's ads that become billable, by its latest days."""
    resolved, used, decided, billed = 0, 0, 0, 0
    for lot in _latest(account, per, today):
        resolved += lot.resolved
        used += lot.used
        decided += lot.decided
        billed += lot.billed
    # A rate that has just risen shows in what is billed already, long before those ads are resolved.
    return max(upper_rate(used, resolved), upper_rate(min(billed, decided), decided)) if resolved else 1.0


def mean_rate(account: Account, per: Per, today: Day) -> float:
    """What the share most likely is, 1 until something is known."""
    lots = list(_latest(account, per, today))
    return (sum(lot.used for lot in lots) + 1) / (sum(lot.resolved for lot in lots) + 1)


def _latest(account: Account, per: Per, today: Day) -> list[Lot]:
    found: list[Lot] = []
    for day in sorted(account.days, reverse=True):
        if day <= today:
            found += [lot for lot in account.days[day].lots if lot.per == per]
            if sum(lot.resolved for lot in found) >= ENOUGH:
                break
    return found
