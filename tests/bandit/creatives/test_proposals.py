"""Generated texts wait for approval; what moderation flagged is never approved."""

from __future__ import annotations

import pytest

from bandit.catalog import Template
from bandit.creatives.proposals import MOST, approved, declined, proposed
from bandit.creatives.slots import Grammar, Proposal
from bandit.errors import BadInput

GOOD = Proposal(kind="headline", text="Good", source="test")
CALL = Proposal(kind="call_to_action", text="Go")
BAD = Proposal(kind="headline", text="BAD", flags=("capitals",))
WAITING = proposed(Template(id="t"), [GOOD, CALL, BAD])


def test_what_is_proposed_is_not_shown() -> None:
    assert WAITING.grammar == Grammar(proposed=(GOOD, CALL, BAD))


def test_what_is_approved_is_a_variant_and_waits_no_longer() -> None:
    found = approved(approved(WAITING, "headline", "Good"), "call_to_action", "Go")
    assert found.grammar == Grammar(headlines=("Good",), calls_to_action=("Go",), proposed=(BAD,))


def test_what_is_declined_is_gone() -> None:
    assert declined(WAITING, "headline", "BAD").grammar == Grammar(proposed=(GOOD, CALL))


def test_what_is_flagged_cannot_be_approved() -> None:
    with pytest.raises(BadInput, match="capitals"):
        approved(WAITING, "headline", "BAD")


@pytest.mark.parametrize("change", [approved, declined])
def test_a_text_that_nobody_proposed_is_refused(change) -> None:
    with pytest.raises(BadInput, match="no headline"):
        change(WAITING, "headline", "Go")


def test_what_is_in_use_is_not_proposed_again() -> None:
    in_use = Template(id="t", grammar=Grammar(headlines=("Good",)))
    assert proposed(in_use, [GOOD, CALL]).grammar == Grammar(headlines=("Good",), proposed=(CALL,))


def test_the_newest_proposals_are_kept() -> None:
    many = [Proposal(kind="headline", text=f"text {i}") for i in range(MOST + 5)]
    kept = (proposed(WAITING, many).grammar or Grammar()).proposed
    assert (len(kept), kept[-1].text) == (MOST, f"text {MOST + 4}")


def test_a_full_grammar_takes_no_more() -> None:
    full = Template(id="t", grammar=Grammar(headlines=tuple(map(str, range(20))), proposed=(GOOD,)))
    with pytest.raises(BadInput, match="at most 20"):
        approved(full, "headline", "Good")
