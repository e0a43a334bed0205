"""Both languages say the same, and all that pages ask for."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from service.console import kinds, page
from service.console.forms.fields import leaves
from service.console.languages import LANGUAGES, Words, words
from service.console.pages import help as keyboard

TEMPLATES = Path(page.__file__).parent / "templates"


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_all_languages_have_the_same_keys_and_placeholders() -> None:
    english = words("en").told
    for language in LANGUAGES:
        told = words(language).told
        assert told.keys() == english.keys()
        assert not [key for key in english if placeholders(told[key]) != placeholders(english[key])]
        assert not [key for key, text in told.items() if not text.strip()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_input_and_every_choice_has_its_words(language: str) -> None:
    told = words(language)
    fields = [field for kind in kinds.KINDS.values() for field in leaves(kind.fields)]
    wanted = {word for field in fields for word in (field.word, *(f"{field.word}.{one}" for one in field.choices))}
    wanted |= {f"section.{section.name}" for kind in kinds.KINDS.values() for section, _ in kind.grouped()}
    wanted |= {f"help.keys.{word}" for _, word in keyboard.KEYS} | {f"nav.{name}" for name in page.SECTIONS}
    assert sorted(wanted - told.told.keys()) == []


def test_templates_ask_for_no_word_that_is_missing() -> None:
    for template in TEMPLATES.glob("*.html"):
        asked = set(re.findall(r"""\bt\(["']([\w.]+\w)["'][,)]""", template.read_text()))
        assert sorted(key for key in asked if key not in words("en")) == []


def test_a_missing_word_shows_its_key_in_brackets_that_no_page_has() -> None:
    assert Words("en", {})("a.key") == "⟦a.key⟧"


def test_templates_hold_no_style_and_no_script_of_their_own() -> None:
    for template in TEMPLATES.glob("*.html"):
        text = template.read_text()
        assert not re.search(r"\sstyle=|\son\w+=|<style|javascript:|\| *safe", text)
        assert text.count("<script") == (template.name == "layout.html")
