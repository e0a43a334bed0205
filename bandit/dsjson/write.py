"""Outcomes as dsjson lines from which stock Vowpal Wabbit learns the weights that our learner learned.

    _label_cost           minus the reward, clamped as the learner does
    _label_probability    the propensity the learner learned with: the logged one, or the policy's floor if larger
    _label_Action         the chosen candidate, counted from 1; _labelIndex: from 0
    _skipLearn            true for a holdout: stock VW passes over it, as our learner does
    o                     the events that were counted
    Timestamp, EventId    when it was decided, RFC 3339; `<decision>-<slot>`
    a, p                  candidates counted from 1, the chosen one first; the exact probabilities they had
    c                     User, Context, and for each candidate Ad and Placement, numbers centred as the learner does;
                          _Placement, which Vowpal Wabbit passes over, where all candidates share one
    VWState.m             model version: how many outcomes it had learned
    _original_label_cost  minus the reward, not clamped
    adbandit              what dsjson has no place for, the context as it came included; Vowpal Wabbit passes over it

A list of strings is its name repeated. A number stands as it was given, unless VW's JSON reader, which is off
by a few units in the last place of a float64, could round it to another float32: then that float32 stands.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from bandit.arrays import Floats
from bandit.catalog import placement_features
from bandit.centring import Means
from bandit.config import Learning
from bandit.context import hash_raw_context, split_context
from bandit.errors import BadInput
from bandit.features import Feature, Vector
from bandit.model import COST_LIMIT
from bandit.records import ARMS, Decision, Event, InlineCandidate, Outcome, Round
from bandit.shelf import Shelf, inline_vectors, row_features

CATALOGS = 16  # versions whose candidates are kept encoded
DOUBT = 1e-15  # relative error of VW's reading of a number, with room to spare

Features = Mapping[str, Feature]
Kind = TypeVar("Kind")
Pair = tuple[Kind, Kind]  # of User and of Context

_encode = msgspec.json.encode
_two_floats = struct.Struct("<2f")


class Writer:
    """Writes the outcomes of one policy, given in log order from its first on: the means of numbers follow it."""

    def __init__(self, learning: Learning) -> None:
        self._floor = learning.propensity_floor
        self._means = Means() if learning.centre else None
        self._every = learning.every
        self._known: dict[int, list[bytes]] = {}

    def lines(self, outcome: Outcome, shelf: Shelf | None) -> Iterator[bytes]:
        """One line a slot, without its end.

        shelf  of the catalog version the decision was made with; None will do if it brought its own candidates

        Raises BadInput where the learner, too, sets the rest of the outcome aside.
        """
        decision = outcome.decision
        raw = hash_raw_context(decision.context, every=self._every)
        features = split_context(decision.context)
        candidates = self._candidates(decision, shelf)
        for slot, (drawn, reward) in enumerate(zip(decision.rounds, outcome.rewards, strict=True)):
            if not math.isfinite(reward):
                raise BadInput("#/reward", "bound", f"a reward is finite, not {reward}")
            actions = [candidates[i] for i in drawn.positions().tolist()]
            about = _encode(self._label(decision, drawn, reward) | _about(outcome, slot))
            user, context = self._shared(features, raw, decision.trainable)
            shared = b',"c":{"User":' + user + b',"Context":' + context + b',"_multi":['
            behind = _encode(_behind(outcome, slot, drawn, reward, self._means is not None))
            yield about[:-1] + shared + b",".join(actions) + b"]}," + behind[1:]

    def _shared(self, features: Pair[Features], raw: Pair[Vector], learned: bool) -> Pair[bytes]:
        """The members of `User` and `Context`, as the learner learned them with this slot."""
        if self._means is None:
            return members(features[0]), members(features[1])
        for vector in raw if learned else ():
            self._means.add(vector)
        centre = self._means.centre()
        return _centred(features[0], centre.values(raw[0])), _centred(features[1], centre.values(raw[1]))

    def _label(self, decision: Decision, drawn: Round, reward: float) -> dict[str, Any]:
        propensity = drawn.propensity
        if not 0.0 < propensity <= 1.0:
            raise BadInput("#/propensity", "bound", f"a propensity is in (0, 1], not {propensity}")
        label: dict[str, Any] = {
            "_label_cost": _number(min(max(-reward, -COST_LIMIT), COST_LIMIT)),
            "_label_probability": _number(max(propensity, self._floor)),
            "_label_Action": drawn.chosen + 1,
            "_labelIndex": drawn.chosen,
        }
        return label if decision.trainable else label | {"_skipLearn": True}

    def _candidates(self, decision: Decision, shelf: Shelf | None) -> list[bytes]:
        """Every candidate a round may name, by position."""
        if decision.inline:
            _, places = inline_vectors(decision.inline)
            lone = not places[0].index.size
            return [_described(candidate, lone) for candidate in decision.inline]
        if shelf is None:
            raise BadInput("#/shelf", "unresolved", f"catalog version {decision.catalog_version} is needed")
        if shelf.version not in self._known:
            if len(self._known) >= CATALOGS:
                self._known.clear()
            self._known[shelf.version] = _shelved(shelf)
        return self._known[shelf.version]


def _shelved(shelf: Shelf) -> list[bytes]:
    ads = [members(row_features(shelf, row)) for row in range(len(shelf.ads))]
    places = [members(placement_features(place)) for place in shelf.placements]
    pairs = zip(shelf.ad.tolist(), shelf.placement.tolist(), strict=True)
    return [_action(ads[ad], places[placement], len(places) == 1) for ad, placement in pairs]


def _described(candidate: InlineCandidate, lone: bool) -> bytes:
    ad = {"id": candidate.template} | candidate.features
    return _action(members(ad), members({"id": candidate.placement} | candidate.placement_features), lone)


def members(features: Features) -> bytes:
    """A JSON object in which the name of a list stands once for each of its strings.

    >>> members({"tags": ["sale", "new"], "hour": 14})
    b'{"tags":"sale","tags":"new","hour":14}'
    """
    if any(type(value) in (list, float) for value in features.values()):
        pairs = (_encode(name) + b":" + _encode(leaf) for name, value in features.items() for leaf in _leaves(value))
        return b"{" + b",".join(pairs) + b"}"
    return _encode(features)


def _centred(features: Features, values: Floats) -> bytes:
    """As `members`, with the values [d] that numbers are learned with; they are float32, so none is in doubt."""
    left = iter(values.tolist())
    centred: dict[str, Feature] = {}
    for name, value in features.items():
        of = [next(left) for _ in (value if isinstance(value, list) else (value,))]
        centred[name] = value if isinstance(value, (bool, str, list)) else of[0]
    return members(centred)


def _leaves(value: Feature) -> Sequence[bool | float | str]:
    if isinstance(value, list):
        return value
    return (_number(value) if isinstance(value, float) else value,)


def _number(value: float) -> float:
    """The value itself if whoever reads it within DOUBT gets the same float32, else that float32."""
    around = _two_floats.pack(value * (1.0 - DOUBT), value * (1.0 + DOUBT))
    if around[:4] == around[4:]:
        return value
    return float(_two_floats.unpack(_two_floats.pack(value, 0.0))[0])


def _action(ad: bytes, placement: bytes, lone: bool) -> bytes:
    return b'{"Ad":' + ad + (b',"_Placement":' if lone else b',"Placement":') + placement + b"}"


def _about(outcome: Outcome, slot: int) -> dict[str, Any]:
    decision = outcome.decision
    return {
        "o": [_observation(event) for event in outcome.events if event.slot == slot],
        "Timestamp": _instant(decision.time),
        "Version": "1",
        "EventId": f"{decision.id.hex()}-{slot}",
    }


def _behind(outcome: Outcome, slot: int, drawn: Round, reward: float, centred: bool) -> dict[str, Any]:
    decision, probabilities = outcome.decision, drawn.propensities().tolist()
    actions = list(range(1, len(probabilities) + 1))
    for each in (actions, probabilities):
        each.insert(0, each.pop(drawn.chosen))
    own: dict[str, Any] = {
        "position": outcome.position,
        "slot": slot,
        "arm": ARMS[decision.arm],
        "user": decision.user.hex() or None,
        "consent": decision.consent,
        "catalog_version": decision.catalog_version,
        "excluded": decision.excluded,
    }
    if centred:
        own["context"] = decision.context
    if decision.barred:
        own["barred"] = {reason: some.tolist() for reason, some in decision.kept_out().items()}
    if decision.prices:
        own["prices"] = decision.prices
    if decision.products:
        own["products"] = decision.products[slot]
    return {
        "a": actions,
        "p": probabilities,
        "VWState": {"m": str(decision.model_version)},
        "_original_label_cost": -reward,
        "adbandit": own,
    }


def _observation(event: Event) -> dict[str, Any]:
    told: dict[str, Any] = {
        "EventId": event.id,
        "ActionTaken": False,
        "type": event.type,
        "Timestamp": _instant(event.time),
        "occurred": _instant(event.occurred),
        "value": event.value,
    }
    return told | {"v": event.value} if event.type == "reward" else told


def _instant(time_s: float) -> str:
    return datetime.fromtimestamp(time_s, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
