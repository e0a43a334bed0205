"""A model made anew from the archive, and the way back to one that was kept: the work behind `rebuild` and `rollback`.

Both end with a new version in force in one step, the old one kept. The long part, folding the archive, is done while
the learner goes on; then the lease is seized, the log folded to its end and archived, and what came meanwhile added.
Decisions go on all the time, with the old model.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from bandit.archive.archived import Archived
from bandit.codec import encode
from bandit.config import Learning, RewardFormula
from bandit.errors import BadInput
from bandit.fold import Fold
from bandit.join import order
from bandit.lineage import Line, Span, above
from bandit.records import Outcome
from bandit.refold import along, relearned
from service.catalogs import Catalogs
from service.learner.learning import UNKNOWN, Overtaken, PolicyLearner, Rhythm
from service.learner.leasing import Lease
from service.serving import crc
from service.store.commands import LogEntry, Store, WeightChange

RENEW_EVERY = 100  # outcomes, far fewer than a lease lasts
END = f"{2**53}-0"  # behind every entry of a log
WHOLE = Rhythm(commit_s=0.0, archive_s=0.0)  # all that is closed is archived and committed at once


class Wanted(NamedTuple):
    """What the new model is to be."""

    reward: RewardFormula | None = None  # for all rewards there are; None: as the model in force learned them
    learning: Learning | None = None  # None: as it is
    without: frozenset[bytes] = frozenset()  # ids of decisions to leave out, besides those left out already
    afresh: bool = False  # forget what earlier rebuilds left out or rewarded otherwise


class Done(NamedTuple):
    """What is in force now."""

    policy: str
    before: int  # version
    version: int
    outcomes: int  # learned
    left_out: int  # decisions


class Workbench(NamedTuple):
    """What both are done with."""

    store: Store
    catalogs: Catalogs
    archive: Path
    holder: str  # names this process and no other, ever
    elapsed: Callable[[], float]  # seconds that never step


def rebuild(bench: Workbench, policy_id: str, wanted: Wanted, progress: Callable[[int], None]) -> Done:
    """Put a model in force that is made anew from the whole archive.

    progress  told how many more outcomes were folded

    Raises BadInput for an unknown policy or an archive that is not whole, Overtaken if somebody else seized the lease,
    or StoreAway; then nothing has changed.
    """
    work = _Work(bench, policy_id, wanted.learning)
    line = _line(work.lines()[-1], wanted)
    work.learn(line, progress)
    with work.seized() as live:
        work.learn(line, progress)
        until = live.fold.cursor if wanted.reward else line.reward_until
        # A decision that is still open will be learned, whatever is wanted now.
        without = b"".join(sorted(work.met & line.left_out()))
        return work.put(msgspec.structs.replace(line, reward_until=until, without=without), "rebuild")


def rollback(
    bench: Workbench, policy_id: str, version: int | None, progress: Callable[[int], None], *, catch_up: bool
) -> Done:
    """Put a kept model in force: as it was, or with what came since learned too.

    version  None: the one kept last

    Raises as `rebuild` does, and BadInput for a version that was not kept.
    """
    fields = _kept(bench.store, policy_id, version)
    learning = msgspec.json.decode(fields["learning"], type=Learning)
    work = _Work(bench, policy_id, learning)
    was = work.restore(fields)
    if catch_up:
        work.learn(was, progress)
    with work.seized() as live:
        if catch_up:
            work.learn(was, progress)
            return work.put(was, "rollback")
        spans = [span if span.until else Span(span.after, work.fold.cursor) for span in was.spans]
        line = msgspec.structs.replace(was, spans=(*spans, Span(after=live.fold.cursor)))
        return work.put(line, "rollback")


class _Work:
    """A fold under way to be put in force."""

    def __init__(self, bench: Workbench, policy_id: str, learning: Learning | None) -> None:
        policies = {policy.id: policy for policy in bench.catalogs.current().policies}
        if policy_id not in policies:
            raise BadInput("#/policy", "unknown", f"there is no policy {policy_id!r} in the catalog")
        fields = bench.store.snapshot_fields(policy_id, ("learning", "lines"))
        if not fields:
            raise BadInput("#/policy", "unknown", f"policy {policy_id!r} has learned nothing yet")
        made_for = msgspec.json.decode(fields["learning"], type=Learning)
        self._bench = bench
        self._policy = msgspec.structs.replace(policies[policy_id], learning=made_for)
        self._learning = learning or made_for
        self._archived = Archived(bench.archive, policy_id, self._learning)
        self._lease = Lease(bench.store, policy_id, bench.holder, bench.elapsed)
        self._live: PolicyLearner | None = None  # while the lease is held
        self.fold = Fold(self._learning, self._archived.shelf)
        self.met: set[bytes] = set()  # decisions to leave out that `learn` has come by

    def lines(self) -> tuple[Line, ...]:
        """Lines of the model in force."""
        fields = self._bench.store.snapshot(self._policy.id)
        return Fold.restored(fields, self._policy.learning, self._archived.shelf).lines

    def restore(self, fields: dict[str, bytes]) -> Line:
        """Begin with a kept model, what it may replay taken from the archive; its line."""
        self.fold = Fold.restored(fields, self._learning, self._archived.shelf)
        needed = {position for position, _ in self.fold.checkpointed.window}
        for outcome in self._of_window(needed):
            self.fold.resume(outcome.position, outcome.decision)
        if self._learning.replay.depth and self.fold.model.forgotten:
            raise BadInput("#/archive", "unknown", f"the archive lacks {self.fold.model.forgotten} outcomes it replays")
        return self.fold.lines[-1]

    def learn(self, line: Line, progress: Callable[[int], None]) -> None:
        """Fold what the archive holds behind what was folded."""
        outcomes = self._counted(self._archived.behind(self.fold.cursor), line.left_out(), progress)
        for _ in relearned(self.fold, along(outcomes, line)):
            pass

    @contextmanager
    def seized(self) -> Iterator[PolicyLearner]:
        """The learner of this policy, at the log's end and all that is closed archived; no other learns meanwhile."""
        bench, fence = self._bench, self._lease.seize()
        try:
            given = self._policy, bench.store, bench.catalogs, bench.archive, WHOLE, bench.elapsed
            self._live = PolicyLearner(*given, fence)
            while self._live.round():
                self._renew()
            self._live.finish()
            yield self._live
        finally:
            self._lease.release()

    def put(self, line: Line, how: str) -> Done:
        """Put the fold in force, the old model kept."""
        assert self._live, "the lease is held"
        store, policy, live = self._bench.store, self._policy.id, self._live.fold
        base = above(live.version)
        line = msgspec.structs.replace(line, how=how, base=base, since=base + self.fold.model.learned)
        self._take_over(live, line)
        self._bench.catalogs.relearn(policy, self._learning)
        fields = self.fold.snapshot() | self.fold.checkpoint() | {"carried": self._carried()}
        store.keep(policy, live.version, f"before a {how}")
        if not store.commit(policy, fields, after=live.read, fence=self._renew(), change=self._change()):
            raise Overtaken(f"another process seized policy {policy!r}; nothing has changed, try again")
        return Done(policy, live.version, self.fold.version, self.fold.model.learned, len(line.left_out()))

    def _take_over(self, live: Fold, line: Line) -> None:
        """Where the log stands is for the live fold to say."""
        self.fold.lines = (*live.lines, line)
        self.fold.join, self.fold.counts = live.join, live.counts
        self.fold.read, self.fold.cursor = live.read, live.cursor

    def _carried(self) -> bytes:
        """Decisions the model may replay that the log no longer holds."""
        begins = self._bench.store.log_begins(self._policy.id)
        window = [position for position, _ in self.fold.checkpointed.window]
        needed = {position for position in window if begins is None or order(position) < order(begins)}
        entries = [LogEntry(outcome.position, encode(outcome.decision)) for outcome in self._of_window(needed)]
        return msgspec.msgpack.encode(entries)

    def _of_window(self, needed: set[str]) -> Iterator[Outcome]:
        if needed:
            first = min(needed, key=order)
            milliseconds, sequence = order(first)
            before = f"{milliseconds}-{sequence - 1}" if sequence else f"{milliseconds - 1}-0"
            yield from (outcome for outcome in self._archived.behind(before) if outcome.position in needed)

    def _change(self) -> WeightChange:
        """One that no worker's version fits, so that each loads the snapshot."""
        table = zlib.crc32(np.ascontiguousarray(self.fold.model.weights(), "<f4").tobytes())
        centre = self.fold.model.centre().to_bytes()
        change = UNKNOWN, self.fold.version, b"", b"", centre, table
        return WeightChange(*change, crc(*change))

    def _counted(
        self, outcomes: Iterable[Outcome], left_out: frozenset[bytes], progress: Callable[[int], None]
    ) -> Iterator[Outcome]:
        for number, outcome in enumerate(outcomes):
            if number % RENEW_EVERY == 0:
                progress(RENEW_EVERY)
                if self._live:
                    self._renew()
            if outcome.decision.id in left_out:
                self.met.add(outcome.decision.id)
            yield outcome

    def _renew(self) -> str:
        fence = self._lease.fence()
        if fence is None:
            raise Overtaken(f"another process seized policy {self._policy.id!r}; nothing has changed, try again")
        return fence


def _line(old: Line, wanted: Wanted) -> Line:
    """The line of a rebuild: over everything, as the one in force but for what is wanted otherwise."""
    kept = Line() if wanted.afresh else Line(without=old.without, reward=old.reward, reward_until=old.reward_until)
    if wanted.reward:
        kept = msgspec.structs.replace(kept, reward=wanted.reward, reward_until=END)
    return msgspec.structs.replace(kept, without=b"".join(sorted(kept.left_out() | wanted.without)))


def _kept(store: Store, policy_id: str, version: int | None) -> dict[str, bytes]:
    versions = store.kept_versions(policy_id)
    if not versions or (version is not None and version not in versions):
        known = ", ".join(map(str, versions)) or "none"
        raise BadInput("#/version", "unknown", f"no such version of {policy_id!r} was kept; there is {known}")
    return store.kept(policy_id, versions[-1] if version is None else version)
