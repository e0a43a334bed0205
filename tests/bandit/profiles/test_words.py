"""Texts as hashed words: few, the same whatever the case, of any script, and of any text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.profiles.activity import WORDS
from bandit.profiles.words import hashed, words
from tests.entries import laws


@laws(100)
@given(st.text(max_size=300))
def test_any_text_has_a_bounded_number_of_different_hashes_of_32_bits(text: str) -> None:
    found = hashed(text)
    assert len(set(words(text))) == len(words(text))
    assert len(found) == min(len(words(text)), WORDS)
    assert all(0 <= token < 2**32 for token in found)


@laws(100)
@given(st.text(max_size=100))
def test_words_of_words_are_themselves(text: str) -> None:
    spaced = " ".join(words(text))
    assert words(spaced) == words(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Red shoes, RED!", ["red", "shoes"]),
        ("ＳＨＯＥＳ 43", ["shoes", "43"]),
        ("l'été c’est beau", ["l'été", "c’est", "beau"]),
        ("红色Nike鞋", ["红色", "nike", "鞋"]),
        ("ランニングシューズ", ["ラン", "ンニ", "ニン", "ング", "グシ", "シュ", "ュー", "ーズ"]),
        ("красные туфли", ["красные", "туфли"]),
        (" \0\n_-", []),
    ],
)
def test_words_of_each_script(text: str, found: list[str]) -> None:
    assert words(text) == found
