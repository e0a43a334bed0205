"""The model is a fold over the log: killed and restarted anywhere, it goes on to the same bytes."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import Phase, given
from hypothesis import strategies as st
from msgspec.structs import replace

from bandit.config import Learning, Replay
from bandit.errors import Damaged, SnapshotRefused
from bandit.fold import Fold
from bandit.join import order
from bandit.records import Outcome, Round, Tick, packed
from tests.entries import LEARNING, START_S, Log, decision, laws, log_of, logs, shelf_at

Chances = tuple[float, float, float]  # a commit, a checkpoint with it, a kill; after each entry


def uninterrupted(log: Log, learning: Learning = LEARNING) -> tuple[dict[str, bytes], list[Outcome]]:
    """The snapshot after a log, and all outcomes."""
    fold = Fold(learning, shelf_at)
    outcomes = [outcome for position, entry in log for outcome in fold.step(position, entry)]
    return fold.snapshot(), outcomes


class Kept:
    """What outlives a learner: its snapshot, the archive and the log, trimmed or not."""

    def __init__(self, log: Log, learning: Learning) -> None:
        self.log, self.learning = log, learning
        self.fields: dict[str, bytes] = {}
        self.archive: list[Outcome] = []

    def fold(self) -> tuple[Fold, list[Outcome], Log]:
        """A learner made anew: its fold, the outcomes it has to archive, and the log it has not read."""
        if not self.fields:
            return Fold(self.learning, shelf_at), [], self.log
        fold = Fold.restored(self.fields, self.learning, shelf_at)
        read = [at for at in self.log if order(at[0]) <= order(fold.read)]
        return fold, [outcome for at in read for outcome in fold.resume(*at)], self.log[len(read) :]

    def commit(self, fold: Fold) -> None:
        self.fields |= fold.snapshot()

    def checkpoint(self, fold: Fold, waiting: list[Outcome], *, trim: bool) -> None:
        self.archive += waiting
        self.fields |= fold.snapshot() | fold.checkpoint()
        if trim:
            needed = order(fold.needed_from())
            self.log = [at for at in self.log if order(at[0]) >= needed]


def interrupted(
    log: Log, chance: random.Random, chances: Chances, learning: Learning = LEARNING, *, trim: bool = True
) -> tuple[dict[str, bytes], list[Outcome]]:
    """As `uninterrupted`, by learners that commit, archive and are killed at random."""
    kept = Kept(log, learning)
    fold, waiting, unread = kept.fold()
    while unread:
        (position, entry), *unread = unread
        waiting += fold.step(position, entry)
        commits, checkpoints, killed = (chance.random() < one for one in chances)
        if commits and checkpoints:
            kept.checkpoint(fold, waiting, trim=trim)
            waiting = []
        elif commits:
            kept.commit(fold)
        if killed:
            fold, waiting, unread = kept.fold()
    return fold.snapshot(), kept.archive + waiting


often = st.sampled_from([(0.3, 0.3, 0.05), (0.2, 0.6, 0.03), (0.9, 0.1, 0.05), (0.1, 1.0, 0.1)])


@laws(30, seek=[Phase.generate])
@given(logs(most=120), st.randoms(use_true_random=False), often, st.booleans())
def test_killed_at_any_moment_it_goes_on_to_the_same_bytes_and_outcomes(
    log: Log, chance: random.Random, chances: Chances, trim: bool
) -> None:
    assert interrupted(log, chance, chances, trim=trim) == uninterrupted(log)


@laws(25, seek=[Phase.generate])
@given(
    logs(most=80),
    st.randoms(use_true_random=False),
    st.sampled_from([(0, 5), (1, 1), (2, 3), (3, 40)]),
    st.sampled_from(["mtr", "ips"]),
)
def test_it_does_so_for_every_size_of_replay(
    log: Log, chance: random.Random, sizes: tuple[int, int], cb_type: str
) -> None:
    replay = Replay(depth=sizes[0], full_until=8, least=0, buffer=sizes[1])
    learning = replace(LEARNING, replay=replay, cb_type=cb_type)
    assert interrupted(log, chance, (0.3, 0.5, 0.05), learning) == uninterrupted(log, learning)


@laws(25, seek=[Phase.generate])
@given(logs(most=80))
def test_the_trimmed_log_is_bounded_by_open_decisions_early_events_and_the_replay_window(log: Log) -> None:
    fold = Fold(LEARNING, shelf_at)
    closed = [outcome for at in log for outcome in fold.step(*at)]
    window = [outcome.position for outcome in closed if outcome.decision.trainable][-6:]
    needed = [fold.join.needed_from() or fold.read, fold.read, *window]
    assert order(fold.needed_from()) >= min(map(order, needed))


def test_holdout_decisions_are_counted_and_not_learned() -> None:
    log = log_of((0, decision(1, START_S, arm=1)), (4, Tick(START_S + 4)))
    fold = Fold(LEARNING, shelf_at)
    assert [outcome for at in log for outcome in fold.step(*at)]
    assert (fold.model.learned, fold.totals.arm(1)["decisions"]) == (0, 1)


@pytest.mark.parametrize("field", ["model", "sha256", "learning", "read", "cursor", "totals", "counts"])
def test_a_snapshot_that_lacks_a_field_is_refused(field: str) -> None:
    fields = Fold(LEARNING, shelf_at).snapshot()
    del fields[field]
    with pytest.raises(SnapshotRefused):
        Fold.restored(fields, LEARNING, shelf_at)


@pytest.mark.parametrize("field", ["sha256", "learning", "model", "totals", "counts", "checkpoint", "read"])
def test_a_snapshot_with_a_field_of_noise_is_refused(field: str) -> None:
    fields = Fold(LEARNING, shelf_at).snapshot() | {field: b"\xff noise"}
    with pytest.raises(SnapshotRefused):
        Fold.restored(fields, LEARNING, shelf_at)


def test_a_model_made_for_another_config_is_refused() -> None:
    fields = Fold(LEARNING, shelf_at).snapshot()
    with pytest.raises(SnapshotRefused, match="another `learning` config"):
        Fold.restored(fields, replace(LEARNING, bits=11), shelf_at)


EVEN = np.full(3, 1 / 3, "<f4").tobytes()
IMPOSSIBLE = [
    Round(packed(np.array([0, 1, 99], np.uint32)), EVEN, 0),
    Round(packed(np.arange(3, dtype=np.uint32)), EVEN, 3),
    Round(packed(np.arange(3, dtype=np.uint32)), EVEN, -1),
    Round(packed(np.array([0, 1, 3, 4], np.uint32)), EVEN, 0),
    Round(packed(np.arange(3, dtype=np.uint32)), EVEN + b"\0", 0),
    Round(b"", b"", 0),
]


@pytest.mark.parametrize("drawn", IMPOSSIBLE, ids=["position", "chosen", "negative", "more", "odd", "empty"])
def test_a_decision_that_cannot_be_is_damage_and_a_restart_passes_it_over(drawn: Round) -> None:
    fold = Fold(LEARNING, shelf_at)
    made = replace(decision(1, START_S), rounds=(drawn,))
    with pytest.raises(Damaged):
        fold.take("1-0", made)
    assert fold.resume("1-0", made) == []
    assert fold.join.open == 0
