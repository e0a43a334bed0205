"""The model as a fold over the log: the same entries in the same order give the same bytes.

A `Fold` takes log entries one by one; what it closes it learns at once. `snapshot` gives what must be
kept to go on later; `resume` reads the log again from `Snapshot.needed_from` and ends up exactly where
the snapshot was made.

The log behind a checkpoint may be forgotten but for the decisions still open and those the model replays,
whose rewards the checkpoint holds.
"""

from __future__ import annotations

import hashlib
import platform
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress

import msgspec

from bandit.config import Learning, Policy
from bandit.errors import BadInput, Damaged, OtherLearning, SnapshotRefused
from bandit.examples import examples
from bandit.join import Join, order
from bandit.lineage import FIRST, START, Lines, decoded, encoded
from bandit.model import Example, Model
from bandit.records import Decision, Entry, Event, Outcome
from bandit.shelf import Shelf
from bandit.totals import Totals

TOGETHER = 500  # outcomes


class Checkpoint(msgspec.Struct, frozen=True, array_like=True):
    """Where a fold can be taken up again. All before `read` is archived."""

    read: str = START  # last entry folded
    cursor: str = START  # last decision closed
    files: tuple[str, ...] = ()  # of the archive, that became valid with it
    window: tuple[tuple[str, tuple[float, ...]], ...] = ()  # (position, rewards) of each decision the model may replay


class Counts(msgspec.Struct):
    """What became of the events."""

    events: int = 0  # entries of the log
    used: int = 0  # counted towards a decision
    duplicates: int = 0  # ids that stood in the log before
    damaged: int = 0  # entries set aside


