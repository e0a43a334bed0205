"""Templates that cannot be filled are refused with the place of the fault, when the catalog is checked."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.catalog import Catalog, Creative, Template, checked
from bandit.creatives import placeholders
from bandit.creatives.slots import Filling, Grammar
from bandit.errors import BadInput
from tests.entries import laws

FILLING = Filling()
THREE = tuple(Template(id=name) for name in "abc")
marks = st.lists(st.sampled_from(["{title}", "{description}", "{call_to_action}", "x"]), max_size=3).map("".join)


def refusal(filling: Filling | None = FILLING, grammar: Grammar | None = None, **texts: Any) -> tuple[str, str]:
    formats = texts.pop("formats", None)
    one = Template(id="t", creative=Creative(**texts), filling=filling, grammar=grammar, formats=formats)
    with pytest.raises(BadInput) as caught:
        checked(Catalog(templates=(*THREE, one)))
    return caught.value.pointer, caught.value.code


@laws(80)
@given(marks, marks, marks)
def test_what_passes_the_check_fills_in_finitely_many_steps(title: str, description: str, call: str) -> None:
    texts = {"title": title, "description": description, "call_to_action": call}
    with suppress(BadInput):
        placeholders.check(texts, at="#", product=False)
        assert not placeholders.MARK.search("".join(placeholders.flat(texts).values()))


@pytest.mark.parametrize(
    ("texts", "name"),
    [
        ({"title": "{title}"}, "title"),
        ({"title": "{description}", "description": "a {title}"}, "title"),
        ({"description": "{call_to_action}", "call_to_action": "{description}"}, "description"),
    ],
)
def test_a_text_that_stands_in_itself_is_refused(texts: dict[str, str], name: str) -> None:
    assert refusal(**texts) == (f"#/templates/3/creative/{name}", "circular")


def test_a_headline_that_would_stand_in_itself_is_refused() -> None:
    grammar = Grammar(headlines=("Good", "{description}"))
    assert refusal(grammar=grammar, description="{title}") == ("#/templates/3/grammar/headlines/1", "circular")


@pytest.mark.parametrize("mark", ["{product.cost}", "{user.name}", "{price}", "{click_url}"])
def test_an_unknown_placeholder_is_refused(mark: str) -> None:
    assert refusal(title=mark) == ("#/templates/3/creative/title", "placeholder")


def test_a_product_s_placeholder_needs_a_product() -> None:
    assert refusal(None, title="{product.title}") == ("#/templates/3/creative/title", "placeholder")


def test_texts_that_would_grow_without_bound_are_refused() -> None:
    long = {"title": "{call_to_action}" * 20, "description": "{title}" * 20, "call_to_action": "x" * 60}
    assert refusal(**long) == ("#/templates/3/creative/description", "bound")


def test_other_braces_stay_text() -> None:
    assert checked(Catalog(templates=(Template(id="t", creative=Creative(title="{ } {1} {A}")),)))


@pytest.mark.parametrize("call", ["Buy\nnow", "Buy\0", "\u202eyuB"])
def test_a_call_to_action_is_one_line_of_what_is_seen(call: str) -> None:
    assert refusal(call_to_action=call) == ("#/templates/3/creative/call_to_action", "unsafe")
    assert refusal(grammar=Grammar(calls_to_action=(call,)))[0] == "#/templates/3/grammar/calls_to_action/0"


def test_several_products_at_once_need_a_carousel() -> None:
    assert refusal(Filling(count=2)) == ("#/templates/3/filling/count", "slots")
    many = Filling(slots=("carousel",), count=2)
    assert refusal(many, formats=("banner",)) == ("#/templates/3/filling/count", "slots")


def test_a_slot_stands_once() -> None:
    assert refusal(Filling(slots=("title", "title"))) == ("#/templates/3/filling/slots", "duplicate")


def test_a_video_is_where_links_may_lead() -> None:
    assert refusal(video_url="https://a@evil.example/v.mp4") == ("#/templates/3/creative/video_url", "link")
