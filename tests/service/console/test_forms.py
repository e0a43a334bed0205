"""A form gives back what it was shown, keeps what nobody touched, and takes no text for more than it says."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import pytest
from hypothesis import Phase, given
from hypothesis import strategies as st

from bandit.catalog import Campaign, Placement, Template
from bandit.config import Policy
from bandit.errors import BadInput
from service.console.forms import documents
from service.console.forms.fields import Field, fields_of, leaves, without
from service.console.forms.reading import Read, read, settled
from service.console.forms.values import texts
from service.console.kinds import KINDS
from tests.entries import laws

SEEK = (Phase.explicit, Phase.generate)  # values are large: to shrink one takes minutes

words = st.text("abcxyz é中-", min_size=1, max_size=8).map(str.strip).filter(bool)
numbers = st.integers(0, 9) | st.sampled_from([0.25, 1e-6, 3.5])
wild = st.text(max_size=30) | st.sampled_from(["1e999", "nan", "-", "[", "a: &x [*x]", "\0", "x" * 5_000, "- - - -"])


def plain(field: Field) -> st.SearchStrategy[Any]:
    """Values of about the right kind, as JSON has them; most break no bound."""
    found: dict[str, st.SearchStrategy[Any]] = {
        "whole": st.integers(0, 9),
        "number": numbers,
        "mixed": st.integers(0, 23) | st.just("18:30"),
        "flag": st.booleans(),
        "choice": st.sampled_from(field.choices or ("",)),
        "moment": st.datetimes(min_value=datetime(2, 1, 1)).map(lambda at: at.replace(microsecond=0).isoformat() + "Z"),
        "lines": st.lists(words, max_size=3),
        "several": st.lists(st.sampled_from(field.choices or ("",)), unique=True, max_size=3),
        "document": st.dictionaries(words, numbers | words, max_size=2),
        "money": st.fixed_dictionaries({"value": numbers, "currency": st.just("EUR")}),
    }
    if field.fields:
        inside = whole(field.fields)
        found |= {"group": inside, "rows": st.lists(inside, max_size=2)}
    strategy = found.get(field.kind, words)
    return st.none() | strategy if field.optional else strategy


def whole(fields: tuple[Field, ...]) -> st.SearchStrategy[dict[str, Any]]:
    """What a struct may hold; most of what its fields would refuse is left out."""
    drawn = st.fixed_dictionaries({field.name: plain(field) for field in fields})
    return drawn.map(lambda value: {field.name: value[field.name] for field in fields if taken(field, value)})


def taken(field: Field, value: dict[str, Any]) -> bool:
    try:
        msgspec.convert({"value": value[field.name]}, field.check)
    except msgspec.ValidationError:
        return field.required
    return True


STRUCTS: list[type[msgspec.Struct]] = [Campaign, Template, Placement, Policy]
VALUES = {struct: whole(fields_of(struct)) for struct in STRUCTS}


def shown(fields: tuple[Field, ...], value: dict[str, Any], before: dict[str, Any] | None = None) -> Read:
    sent = settled(fields, texts(fields, value))
    return read(fields, sent, (settled(fields, texts(fields, before)), before) if before else None)


@pytest.mark.parametrize("struct", STRUCTS)
@laws(25, seek=SEEK)
@given(data=st.data())
def test_a_value_that_is_sound_comes_back_as_it_was(struct: type[msgspec.Struct], data: st.DataObject) -> None:
    fields = fields_of(struct)
    value = data.draw(VALUES[struct])
    try:
        wanted = msgspec.convert(value, struct)
    except msgspec.ValidationError:
        return
    found = shown(fields, msgspec.to_builtins(wanted))
    assert not found.faults
    again = msgspec.to_builtins(msgspec.convert(found.value, struct))
    assert texts(fields, again) == texts(fields, msgspec.to_builtins(wanted))


@pytest.mark.parametrize("struct", STRUCTS)
@laws(25, seek=SEEK)
@given(data=st.data())
def test_what_nobody_touched_stays_to_the_letter(struct: type[msgspec.Struct], data: st.DataObject) -> None:
    fields = fields_of(struct)
    value = data.draw(VALUES[struct])
    try:
        wanted = msgspec.convert(value, struct)
    except msgspec.ValidationError:
        return
    before = msgspec.to_builtins(wanted)
    found = shown(fields, before, before | {"unheard": "of"})
    assert found.value.pop("unheard") == "of"
    assert msgspec.convert(found.value, struct) == wanted


@pytest.mark.parametrize("struct", STRUCTS)
@laws(25, seek=SEEK)
@given(data=st.data())
def test_no_text_crashes_it_and_all_it_takes_is_sound(struct: type[msgspec.Struct], data: st.DataObject) -> None:
    fields = fields_of(struct)
    sent = texts(fields, data.draw(VALUES[struct]))
    names = [*sent, "caps.0.hours", "caps.7.hours", "caps.9999.x", "", "budget?", "targeting?"]
    sent |= data.draw(st.dictionaries(st.sampled_from(names), st.lists(wild, min_size=1, max_size=2), max_size=6))
    found = read(fields, settled(fields, sent))
    if not found.faults:
        for field in fields:
            if field.name in found.value:
                msgspec.convert({"value": found.value[field.name]}, field.check)


def test_rows_that_are_empty_are_left_out_and_the_others_keep_their_faults() -> None:
    fields = fields_of(Placement)
    given = {"id": ["a"], "caps.0.hours": [""], "caps.3.hours": ["24"], "caps.3.impressions": ["none"]}
    sent = settled(fields, given)
    assert {name for name in sent if name.startswith("caps")} == {"caps.0.hours", "caps.0.impressions"}
    assert {name: told.code for name, told in read(fields, sent).faults.items()} == {"caps.0.impressions": "whole"}


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("priority", "ten", "whole"),
        ("priority", "10", "between"),
        ("starts_at", "tomorrow", "moment"),
        ("advertiser", "a b", "id"),
        ("caps.0.hours", "0", "above"),
        ("price.amount.value", "much", "number"),
        ("price.amount.currency", "euro", "currency"),
        ("budget.zone", "Nowhere/Else", "other"),
        ("targeting.any", "[{page: {}}]", "other"),
        ("targeting.any", "a: [", "other"),
        ("targeting.query", "?!", "other"),
    ],
)
def test_each_fault_is_told_at_its_input(name: str, text: str, code: str) -> None:
    fields = fields_of(Campaign)
    given = {
        "id": ["a"],
        "price?": ["on"],
        "price.per": ["click"],
        "price.amount.value": ["1"],
        "price.amount.currency": ["EUR"],
        "caps.0.impressions": ["1"],
        "caps.0.hours": ["1"],
        "targeting?": ["on"],
        "targeting.country": ["DE"],
        "budget?": ["on"],
        "budget.daily.value": ["5"],
        "budget.daily.currency": ["EUR"],
    }
    assert read(fields, settled(fields, given)).faults == {}
    faults = read(fields, settled(fields, given | {name: [text]})).faults
    assert [told.code for told in faults.values()] == [code]
    assert next(iter(faults)) in (name, name.rpartition(".")[0])


@pytest.mark.parametrize(
    "text",
    ["a: &x 1\nb: *x", "&a [*a]", "[" * 50_000, "{a: " * 999, "!!python/x:os.system {}", "a: b: c", "\0", "? [a]\n: b"],
)  # fmt: skip
def test_a_document_that_is_a_trap_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        documents.read(text)


trees = st.recursive(
    st.none() | st.booleans() | st.integers() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)


@laws(100)
@given(trees)
def test_a_document_says_what_was_written(value: Any) -> None:
    assert documents.read(documents.written(value)) == (value if value not in ([], {}) else None)


def test_every_field_of_every_kind_has_its_input_under_a_heading() -> None:
    for kind in KINDS.values():
        grouped = [field.name for _, fields in kind.grouped() for field in fields]
        assert sorted(grouped) == sorted(field.name for field in kind.fields)
        assert not [section.name for section, _ in kind.grouped() if section.name == "more"], "name it in a section"


def test_what_is_set_apart_has_no_input() -> None:
    found = without(fields_of(Template), {"Grammar.proposed"})
    assert "Grammar.headlines" in {field.word for field in leaves(found)}
    assert "Grammar.proposed" not in {field.word for field in leaves(found)}
