"""Words and phrases are found however they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.eligibility.keywords import Phrases
from bandit.eligibility.texts import words
from tests.entries import laws

texts = st.lists(st.sampled_from(["a", "b", "B", "-", "鞋", "é", "ß", "c1"]), max_size=7).map(" ".join) | st.text(
    max_size=8
)


@laws(200)
@given(st.lists(texts, max_size=6), texts)
def test_a_phrase_is_found_where_its_words_stand_together(phrases, query) -> None:
    found = Phrases((phrase, 1 << i) for i, phrase in enumerate(phrases)).found(query)
    said = f" {' '.join(words(query))} "
    meant = [bool(words(phrase)) and f" {' '.join(words(phrase))} " in said for phrase in phrases]
    assert [bool(found >> i & 1) for i in range(len(phrases))] == meant


@pytest.mark.parametrize(
    ("phrase", "query", "inside"),
    [
        ("running shoes", "RUNNING  Shoes for men", True),
        ("running shoes", "shoes running", False),
        ("shoe", "shoes", False),
        ("cafe", "Café crème", True),
        ("ｉＰｈｏｎｅ", "iphone 15 case", True),
        ("运动鞋", "我想买运动鞋子", True),
        ("运动鞋", "运动 鞋", True),
        ("运动鞋", "运动裤和鞋", False),
        ("スニーカー", "白いｽﾆｰｶｰ", True),
        ("men's", "mens", False),
        ("Straße", "STRASSE", True),
    ],
)
def test_how_it_is_written_makes_no_difference(phrase, query, inside) -> None:
    assert bool(Phrases([(phrase, 1)]).found(query)) == inside
