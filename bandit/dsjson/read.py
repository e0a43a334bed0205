"""Lines of dsjson, ours or of Azure Personalizer and other users of Vowpal Wabbit, as outcomes of one slot.

    shared features   `User` -> context.user; `Context` and what stands outside a namespace -> context;
                      any other namespace -> context, each name behind the namespace's: `Geo.city`
    action features   `Ad` -> the candidate's features, `Placement` -> its placement's; any other namespace -> its
                      features, each name behind the namespace's; ids: `Ad.id`, `_tag` or `i.id`; `Placement.id`
    a, p              probabilities are put in the order of the candidates; the first of `a` is the chosen one
    reward            minus `_label_cost`; of our own lines minus `_original_label_cost`
    pdrop             a line that survived with probability 1 - pdrop stands for 1 / (1 - pdrop) decisions

What does not fit the form is an error with its line and place. A feature that our form has no room for is left out and
counted in `Reader.left`. Observations without a decision are counted in `Reader.dangling`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import msgspec
import numpy as np
from msgspec import UNSET

from bandit.context import hash_context
from bandit.dsjson.features import Bag, Json, Name, decoded, leaves
from bandit.dsjson.line import Line, Own, Shape
from bandit.errors import BadInput
from bandit.features import pointer
from bandit.records import ARMS, LEARNED, Context, Decision, Event, InlineCandidate, Outcome, Round, packed
from bandit.shelf import inline_vectors

TOLERANCE = 1e-3  # of the sum of a line's probabilities, and of a label's probability to the logged one
OWN_NAMES = {"_Placement": "Placement"}  # what we wrote where Vowpal Wabbit is not to see it
KNOWN = 20_000  # candidates kept so that those of one catalog are read once


@dataclass(frozen=True, slots=True)
class Logged:
    """What one line tells."""

    outcome: Outcome  # of a decision with one round; its candidates are `inline`
    slot: int
    weight: float  # how many decisions it stands for, 1 or more
    trainable: bool


_line = msgspec.json.Decoder(Line)
_shape = msgspec.json.Decoder(Shape)
_actions = msgspec.json.Decoder(list[msgspec.Raw])


class Reader:
    """Reads the lines of one file, in order."""

    def __init__(self) -> None:
        self.left: Counter[tuple[str, str]] = Counter()  # (namespace and name, reason) -> times left out
        self.dangling = 0  # observations without a decision
        self.floored = 0  # labels with another probability than the logged one
        self.models = 0  # model versions that are no number, read as 0
        self._known: dict[bytes, tuple[InlineCandidate, Counter[tuple[str, str]]]] = {}

    def read(self, number: int, text: bytes) -> Logged | None:
        """What line `number`, counted from 1, tells; None for a blank line or an observation alone.

        Raises BadInput naming line and place.
        """
        text = text.strip()
        if not text:
            return None
        try:
            return self._logged(number, _line.decode(text))
        except msgspec.ValidationError as fault:
            if self._is_dangling(text):
                self.dangling += 1
                return None
            raise _fault(number, "", fault) from None
        except (msgspec.DecodeError, UnicodeError, RecursionError) as fault:
            raise BadInput(f"line {number} #", "type", f"not JSON: {fault}") from None
        except BadInput as fault:
            raise BadInput(f"line {number} {fault.pointer}", fault.code, fault.detail) from None

    def _is_dangling(self, text: bytes) -> bool:
        try:
            shape = _shape.decode(text)
        except msgspec.DecodeError:
            return False
        return shape.c is UNSET and shape.a is UNSET and shape.EventId is not UNSET

    def _logged(self, number: int, line: Line) -> Logged:
        if line.outcomes is not UNSET:
            raise BadInput(
                "#/_outcomes", "unknown", "conditional bandits and slates are not read, only one choice a line"
            )
        context, actions = self._shared(line.c, line.adbandit.context if line.adbandit else None)
        order = _order(line, len(actions))
        candidates = tuple(self._candidate(i, raw) for i, raw in enumerate(actions))
        probabilities = np.zeros(len(actions), "<f4")
        probabilities[order] = line.p
        drawn = Round(packed(np.arange(len(actions), dtype=np.uint32)), probabilities.tobytes(), order[0])
        time = _seconds(line.Timestamp)
        own = line.adbandit or _foreign(time, number)
        decision = Decision(
            id=_decision_id(line),
            time=time,
            user=bytes.fromhex(own.user or ""),
            consent=own.consent,
            arm=_arm(own.arm),
            catalog_version=own.catalog_version,
            model_version=self._model(line.VWState.m),
            context=context,
            rounds=(drawn,),
            excluded=own.excluded,
            inline=candidates,
            prices=own.prices,
            products=() if own.products is None else (own.products,),
        )
        self.floored += abs(line.probability - line.p[0]) > TOLERANCE
        cost = line.cost if line.adbandit is None or line.original is None else line.original
        outcome = Outcome(own.position, decision, tuple(_events(line, decision, own.slot)), (-cost,))
        return Logged(outcome, own.slot, 1.0 / (1.0 - line.pdrop), decision.trainable and not line.skip)

    def _shared(self, raw: msgspec.Raw, own: Context | None) -> tuple[Context, list[msgspec.Raw]]:
        """The context, `own` if we wrote the line, and the candidates."""
        actions: list[msgspec.Raw] | None = None
        user, rest = Bag(self.left), Bag(self.left)
        for name, value in decoded(raw, "#/c", depth=1).items():
            if name == "_slots":
                raise BadInput("#/c/_slots", "unknown", "conditional bandits and slates are not read")
            if name == "_multi":
                if actions is not None:
                    raise BadInput("#/c/_multi", "duplicate", "`_multi` stands twice")
                actions = _list(value)
                continue
            for path, leaf in leaves({name: decoded(value, pointer("#/c", name))}, self.left, "#/c"):
                if len(path) > 1 and path[0] == "User":
                    user.add(path[1:], leaf, path)
                else:
                    rest.add(path[1:] if len(path) > 1 and path[0] == "Context" else path, leaf, path)
        if not actions:
            raise BadInput("#/c/_multi", "bound", "a line has a list `_multi` of one candidate or more")
        context: Context = {**rest.features}
        if user.features:
            if "user" in context:
                self.left["user", "namespace User takes its place"] += 1
            context["user"] = user.features
        context = context if own is None else own
        try:
            hash_context(context)
        except BadInput as fault:
            raise BadInput("#/c", fault.code, fault.detail) from None
        return context, actions

    def _candidate(self, i: int, raw: msgspec.Raw) -> InlineCandidate:
        text = bytes(raw)
        if text not in self._known:
            if len(self._known) >= KNOWN:
                self._known.clear()
            left: Counter[tuple[str, str]] = Counter()
            self._known[text] = _candidate(_members(raw, f"#/c/_multi/{i}"), i, left), left
        candidate, left = self._known[text]
        if left:
            self.left.update(left)
        return candidate

    def _model(self, model: str | int | None) -> int:
        if re.fullmatch(r"\d{1,18}", str(model)):
            return int(str(model))
        self.models += model is not None
        return 0


def _candidate(action: Json, i: int, left: Counter[tuple[str, str]]) -> InlineCandidate:
    ad, placement = Bag(left), Bag(left)
    told = {Name(OWN_NAMES.get(str(name), name)): value for name, value in action.items() if name != "_tag"}
    for path, leaf in leaves(told, left, f"#/c/_multi/{i}"):
        if len(path) > 1 and path[0] == "Placement":
            placement.add(path[1:], leaf, path)
        else:
            ad.add(path[1:] if len(path) > 1 and path[0] == "Ad" else path, leaf, path)
    tag = next((value for name, value in action.items() if name == "_tag"), None)
    features, places = ad.features, placement.features
    name = next((text for text in (features.get("id"), tag, features.get("i.id")) if isinstance(text, str)), f"{i + 1}")
    place = places.get("id")
    candidate = InlineCandidate(
        template=_id(name),
        placement=_id(place) if isinstance(place, str) else "inline",
        features={key: value for key, value in features.items() if (key, value) != ("id", _id(name))},
        placement_features={key: value for key, value in places.items() if key != "id" or value != _id(str(value))},
    )
    try:
        inline_vectors((candidate,))
    except BadInput as fault:
        raise BadInput(f"#/c/_multi/{i}", fault.code, fault.detail) from None
    return candidate


def _members(raw: msgspec.Raw, at: str) -> Json:
    members = decoded(raw, at)
    if not isinstance(members, dict):
        raise BadInput(at, "type", "a candidate is an object")
    return members


def _order(line: Line, k: int) -> list[int]:
    """Candidates from 0 in the order of `a`, once `a`, `p` and the label agree."""
    if sorted(line.a) != list(range(1, k + 1)):
        raise BadInput("#/a", "bound", f"`a` names each of the {k} candidates once, counted from 1")
    if len(line.p) != k:
        raise BadInput("#/p", "bound", f"{len(line.p)} probabilities for {k} candidates")
    if abs(sum(line.p) - 1.0) > TOLERANCE:
        raise BadInput("#/p", "bound", f"probabilities sum to 1, not {sum(line.p):.6g}")
    if not np.float32(line.p[0]) > 0:
        raise BadInput("#/p/0", "bound", "the chosen candidate, the first of `a`, has a probability above 0")
    if line.action != line.a[0]:
        raise BadInput("#/_label_Action", "bound", f"{line.action}, but the first of `a` is {line.a[0]}")
    if line.index is not None and line.index != line.a[0] - 1:
        raise BadInput("#/_labelIndex", "bound", f"{line.index}, but the first of `a`, less one, is {line.a[0] - 1}")
    return [action - 1 for action in line.a]


def _events(line: Line, decision: Decision, slot: int) -> Iterator[Event]:
    for told in line.o:
        time = _seconds(told.Timestamp) if told.Timestamp else decision.time
        if told.type is not None:
            occurred = _seconds(told.occurred) if told.occurred else time
            yield Event(told.EventId, decision.id, slot, told.type, time, occurred, told.value)
        elif isinstance(told.v, (int, float)) and not isinstance(told.v, bool):
            yield Event(told.EventId or line.EventId, decision.id, slot, "reward", time, time, float(told.v))


def _foreign(time: float, number: int) -> Own:
    return Own(f"{max(int(time * 1000), 0)}-{number}", 0, ARMS[LEARNED], None, True, 0, {})


def _arm(name: str) -> Any:
    if name not in ARMS:
        raise BadInput("#/adbandit/arm", "unknown", f"an arm is one of {ARMS}, not {name!r}")
    return ARMS.index(name)


def _decision_id(line: Line) -> bytes:
    """16 bytes: what the id says in hexadecimal digits, else its hash."""
    name = line.EventId.rpartition("-")[0] if line.adbandit else line.EventId
    bare = name.replace("-", "").lower()
    if re.fullmatch(r"[0-9a-f]{32}", bare):
        return bytes.fromhex(bare)
    return blake2b(line.EventId.encode(), digest_size=16, person=b"adbandit/dsjson").digest()


def _id(text: str) -> str:
    """A text as an id: itself if it may be one, else what is left of it with a hash of the whole."""
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", text):
        return text
    mark = blake2b(text.encode(errors="replace"), digest_size=4).hexdigest()
    kept = re.sub(r"[^A-Za-z0-9._-]+", "-", text)[:48].lstrip("._-")
    return f"{kept or 'action'}-{mark}"


def _list(raw: msgspec.Raw) -> list[msgspec.Raw]:
    try:
        return _actions.decode(raw)
    except msgspec.ValidationError as fault:
        raise BadInput("#/c/_multi", "type", str(fault)) from None


def _seconds(instant: datetime) -> float:
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp()


def _fault(number: int, at: str, fault: msgspec.ValidationError) -> BadInput:
    """msgspec's `... - at `$.p[0]`` as a pointer."""
    said, _, path = str(fault).partition(" - at `$")
    pointer = re.sub(r"[.\[]", "/", path.rstrip("`")).replace("]", "")
    return BadInput(f"line {number} #{at}{pointer}", "type", said)
