"""The learner: outcomes in, weights out. The only door to Vowpal Wabbit.

VW learns and saves; it never scores (see `scoring`) and never reads text: features go in by index, checked.
What is learned is a pure function of the sequence of (key, example). Saved, loaded and given its past
outcomes again with `remember`, a model goes on to the very bytes an uninterrupted one reaches. Past outcomes are kept
as they came, and centred by the means of the moment they are learned again.

VW examples are built once and refilled, since building them costs more than learning; those of the candidates chosen
lately stay filled, since a shop shows few and each often. With `mtr` VW learns from the chosen candidate alone and of
the others uses only their number, so they stay blank: the weights are the same, bit for bit.
"""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Sequence
from itertools import compress
from typing import Any

import msgspec
import numpy as np
from vowpal_wabbit_next import _core

from bandit.arrays import Floats
from bandit.centring import NOWHERE, Centre, Means
from bandit.config import Learning, vw_arguments
from bandit.errors import BadInput, Damaged, SnapshotRefused
from bandit.features import EMPTY, LARGEST, NO_NUMBER, Vector
from bandit.forgetting import NEVER, Fading
from bandit.kernels import checking
from bandit.replay import Buffer, depth

LATEST_S = 1e11  # about the year 5000
COST_LIMIT = 1000.0  # magnitude of a cost, as of a reward
FILLED = 128  # examples of chosen candidates that stay filled, 32 KB each
# First: MAGIC, `learned`, `rewarded`, faded until, bytes of means, which come before VW's own.
HEADER = struct.Struct("<16sQQdI")
MAGIC = b"adbandit-model-2"
PENALTIES = struct.Struct("<dd")  # l1 and l2 taken so far, in VW's bytes

Pair = tuple[Vector, Vector]


class Example(msgspec.Struct, frozen=True, eq=False):
    """One outcome of one slot: what was known, what could be shown, what was shown and what it cost."""

    user: Vector  # raw
    context: Vector  # raw
    ads: Sequence[Vector]  # [k] one a candidate
    placements: Sequence[Vector]  # [k]
    chosen: int  # position in [0, k)
    cost: float  # minus the reward; finite, clamped to within 1000 of 0
    propensity: float  # probability `chosen` was drawn with, in (0, 1]
    time: float = 0.0  # when it was decided, seconds since 1970; only a half-life looks at it


class _Lesson(msgspec.Struct, frozen=True, eq=False):
    """What VW needs of an example."""

    shared: Pair  # raw if numbers are to be centred
    chosen: Pair
    others: list[Pair]  # [k - 1], or empty where their features do not matter
    k: int  # candidates
    position: int  # of the chosen one
    cost: float
    propensity: float
    time: float


class _Slot:
    """A VW example with two feature groups, to be filled again and again."""

    def __init__(self, groups: str, *, shared: bool = False) -> None:
        self.example = _core.Example()
        self._label = _core.CBLabel(shared=shared)
        self.example._set_label(self._label)
        self._told: tuple[float, float] | None = None
        self._groups: list[Any] = [self.example[ord(letter)] for letter in groups]

    def fill(self, *features: tuple[Any, Floats]) -> None:
        """features  indices and values of each group; indices of 64 bits are taken without a copy"""
        for group, (index, value) in zip(self._groups, features, strict=True):
            group.truncate_to(0)
            if len(index):
                group.push_many_features(index, value)

    def tell(self, cost: float, propensity: float) -> None:
        told = cost, propensity
        if told != self._told:
            self._told = self._label.label = told
            self.example._set_label(self._label)


