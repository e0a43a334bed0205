"""What a record of a decision says, against what must be so: each difference with what was expected and found.

record_faults  the probabilities, the choice and the rewards, by themselves
draw_faults    the choice and the arm, drawn again
score_faults   the probabilities, scored again with the weights of the record's model version
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from bandit.decide import Ask, Weights, arm_of, drawn
from bandit.draws import uniform
from bandit.errors import BadInput
from bandit.exploration.choose import floor
from bandit.kernels.drawing import draw
from bandit.records import ARMS, HOLDOUT, LEARNED, Decision, Outcome, Round
from bandit.rewards import reward
from bandit.shelf import Shelf
from bandit.stand import Stand, from_positions, from_request

SUM_OFF = 1e-6  # how far the sum of float32 probabilities may be from 1
FLOOR_OFF = 1e-6  # how far below its floor, relatively, rounding may take one
TIME_OFF_S = 1e-6  # archived times are whole microseconds


class Fault(NamedTuple):
    """One difference."""

    slot: int
    field: str
    expected: str
    found: str


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
        yield from _ineligible(decision, shelf)
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


def _ineligible(decision: Decision, shelf: Shelf) -> Iterator[Fault]:
    """Later slots hold some of the first one's candidates, which `score_faults` looks at."""
    positions = decision.rounds[0].positions()
    of = shelf.template[positions]
    out = shelf.paused[of]
    out = out | (decision.time + TIME_OFF_S < shelf.opens[of]) | (decision.time - TIME_OFF_S >= shelf.closes[of])
    if out.any():
        at = int(np.flatnonzero(out)[0])
        yield Fault(0, f"candidates[{at}]", "active and in flight", shelf.templates[of[at]].id)


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
        again = decided_again(decision, shelf, weights)
    except BadInput as fault:
        yield Fault(0, "context", "features within their bounds", str(fault))
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
    """The rounds of a decision, decided anew over the candidates of its first slot.

    What the record does not say is taken from it: which candidates the request asked for, and what a holdout's
    request named as its baseline. Raises BadInput for a feature out of bounds.
    """
    first = decision.rounds[0]
    if decision.inline:
        stand = from_request(decision.inline, every=shelf.policy.learning.every)
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
    if stand.names:
        return stand.names[first.chosen]
    return shelf.templates[stand.template[first.chosen]].id, shelf.placements[stand.placement[first.chosen]].id


@lru_cache(maxsize=256)
def _stand(shelf: Shelf, stored: bytes, k: int) -> Stand:
    return from_positions(shelf, Round(stored, bytes(4 * k), 0).positions())


def _exact(p: Any) -> str:
    return f"{p!s} ({float(p).hex()})"
