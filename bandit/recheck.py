"""What a record of a decision says, against what must be so: each difference with what was expected and found.

record_faults  the probabilities, the choice and the rewards, by themselves
draw_faults    the choice and the arm, drawn again
score_faults   the probabilities, scored again with the weights of the record's model version
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from bandit.barred import eligibility_faults
from bandit.decide import Ask, Weights, arm_of, drawn, with_prices
from bandit.draws import uniform
from bandit.eligibility.limits import Ranks
from bandit.eligibility.priorities import REASON as PRIORITY
from bandit.eligibility.priorities import USUAL
from bandit.errors import BadInput
from bandit.exploration.choose import floor
from bandit.faults import Fault
from bandit.kernels.drawing import draw
from bandit.records import ARMS, HOLDOUT, LEARNED, Decision, Outcome, Round
from bandit.rewards import reward
from bandit.rivals import are_rivals
from bandit.shelf import Shelf
from bandit.stand import Stand, from_positions, from_request

SUM_OFF = 1e-6  # how far the sum of float32 probabilities may be from 1
FLOOR_OFF = 1e-6  # how far below its floor, relatively, rounding may take one


def record_faults(outcome: Outcome, shelf: Shelf) -> Iterator[Fault]:
    """What is wrong with a record in itself.

    shelf  of the catalog version the decision was made with
    """
    decision = outcome.decision
    n = len(decision.inline) or shelf.n
    for slot, given in enumerate(decision.rounds):
        yield from _round_faults(slot, given, decision, shelf)
        if given.k and given.largest() >= n:
            yield Fault(slot, "candidates", f"positions below {n}", f"{given.largest()}")
            return
    yield from _shown_twice(decision, shelf)
    if not decision.inline:
        yield from eligibility_faults(decision, shelf)
    yield from _reward_faults(outcome, shelf)


def _round_faults(slot: int, given: Round, decision: Decision, shelf: Shelf) -> Iterator[Fault]:
    p = given.propensities()
    if not len(p) or not 0 <= given.chosen < len(p):
        yield Fault(slot, "chosen", f"one of {len(p)} candidates", str(given.chosen))
        return
    least, most, total = float(p.min()), float(p.max()), float(p.sum(dtype=np.float64))
    if not (least >= 0.0 and most <= 1.0):  # false for NaN, too
        at = int(np.flatnonzero(~((p >= 0.0) & (p <= 1.0)))[0])
        yield Fault(slot, f"probabilities[{at}]", "a number in [0, 1]", str(p[at]))
    elif abs(total - 1.0) > SUM_OFF:
        yield Fault(slot, "probabilities", "a sum of 1", f"{total:.9g}")
    bound = floor(shelf.policy.exploration, len(p)) if decision.arm == LEARNED else 0.0
    if least < bound * (1.0 - FLOOR_OFF):
        yield Fault(slot, f"probabilities[{int(p.argmin())}]", f"at least {bound:g}", str(p.min()))
    if not p[given.chosen] > 0.0:
        yield Fault(slot, "propensity", "above 0", str(p[given.chosen]))


def _shown_twice(decision: Decision, shelf: Shelf) -> Iterator[Fault]:
    if len(decision.rounds) < 2:
        return
    templates: set[object] = set()
    placements: set[object] = set()
    campaigns: list[int] = []
    for slot, given in enumerate(decision.rounds):
        at = int(given.positions()[given.chosen])
        if decision.inline:
            shown: tuple[object, object] = decision.inline[at].template, decision.inline[at].placement
        else:
            shown = shelf.templates[shelf.template[at]].id, shelf.placements[shelf.placement[at]].id
        for field, name, used in zip(("template", "placement"), shown, (templates, placements), strict=True):
            if name in used:
                yield Fault(slot, field, "none of an earlier slot", str(name))
            used.add(name)
        campaign = -1 if decision.inline else int(shelf.campaign[shelf.template[at]])
        if any(are_rivals(shelf.rivals, campaign, earlier) for earlier in campaigns):
            yield Fault(slot, "campaign", "no rival of an earlier slot's", shelf.campaigns[campaign].id)
        campaigns.append(campaign)


def _reward_faults(outcome: Outcome, shelf: Shelf) -> Iterator[Fault]:
    formula = shelf.policy.reward
    for slot, found in enumerate(outcome.rewards):
        expected = reward(formula, [event for event in outcome.events if event.slot == slot])
        if found != expected:
            yield Fault(slot, "reward", repr(expected), repr(found))
        if not formula.minimum <= found <= formula.maximum:
            yield Fault(slot, "reward", f"in [{formula.minimum}, {formula.maximum}]", repr(found))


def draw_faults(decision: Decision, shelf: Shelf) -> Iterator[Fault]:
    """Choices and arm that chance, keyed as it is, does not give again."""
    for slot, given in enumerate(decision.rounds):
        chosen = draw(given.propensities(), uniform(decision.id, slot, decision.model_version))
        if chosen != given.chosen:
            yield Fault(slot, "chosen", str(chosen), str(given.chosen))
    arm = arm_of(decision.user or decision.id, shelf.policy)
    if arm != decision.arm:
        yield Fault(0, "arm", ARMS[arm], ARMS[decision.arm])


def score_faults(decision: Decision, shelf: Shelf, weights: Weights) -> Iterator[Fault]:
    """Candidates, probabilities and choices that the weights of this version do not give again, bit for bit."""
    try:
        if weights.prices != decision.prices:
            weights = _with_prices(weights, shelf, tuple(decision.prices.items()))
        if weights.prices != decision.prices:
            yield Fault(0, "prices", str(weights.prices), str(decision.prices))
            return
        again = decided_again(decision, shelf, weights)
    except BadInput as fault:
        yield Fault(0, "context", "features and prices within their bounds", str(fault))
        return
    if again == decision.rounds:
        return
    for slot, (expected, found) in enumerate(zip(again, decision.rounds, strict=False)):
        if expected.candidates != found.candidates or expected.k != found.k:
            yield Fault(slot, "candidates", str(expected.positions().tolist()), str(found.positions().tolist()))
            return
        p, q = expected.propensities(), found.propensities()
        if (differ := np.flatnonzero(p != q)).size:
            at = int(differ[0])
            yield Fault(slot, f"probabilities[{at}]", _exact(p[at]), _exact(q[at]))
            return
        if expected.chosen != found.chosen:
            yield Fault(slot, "chosen", str(expected.chosen), str(found.chosen))
            return
    yield Fault(len(again), "slots", str(len(again)), str(len(decision.rounds)))


def decided_again(decision: Decision, shelf: Shelf, weights: Weights) -> tuple[Round, ...]:
    """The rounds of a decision, decided anew over the candidates of its first slot and those of lower priority.

    What the record does not say is taken from it: which candidates the request asked for, and what a holdout's
    request named as its baseline. Raises BadInput for a feature out of bounds.
    """
    first = decision.rounds[0]
    if decision.inline:
        stand = from_request(decision.inline, every=shelf.policy.learning.every)
    elif len(decision.rounds) > 1 and PRIORITY in decision.barred:
        stand = _with_priority(decision, shelf)
    else:
        stand = _stand(shelf, first.candidates, first.k)
    ask = Ask(
        id=decision.id,
        time=decision.time,
        user=decision.user,
        consent=decision.consent,
        count=len(decision.rounds),
        inline=decision.inline,
        baseline=_baseline(decision, stand, shelf),
    )
    return drawn(decision.context, ask, stand, shelf, weights, decision.arm)


def _baseline(decision: Decision, stand: Stand, shelf: Shelf) -> tuple[str, str | None] | None:
    """The ad that a holdout's request must have named: the one that was certain."""
    first = decision.rounds[0]
    if decision.arm != HOLDOUT or first.propensity != 1.0 or first.k != stand.k:
        return None
    laid = stand.laid
    if laid.names:
        return laid.names[first.chosen]
    return shelf.templates[laid.template[first.chosen]].id, shelf.placements[laid.placement[first.chosen]].id


@lru_cache(maxsize=256)
def _stand(shelf: Shelf, stored: bytes, k: int) -> Stand:
    return from_positions(shelf, Round(stored, bytes(4 * k), 0).positions())


def _with_priority(decision: Decision, shelf: Shelf) -> Stand:
    """The candidates of the first slot, and what else a further slot goes by."""
    positions = [given.positions() for given in decision.rounds]
    levels = np.zeros(len(shelf.templates), np.uint8)
    for some in positions:
        levels[shelf.template[some]] = some % shelf.levels
    return replace(
        from_positions(shelf, positions[0], decision.excluded, decision.barred),
        levels=levels,
        priority=_priorities(shelf),
    )


@lru_cache(maxsize=64)
def _priorities(shelf: Shelf) -> Ranks:
    owned = [shelf.campaigns[row].priority if row >= 0 else USUAL for row in shelf.campaign.tolist()]
    return np.array(owned, np.uint8)


@lru_cache(maxsize=2)  # each holds a table of weights
def _with_prices(weights: Weights, shelf: Shelf, prices: tuple[tuple[str, float], ...]) -> Weights:
    return with_prices(weights, shelf, dict(prices))


def _exact(p: Any) -> str:
    return f"{p!s} ({float(p).hex()})"
