"""A grammar is laid out as candidates that share a template and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bandit.catalog import Catalog, Creative, Placement, Template, checked
from bandit.config import Policy
from bandit.creatives.slots import Grammar
from bandit.creatives.variants import expand
from bandit.errors import BadInput
from bandit.shelf import lay_out
from tests.entries import laws

texts = st.lists(st.text("aé 漢", max_size=6), unique=True, max_size=5).map(tuple)
OWN = Template(id="t", creative=Creative(title="own", call_to_action="go"), features={"tone": "calm"})


@laws(100)
@given(texts, texts)
def test_there_is_a_variant_for_each_headline_with_each_call(
    headlines: tuple[str, ...], calls: tuple[str, ...]
) -> None:
    some = expand(replace(OWN, grammar=Grammar(headlines=headlines, calls_to_action=calls)))
    wanted = [(headline, call) for headline in headlines or ("own",) for call in calls or ("go",)]
    assert [(one.creative.title, one.creative.call_to_action) for one in some] == wanted
    assert {one.id for one in some} == {"t"}
    assert len({str(one.features) for one in some}) == len(some)


def test_a_template_without_a_grammar_is_itself() -> None:
    assert expand(OWN) == (OWN,)


def test_variants_stand_together_on_the_shelf_under_one_number() -> None:
    grammar = Grammar(headlines=("a", "b"), calls_to_action=("x", "y"))
    templates = (Template(id="first"), replace(OWN, grammar=grammar), Template(id="last"))
    shelf = lay_out(checked(Catalog(templates=templates, placements=(Placement(id="p"),))), Policy(id="home"))
    assert shelf.variant.tolist() == [0, 0, 1, 2, 3, 0]
    assert shelf.same.tolist() == [0, 1, 1, 1, 1, 5]
    assert (shelf.template_at, len(shelf.ads), shelf.n) == ({"first": 0, "t": 1, "last": 5}, 6, 6)


@pytest.mark.parametrize(
    ("template", "pointer", "code"),
    [
        (replace(OWN, grammar=Grammar(headlines=("a", "b" * 257))), "grammar/headlines/1", "bound"),
        (replace(OWN, grammar=Grammar(headlines=("a\0",))), "grammar/headlines/0", "bound"),
        (replace(OWN, grammar=Grammar(headlines=("\ud800",))), "grammar/headlines/0", "bound"),
        (replace(OWN, grammar=Grammar(calls_to_action=("a", "b", "a"))), "grammar/calls_to_action/2", "duplicate"),
        (replace(OWN, grammar=Grammar(headlines=tuple("abcdefghijk"), calls_to_action=tuple("abcdefghij"))),
         "grammar", "bound"),
        (replace(OWN, features={"headline": "x"}, grammar=Grammar(headlines=("a",))), "features/headline", "bound"),
    ],
)  # fmt: skip
def test_what_no_model_could_tell_apart_is_refused_with_its_place(template: Template, pointer: str, code: str) -> None:
    with pytest.raises(BadInput) as caught:
        checked(Catalog(templates=(Template(id="a"), template)))
    assert (caught.value.pointer, caught.value.code) == (f"#/templates/1/{pointer}", code)


def test_a_feature_that_levels_have_is_refused_where_users_tire() -> None:
    template = Template(id="t", features={"seen": True})
    checked(Catalog(templates=(template,), policies=(Policy(id="home"),)))
    with pytest.raises(BadInput, match="#/templates/0/features/seen"):
        checked(Catalog(templates=(template,), policies=(Policy(id="home", fatigue=True),)))
