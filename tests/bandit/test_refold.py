"""What an archive holds gives the learner's bytes again, whatever the log, and another model where asked for one."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from bandit.config import RewardFormula
from bandit.fold import Fold
from bandit.join import order
from bandit.lineage import START, Line, Span
from bandit.records import Outcome
from bandit.refold import along, continuing, relearned, rewarded
from tests.entries import LEARNING, START_S, Log, decision, event, grown, laws, logs, refolded, shelf_at

END = f"{2**53}-0"  # behind every entry of a log
WHOLE = ("model", "totals", "learned", "cursor", "read")


def _as_archived(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Events stand slot by slot there."""
    return [Outcome(o.position, o.decision, tuple(sorted(o.events, key=lambda e: e.slot)), o.rewards) for o in outcomes]


def _learned(log: Log) -> tuple[Fold, list[Outcome]]:
    fold, closed = Fold(LEARNING, shelf_at), []
    for position, entry in log:
        closed += fold.step(position, entry)
    return fold, _as_archived(closed)


@given(logs(), st.integers(0, 60))
@laws(60)
def test_archive_and_log_give_the_learners_bytes(log: Log, cut: int) -> None:
    """cut  where the last checkpoint was made"""
    before, archived = _learned(log[:cut])
    before.checkpoint()
    whole, _ = _learned(log)
    needed = [(position, entry) for position, entry in log if order(position) >= order(before.needed_from())]
    again = refolded(archived)
    for _ in continuing(again, before.checkpointed, needed, whole.read):
        pass
    found, wanted = again.snapshot(), whole.snapshot()
    assert {name: found[name] for name in WHOLE} == {name: wanted[name] for name in WHOLE}
    assert again.checkpoint() == whole.checkpoint()  # with the window for replay


def test_other_rewards_give_the_model_that_had_them_from_the_start() -> None:
    formula = RewardFormula(click=0.25, purchase=0.5)
    _, archived = _learned(grown(5, 400))
    worse = refolded(archived)
    other = refolded(along(archived, Line(reward=formula, reward_until=END)))
    assert other.model.learned == worse.model.learned
    assert other.model.save() != worse.model.save()
    assert refolded(along(archived, Line(reward=RewardFormula(), reward_until=END))).model.save() == worse.model.save()


def test_decisions_left_out_leave_no_trace() -> None:
    _, archived = _learned(grown(5, 400))
    gone = {outcome.decision.id for outcome in archived[::3]}
    left = refolded(along(archived, Line(without=b"".join(gone))))
    never = refolded([o for o in archived if o.decision.id not in gone])
    assert left.model.save() == never.model.save()
    assert left.totals.to_bytes() == never.totals.to_bytes()


def test_every_version_between_outcomes_can_be_stopped_at() -> None:
    _, archived = _learned(grown(7, 300))
    fold, reached = Fold(LEARNING, shelf_at), []
    for version in relearned(fold, archived, range(10_000)):
        assert fold.model.learned == version
        reached.append(version)
    counts = [0]
    for outcome in archived:
        counts.append(counts[-1] + (len(outcome.rewards) if outcome.decision.trainable else 0))
    assert reached == sorted(set(counts))


def test_no_checkpoint_means_the_whole_log() -> None:
    log = grown(9, 80)
    whole, _ = _learned(log)
    again = Fold(LEARNING, shelf_at)
    for _ in continuing(again, again.checkpointed, log, whole.read):
        pass
    assert again.checkpointed.read == START
    assert again.snapshot() == whole.snapshot()


def test_a_line_learns_its_spans_without_whom_it_leaves_out_and_by_its_own_rewards() -> None:
    _, archived = _learned(grown(5, 400))
    middle, gone, formula = archived[40].position, archived[3], RewardFormula(click=0.25)
    line = Line(
        spans=(Span(until=middle), Span(after=archived[60].position)),
        without=gone.decision.id,
        reward=formula,
        reward_until=archived[20].position,
    )
    wanted = [o for o in archived[:41] + archived[61:] if o.decision.id != gone.decision.id]
    rewards = [rewarded(o, formula).rewards if o in archived[:21] else o.rewards for o in wanted]
    assert [o.position for o in along(archived, line)] == [o.position for o in wanted]
    assert [o.rewards for o in along(archived, line)] == rewards


def test_money_of_several_slots_adds_up_whatever_the_order() -> None:
    shown = decision(1, START_S, slots=3)
    bought = [event(str(i), 1, START_S, slot=i, kind="purchase", value=v) for i, v in enumerate((0.1, 0.2, 0.3))]
    one, two = (Outcome("1-0", shown, tuple(told), (1.0, 1.0, 1.0)) for told in (bought, bought[::-1]))
    assert sum(e.value for e in one.events) != sum(e.value for e in two.events)
    totals = [refolded([each]).totals.to_bytes() for each in (one, two)]
    assert totals[0] == totals[1]
