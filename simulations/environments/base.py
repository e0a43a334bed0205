"""What every environment offers: a catalog, and rounds whose every counterfactual is known."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import msgspec
import numpy as np

from bandit.arrays import Doubles

Json = dict[str, Any]
Pair = tuple[str, str]  # (template id, placement id)

SLOTS = 20  # ads one request may ask for
DRAWS = 4  # uniform draws behind one slot's verdict: click, its delay, purchase, its delay

_MEAN_DELAY_S = 0.35
_SLOWEST_CLICK_S = 1.1
_SLOWEST_PURCHASE_S = 0.5  # after the click; together 1.6 s, within the demo's horizon of 2 s


class Verdict(NamedTuple):
    """What the shopper did with one ad."""

    click: bool
    delay_s: float  # from the answer to the click
    purchase_value: float | None  # EUR; None when nothing was bought
    purchase_delay_s: float  # from the click to the purchase


class Round(msgspec.Struct, frozen=True, eq=False):
    """One request, and what would follow whichever candidate is shown.

    One draw decides the click for every candidate alike: a candidate with a higher probability is clicked
    whenever a lower one is. Policies are thus compared with as little chance as can be.
    """

    t: int
    request: Json  # body of POST /v1/decisions
    candidates: tuple[Pair, ...]  # k eligible pairs
    click_probability: Doubles  # [k] in [0, 1]
    purchase_probability: Doubles  # [k] in [0, 1], given a click
    purchase_value: Doubles  # [k] EUR
    draws: Doubles  # [SLOTS, DRAWS] in [0, 1)
    worth: Doubles | None = None  # [k] what showing each is truly worth; None: its click probability
    delay: int = 0  # further rounds that pass before it is known whether it was clicked
    missed: bool = False  # a click is never heard of, and taken for none
    numbers: Doubles | None = None  # [d] the context, where it is numbers alone: for yardsticks that take no names

    def outcome(self, template: str, placement: str, slot: int = 0) -> Verdict:
        """What the shopper does with this ad in this slot. Raises ValueError if the pair is no candidate."""
        at = self.candidates.index((template, placement))
        return self.verdict(slot, float(self.click_probability[at]), at)

    def verdict(self, slot: int, click_probability: float, at: int) -> Verdict:
        """What the shopper does with an ad that she is so likely to click, and buys after as the candidate at `at`."""
        click, delay, purchase, purchase_delay = self.draws[slot].tolist()
        clicked = click < click_probability
        bought = clicked and purchase < self.purchase_probability[at]
        return Verdict(
            click=bool(clicked),
            delay_s=_waited(delay, _SLOWEST_CLICK_S),
            purchase_value=float(self.purchase_value[at]) if bought else None,
            purchase_delay_s=_waited(purchase_delay, _SLOWEST_PURCHASE_S),
        )

    @property
    def value(self) -> Doubles:
        """[k] what a policy earns by showing each candidate: what scores it, whatever it hears."""
        return self.click_probability if self.worth is None else self.worth

    @property
    def oracle(self) -> float:
        """What the best candidate earns."""
        return float(self.value.max())

    @property
    def uniform(self) -> float:
        """What an even draw earns, in the mean."""
        return float(self.value.mean())


class Environment(Protocol):
    """A world with a seed."""

    def catalog(self) -> Json:
        """What `adbandit up --catalog` reads: policies, placements, campaigns and templates."""
        ...

    def round(self, t: int) -> Round:
        """Round t, in [0, 2**63); the same for the same seed, in any order, in several threads at once."""
        ...


class History:
    """What one run has shown so far, kept by the runner for worlds that wear; worlds only read it."""

    def __init__(self) -> None:
        self._seen: defaultdict[tuple[str, str], list[int]] = defaultdict(list)  # (user, template) -> rounds, rising
        self._clicked: defaultdict[str, list[int]] = defaultdict(list)  # template -> rounds, rising

    def add(self, visit: Round, chosen: int, *, clicked: bool) -> None:
        """Take in what was shown; to be called once a round, in order.

        chosen   position in the round's candidates
        clicked  whether it was clicked in truth: a click that is late or missed counts, and at once
        """
        template = visit.candidates[chosen][0]
        self._seen[_user(visit), template].append(visit.t)
        if clicked:
            self._clicked[template].append(visit.t)

    def seen(self, visit: Round, template: str, *, since: int) -> int:
        """How often the round's user was shown this template in rounds from `since`."""
        return _from(self._seen.get((_user(visit), template), ()), since)

    def clicks(self, template: str, *, since: int) -> int:
        """How many clicks this template had from everybody in rounds from `since`."""
        return _from(self._clicked.get(template, ()), since)


@runtime_checkable
class Wearing(Protocol):
    """A world where what was shown before matters: ads tire a user, budgets run out.

    `round(t)` tells what holds if nothing was shown before. A runner asks `worn(round(t), history)` before its
    policy chooses, and from then on deals with the worn round only. The best that can be had is then the best
    candidate of the worn round: the oracle looks no further than its own round.
    """

    def worn(self, visit: Round, history: History) -> Round:
        """What holds after this history. A function of its arguments, which it does not change.

        It has at least one candidate, and may have fewer than `visit`.
        """
        ...


def stream(purpose: int, seed: int, t: int) -> np.random.Generator:
    """A generator of its own for each (purpose, seed, t); all three in [0, 2**63).

    Philox is a function of key and counter: keys differ by seed and t, and the counter's highest word, which
    counting never reaches, differs by purpose. So no two streams overlap.
    """
    counter = np.array([0, 0, 0, purpose], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=np.array([seed, t], dtype=np.uint64), counter=counter))


def demo_policy(interactions: tuple[str, ...]) -> Json:
    """The policy of the demo: a short horizon, and a fifth of the users kept apart to measure against.

    interactions  feature groups multiplied: those that can matter in the world
    """
    return {
        "id": "demo",
        "horizon_s": 2.0,
        "learning": {"interactions": list(interactions)},
        "holdout": {"share": 0.2, "baseline": {"kind": "uniform"}},
    }


def _user(visit: Round) -> str:
    user: str = visit.request.get("user", {}).get("key", "")
    return user


def _from(rounds: Sequence[int], since: int) -> int:
    return len(rounds) - bisect_left(rounds, since)


def _waited(draw: float, slowest_s: float) -> float:
    return float(min(-np.log1p(-draw) * _MEAN_DELAY_S, slowest_s))
