"""What a generated text may not say, each with the reason's name; and what it may."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.creatives.moderation import LONGEST, Terms, read, reasons
from bandit.creatives.words import FORBIDDEN, FORBIDDEN_WITHIN
from tests.bandit.creatives.products import HOSTILE
from tests.entries import laws

FACTS = Terms(facts="Summer sale: 50 % off all shoes, best of 2026")
WIDE = {letter: ord(letter) + 0xFEE0 for letter in "abcdefghijklmnopqrstuvwxyz"}


@pytest.mark.parametrize(
    "text",
    [
        "Fresh running shoes",
        "New season, new shoes!",
        "{product.title} at {product.price}",
        "Von Läufern für Läufer",
        "夏季新品，立即选购",
        "Nouveautés d’été",
        "Новая коллекция обуви",
        "IKEA style, USB lamp",
        "Shoes from Scunthorpe and Sussex",
    ],
)
def test_plain_advertising_passes(text: str) -> None:
    assert reasons(text, "headline") == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("  \u200b ", "empty"),
        ("x" * (LONGEST["headline"] + 1), "length"),
        ("Buy\nnow", "control"),
        ("\u202esevohs", "control"),
        ("<b>Sale</b>", "markup"),
        ("Sale &#60;b", "markup"),
        ("x onclick=hit()", "markup"),
        ("see shoes.com", "link"),
        ("see shoes dot com today", "link"),
        ("http://x", "link"),
        ("write to a@b", "email"),
        ("call +49 171 2345678", "phone"),
        ("BUY SHOES NOW", "capitals"),
        ("Buy now!!", "exclamation"),
        ("Buy! Now!", "exclamation"),
        ("P\u0430ypal sh\u043ees", "scripts"),
        ("damn good shoes", "forbidden"),
        ("d a m n", "forbidden"),
        ("d\u0430mn good", "forbidden"),
        ("这双鞋他妈的好", "forbidden"),
        ("50 % off", "claim"),
        ("Half price shoes", "claim"),
        ("全国第一", "claim"),
        ("{user.name}, hello", "placeholder"),
        ("{click_url}", "placeholder"),
    ],
)
def test_what_is_refused_has_its_reason(text: str, reason: str) -> None:
    assert reason in reasons(text, "headline")


@pytest.mark.parametrize("text", ["50 % off", "Best of 2026"])
def test_what_the_shop_says_itself_may_be_said_again(text: str) -> None:
    assert reasons(text, "headline", FACTS) == ()


@pytest.mark.parametrize("text", ["60 % off", "5 % off", "500 shoes", "Only 50 left"])
def test_another_number_is_another_claim(text: str) -> None:
    assert reasons(text, "headline", FACTS) == ("claim",)


def test_a_call_to_action_is_shorter() -> None:
    assert reasons("x " * 20, "call_to_action") == ("length",)


@pytest.mark.parametrize("word", ["Acme", "acme shoes", "竞品"])
def test_a_shop_s_own_words_are_refused_too(word: str) -> None:
    assert reasons(f"better than {word} ever", "headline", Terms(forbidden=(word.upper(),))) == ("forbidden",)


@laws(100)
@given(st.sampled_from(sorted(FORBIDDEN)), st.sampled_from(["", "x ", "buy "]), st.sampled_from(["", " y", ", now"]))
def test_no_forbidden_word_hides_in_capitals_or_wide_letters(word: str, before: str, after: str) -> None:
    for way in (word, word.title(), "".join(chr(WIDE[one]) for one in word), "\u200b".join(word)):
        assert "forbidden" in reasons(f"{before}{way}{after}", "headline")


@pytest.mark.parametrize("word", FORBIDDEN_WITHIN)
def test_nor_in_a_script_without_spaces(word: str) -> None:
    assert "forbidden" in reasons(f"好{word}鞋", "headline")


@pytest.mark.parametrize("text", [one for one in HOSTILE if one != "{product.title}"])
def test_nothing_that_is_meant_as_more_than_text_passes(text: str) -> None:
    assert reasons(text, "headline")


@laws(150)
@given(st.text(max_size=40))
def test_any_text_is_judged_and_what_passes_is_one_line_of_plain_text(text: str) -> None:
    if not reasons(text, "headline"):
        assert not set("<>@\n\0").intersection(text)
        assert all(unicodedata.category(one)[0] != "C" for one in text)


@laws(80)
@given(st.text(max_size=40))
def test_reading_a_text_twice_changes_nothing(text: str) -> None:
    assert read(read(text)) == read(text)