class Fold:
    """State of one policy's learning loop."""

    def __init__(self, learning: Learning, shelf_at: Callable[[int], Shelf]) -> None:
        """
        shelf_at  catalog version -> the policy's shelf as it was then
        """
        self._shelf_at = shelf_at
        self._policy_at: Callable[[int], Policy] = lambda version: shelf_at(version).policy
        self._learning = learning
        self._window: deque[tuple[str, tuple[float, ...]]] = deque()
        self._window_slots = 0
        self._kept: dict[str, tuple[float, ...]] = {}  # of a restored window, by position
        self.checkpointed = Checkpoint()  # where `resume` starts from
        self.lines: Lines = FIRST  # of which outcomes the model is made
        self.model = Model.fresh(learning)
        self.join = Join(self._policy_at)
        self.totals = Totals()
        self.counts = Counts()
        self.read = START
        self.cursor = START

    @classmethod
    def restored(cls, fields: Mapping[str, bytes], learning: Learning, shelf_at: Callable[[int], Shelf]) -> Fold:
        """A fold as `snapshot` left it, but for the log from `needed_from` to `read`: give that to `resume`.

        Raises SnapshotRefused.
        """
        fold = cls(learning, shelf_at)
        fold.model = read_model(fields, learning)
        try:
            fold.totals = Totals.from_bytes(fields["totals"])
            fold.counts = msgspec.json.decode(fields["counts"], type=Counts)
            checkpoint = msgspec.msgpack.decode(fields.get("checkpoint", _EMPTY), type=Checkpoint)
            fold.read, fold.cursor = fields["read"].decode(), fields["cursor"].decode()
            fold.lines = decoded(fields["lines"]) if "lines" in fields else FIRST
            windowed = [position for position, _ in checkpoint.window]
            for position in (fold.read, fold.cursor, checkpoint.read, checkpoint.cursor, *windowed):
                order(position)
        except (KeyError, ValueError, RecursionError, Damaged, msgspec.MsgspecError) as fault:
            raise SnapshotRefused(f"the snapshot is not whole: {fault}") from None
        fold.checkpointed = checkpoint
        fold._kept = dict(checkpoint.window)
        fold.join = Join(fold._policy_at)
        return fold

    def resume(self, position: str, entry: Entry) -> list[Outcome]:
        """Take in again what the snapshot had read; the outcomes that no archive holds yet.

        What `step` has set aside is set aside again, without a word.
        """
        at, checkpoint = order(position), self.checkpointed
        with suppress(Damaged):
            self._check(entry)
            if at > order(checkpoint.read):
                outcomes = self.join.fold(position, entry)
                for outcome in outcomes:
                    self._remember(outcome)
                return outcomes
            if not isinstance(entry, Decision) or at > order(checkpoint.cursor):
                self.join.collect(position, entry)
                return []
            self.join.pass_over(entry.id)
            if rewards := self._kept.pop(position, None):
                self._remember(Outcome(position, entry, (), rewards))
        return []

    def rejoin(self, checkpoint: Checkpoint) -> None:
        """Take this state, all outcomes up to a checkpoint learned, for the one that made it; then `follow`."""
        self.checkpointed = checkpoint
        self.read = checkpoint.read
        self.join = Join(self._policy_at)

    def follow(self, position: str, entry: Entry) -> list[Outcome]:
        """Take in an entry of the log after `rejoin`; what it closes, for `learn`, if it stands past the checkpoint.

        Raises as `take` does.
        """
        at, checkpoint = order(position), self.checkpointed
        if at > order(checkpoint.read):
            return self.take(position, entry)
        if not isinstance(entry, Decision) or at > order(checkpoint.cursor):
            self._check(entry)
            self.join.collect(position, entry)
        else:
            self.join.pass_over(entry.id)
        return []

    def step(self, position: str, entry: Entry) -> list[Outcome]:
        """Take in the next entry and learn what it closes; those outcomes, in log order. Raises as `take` does."""
        outcomes = self.take(position, entry)
        self.learn(outcomes)
        return outcomes

    def take(self, position: str, entry: Entry) -> list[Outcome]:
        """Take in the next entry; what it closes, in log order, for `learn` before anything is kept of this state.

        Raises Damaged for a decision whose catalog is not there or does not hold its candidates; `skip` it then.
        """
        self._check(entry)
        known = self.join.duplicates
        outcomes = self.join.fold(position, entry)
        self.counts.duplicates += self.join.duplicates - known
        self.counts.events += isinstance(entry, Event)
        self.read = position
        return outcomes

    def _check(self, entry: Entry) -> None:
        """Raises Damaged for a decision that cannot be: its checksum says no more than that it was written so."""
        if isinstance(entry, Decision):
            n = len(entry.inline) or self._shelf_at(entry.catalog_version).n
            for drawn in entry.rounds:
                odd = len(drawn.probabilities) != 4 * drawn.k
                if odd or not 0 <= drawn.chosen < drawn.k or drawn.largest() >= n:
                    raise Damaged(f"one of {drawn.k} candidates was to be chosen out of {n}")
            entry.kept_out()

    def learn(self, outcomes: Sequence[Outcome]) -> None:
        """Learn what `take` has closed, in that order, whether by one entry or many.

        One kind of work is done for many outcomes before the next: the processor's caches then serve it better.
        """
        for first in range(0, len(outcomes), TOGETHER):
            some = outcomes[first : first + TOGETHER]
            for outcome in some:
                self.totals.add(outcome)
            for outcome, ready in [(outcome, self._ready(outcome)) for outcome in some]:
                self._learn(outcome, ready)

    def skip(self, position: str) -> None:
        """Pass over an entry that is damaged."""
        self.counts.damaged += 1
        self.read = position

    @property
    def version(self) -> int:
        """Names the weights: no other ones ever had or get this number."""
        return self.lines[-1].base + self.model.learned

    def snapshot(self) -> dict[str, bytes]:
        """All that is kept of this state, by field.

        Raises SnapshotRefused if a weight is not finite: such a model is never given out.
        """
        self.model.check()
        model = self.model.save()
        manifest = {
            "version": self.version,
            "learned": self.model.learned,
            "open": self.join.open,
            "machine": platform.machine(),
            "processor": platform.processor(),
        }
        return {
            "model": model,
            "sha256": hashlib.sha256(model).hexdigest().encode(),
            "learning": msgspec.json.encode(self._learning),
            "learned": str(self.model.learned).encode(),
            "base": str(self.lines[-1].base).encode(),
            "lines": encoded(self.lines),
            "read": self.read.encode(),
            "cursor": self.cursor.encode(),
            "totals": self.totals.to_bytes(),
            "counts": msgspec.json.encode(self.counts),
            "manifest": msgspec.json.encode(manifest),
        }

    def checkpoint(self, files: tuple[str, ...] = ()) -> dict[str, bytes]:
        """The field to add to a snapshot once all outcomes so far are in an archive.

        files  of the archive, that become valid when this is committed
        """
        self.checkpointed = Checkpoint(
            read=self.read,
            cursor=self.cursor,
            files=files,
            window=tuple(self._window),
        )
        return {"checkpoint": msgspec.msgpack.encode(self.checkpointed)}

    def needed_from(self) -> str:
        """The log before this position may be forgotten once the checkpoint is kept."""
        waiting = [position for position in (self.join.needed_from(),) if position]
        window = [self._window[0][0]] if self._window else []
        return min([*waiting, *window, self.read], key=order)

    def _ready(self, outcome: Outcome) -> list[Example]:
        try:
            return list(self._examples(outcome))
        except BadInput:
            self.counts.damaged += 1
            return []

    def _learn(self, outcome: Outcome, ready: list[Example]) -> None:
        self.cursor = outcome.position
        self.counts.used += len(outcome.events)
        try:
            for slot, example in enumerate(ready):
                self.model.learn(example, f"{outcome.position}/{slot}".encode())
        except BadInput:
            self.counts.damaged += 1

    def _remember(self, outcome: Outcome) -> None:
        with suppress(BadInput):
            for example in self._examples(outcome):
                self.model.remember(example)

    def _examples(self, outcome: Outcome) -> Iterator[Example]:
        """What is learned of an outcome; its rewards are kept for as long as it may be replayed."""
        if not outcome.decision.trainable:
            return
        replay = self._learning.replay
        if replay.depth:
            self._window.append((outcome.position, outcome.rewards))
            self._window_slots += len(outcome.rewards)
        while self._window and self._window_slots > replay.buffer + len(self._window[0][1]):
            self._window_slots -= len(self._window.popleft()[1])
        yield from examples(outcome, self._shelf_at(outcome.decision.catalog_version))