class Model:
    """A model being learned. Not for two threads at once."""

    def __init__(
        self,
        learning: Learning,
        workspace: _core.Workspace,
        learned: int = 0,
        rewarded: int = 0,
        faded_until: float = NEVER,
        means: Means | None = None,
    ) -> None:
        self.learned = learned  # outcomes learned, replays not counted
        self.rewarded = rewarded  # of them, with a reward other than 0
        self._fading = Fading(learning.half_life_h, faded_until) if learning.half_life_h else None
        self._means = means or Means()
        self._learning = learning
        self._workspace = workspace
        # [2**bits, 1, 4] weight, sum of squared gradients, scale, scratch
        self._table = np.asarray(workspace.weights())
        self._penalised = learning.l1 > 0.0 or learning.l2 > 0.0
        self._header = len(_workspace(learning, None).serialize()) if self._penalised else 0  # bytes before the weights
        self._buffer: Buffer[_Lesson] = Buffer(learning.replay.buffer if learning.replay.depth else 0)
        self._shared = _Slot("UC", shared=True)
        self._chosen: dict[Pair, _Slot] = {}  # filled, by what with; the first came first
        self._others: list[_Slot] = []
        self._blank: list[_core.Example] = []  # the examples of `_others`

    @classmethod
    def fresh(cls, learning: Learning) -> Model:
        """A model that has learned nothing."""
        return cls(learning, _workspace(learning, None))

    @classmethod
    def load(cls, saved: bytes, sha256: str, learning: Learning) -> Model:
        """A model as `save` left it; give it its past outcomes with `remember` before it learns on.

        sha256    hex digest of `saved`
        learning  as it was when the model was made

        Raises SnapshotRefused if the bytes are not those of the digest, do not load, were made with other
        options, or hold a weight that is not finite.
        """
        if hashlib.sha256(saved).hexdigest() != sha256:
            raise SnapshotRefused("the model's bytes do not match their checksum")
        if len(saved) < HEADER.size or not saved.startswith(MAGIC):
            raise SnapshotRefused("these are not the bytes of a saved model")
        _, learned, rewarded, faded_until, size = HEADER.unpack_from(saved)
        vw_model = saved[HEADER.size + size :]
        try:
            means = Means.from_bytes(saved[HEADER.size : HEADER.size + size])
        except Damaged as fault:
            raise SnapshotRefused(f"the model's means are damaged: {fault}") from None
        try:
            workspace = _workspace(learning, vw_model)
        except RuntimeError as error:
            raise SnapshotRefused(f"Vowpal Wabbit does not load the model: {error}") from error
        # VW loads most truncated files, and adds other options to the saved ones, without a word.
        if workspace.serialize() != vw_model:
            raise SnapshotRefused("the model is not whole, or was made with other learning options")
        model = cls(learning, workspace, learned, rewarded, faded_until, means)
        model.check()
        return model

    def learn(self, example: Example, key: bytes) -> None:
        """Learn an outcome, then as many past ones as `replay` says.

        key  names the outcome, e.g. its log position; decides which past ones are drawn

        Raises BadInput, with nothing learned, for an example that would harm the weights.
        """
        lesson = self._lesson(example)
        past: list[_Lesson] = []
        if self._buffer.size:
            past = self._buffer.draw(key, depth(self._learning.replay, self.learned, self.rewarded))
        if self._fading:
            self._fading.fade(self._table[:, 0, 0], lesson.time)
            past = list(compress(past, self._fading.recalled([each.time for each in past], lesson.time, key)))
        if self._learning.centre:
            self._means.add(*lesson.shared)
        for each in (lesson, *past):
            self._push(each)
        self._buffer.add(lesson)
        self.learned += 1
        self.rewarded += lesson.cost != 0.0

    def remember(self, example: Example) -> None:
        """Take an outcome learned before a restart as a past one. Raises BadInput as `learn` does."""
        self._buffer.add(self._lesson(example))

    def centre(self) -> Centre:
        """What `weights` are to be scored with: the means that numbers of a request are taken less."""
        return self._means.centre()

    @property
    def forgotten(self) -> int:
        """How many past outcomes `remember` must be given before learning can go on as if uninterrupted."""
        return min(self.learned, self._buffer.size) - len(self._buffer)

    def weights(self) -> Floats:
        """The weights float32[2**bits] to score with, not contiguous: copy them to keep them.

        They are the table itself, or with l1 or l2 a copy in which VW's pending penalties are taken.
        """
        view: Floats = self._table[:, 0, 0]
        if self._penalised:
            nearer, smaller = self._penalties()
            view = np.where(nearer < np.abs(view), (view - np.copysign(nearer, view)) * smaller, np.float32(0.0))
        view.flags.writeable = False
        return view

    def _penalties(self) -> tuple[np.float32, np.float32]:
        """How much nearer to 0 every weight is than in the table, and by what factor it is smaller then.

        VW keeps both beside the weights, as the last two numbers before them in a saved model.
        """
        nearer, smaller = PENALTIES.unpack_from(self.vw_model(), self._header - PENALTIES.size)
        return np.float32(nearer), np.float32(smaller)

    def save(self) -> bytes:
        """The whole state but for the past outcomes."""
        means, faded_until = self._means.to_bytes(), self._fading.until if self._fading else NEVER
        return HEADER.pack(MAGIC, self.learned, self.rewarded, faded_until, len(means)) + means + self.vw_model()

    def vw_model(self) -> bytes:
        """The model as stock Vowpal Wabbit loads it; it predicts for requests whose numbers are centred."""
        return self._workspace.serialize()

    def check(self) -> None:
        """Raises SnapshotRefused if a weight is not finite or what its next step depends on is NaN."""
        if not np.isfinite(self.weights()).all() or np.isnan(self._table[:, 0, 1:3]).any():
            raise SnapshotRefused("the model holds a weight that is not finite")

    def _lesson(self, example: Example) -> _Lesson:
        k = len(example.ads)
        if len(example.placements) != k or not 0 <= example.chosen < k:
            given = f"{k} ads, {len(example.placements)} placements, chosen {example.chosen}"
            raise BadInput("#/chosen", "bound", f"a choice is one of equally many ads and placements, not {given}")
        if not math.isfinite(example.cost):
            raise BadInput("#/cost", "bound", f"a cost is finite, not {example.cost}")
        if not 0.0 < example.propensity <= 1.0:
            raise BadInput("#/propensity", "bound", f"a propensity is in (0, 1], not {example.propensity}")
        if not abs(example.time) <= LATEST_S:
            raise BadInput("#/time", "bound", f"a time is within {LATEST_S:.0f} s of 1970, not {example.time}")
        shared = example.user, example.context
        chosen = example.ads[example.chosen], example.placements[example.chosen]
        others: list[Pair] = []
        if self._learning.cb_type != "mtr":
            others = list(zip(example.ads, example.placements, strict=True))
            others.pop(example.chosen)
        for pair in (shared, *others) if chosen in self._chosen else (shared, chosen, *others):
            for vector in pair:
                _check(vector)
        if not self._learning.centre:
            shared = NOWHERE.of(example.user), NOWHERE.of(example.context)
        return _Lesson(
            shared=shared,
            chosen=chosen,
            others=others,
            k=k,
            position=example.chosen,
            cost=min(max(example.cost, -COST_LIMIT), COST_LIMIT),
            propensity=max(example.propensity, self._learning.propensity_floor),
            time=example.time,
        )

    def _push(self, lesson: _Lesson) -> None:
        while len(self._others) < lesson.k - 1:
            self._others.append(_Slot("AP"))
            self._blank.append(self._others[-1].example)
        user, context = lesson.shared
        self._shared.fill(self._means.wide(user), self._means.wide(context))
        chosen = self._filled(lesson.chosen)
        chosen.tell(lesson.cost, lesson.propensity)
        for slot, pair in zip(self._others, lesson.others, strict=False):
            slot.fill(*map(_parts, pair))
        before, after = self._blank[: lesson.position], self._blank[lesson.position : lesson.k - 1]
        self._workspace.learn_multi_ex_one([self._shared.example, *before, chosen.example, *after])

    def _filled(self, pair: Pair) -> _Slot:
        """An example that holds a chosen candidate."""
        slot = self._chosen.get(pair)
        if slot is None:
            full = len(self._chosen) >= FILLED
            slot = self._chosen.pop(next(iter(self._chosen))) if full else _Slot("AP")
            slot.fill(*map(_parts, pair))
            self._chosen[pair] = slot
        return slot


def _workspace(learning: Learning, model: bytes | None) -> _core.Workspace:
    return _core.Workspace(vw_arguments(learning), model_data=model)


def _parts(vector: Vector) -> tuple[Any, Floats]:
    return vector.index, vector.value


def _check(vector: Vector) -> None:
    if vector is EMPTY:
        return
    try:
        number = NO_NUMBER if vector.number is None else vector.number
        sound = checking.sound(vector.index, vector.value, number, LARGEST)
    except TypeError:  # a kernel takes no other arrays
        raise BadInput("#/features", "type", "features are uint32 indices and float32 values") from None
    if not sound:
        raise BadInput("#/features", "bound", "a feature has an index and a value that is finite and within 1e6 of 0")