_EMPTY = msgspec.msgpack.encode(Checkpoint())


def read_model(fields: Mapping[str, bytes], learning: Learning) -> Model:
    """The model of a snapshot.

    Raises SnapshotRefused if it is not whole, was made for another config, does not load or is not finite.
    """
    try:
        model, sha256, made_for = fields["model"], fields["sha256"].decode(), fields["learning"]
    except (KeyError, UnicodeError) as fault:
        raise SnapshotRefused(f"the snapshot is not whole: {fault}") from None
    if made_for != msgspec.json.encode(learning):
        raise OtherLearning("the snapshot was made for another `learning` config")
    return Model.load(model, sha256, learning)


def read_base(fields: Mapping[str, bytes]) -> int:
    """What a snapshot's versions are counted from. Raises SnapshotRefused if that cannot be read."""
    return _number(fields, "base")


def read_version(fields: Mapping[str, bytes]) -> int:
    """A snapshot's version; 0 where there is none. Raises SnapshotRefused if it cannot be read."""
    return _number(fields, "base") + _number(fields, "learned")


def _number(fields: Mapping[str, bytes], name: str) -> int:
    try:
        return int(fields.get(name, b"0"))
    except ValueError:
        raise SnapshotRefused(f"the snapshot's {name} is not a number") from None
