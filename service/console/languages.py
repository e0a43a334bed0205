"""What the pages say, in each language: `words/<language>.yaml`, one catalogue of messages a language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from service.console.forms.documents import read

LANGUAGES = {"en": "English", "zh": "中文"}
TAGS = {"en": "en-GB", "zh": "zh-Hans"}  # as HTML names them
COOKIE = "adbandit_language"

_FOLDER = Path(__file__).parent / "words"


class Words:
    """The messages of one language, by dotted key."""

    def __init__(self, language: str, told: Mapping[str, str]) -> None:
        self.language = language
        self.tag = TAGS[language]
        self.told = told

    def __call__(self, key: str, /, **values: object) -> str:
        """The message of a key; the key in brackets where there is none, which tests look for."""
        found = self.told.get(key)
        return found.format(**values) if found is not None else f"⟦{key}⟧"

    def __contains__(self, key: str) -> bool:
        return key in self.told


@cache
def words(language: str) -> Words:
    """The words of one of LANGUAGES."""
    text = (_FOLDER / f"{language}.yaml").read_text(encoding="utf-8")
    return Words(language, dict(_flat("", read(text))))


def _flat(at: str, told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Nested messages by dotted key. The second of a pair is the help to the first: `Cap.hours`, `Cap.hours.help`."""
    for key, value in told.items():
        name = f"{at}.{key}" if at else str(key)
        if isinstance(value, dict):
            yield from _flat(name, value)
        elif isinstance(value, list):
            yield name, str(value[0])
            yield f"{name}.help", str(value[1])
        else:
            yield name, str(value)


def chosen(cookie: str | None, accepted: Iterable[str]) -> str:
    """The language to speak: the one chosen before, else the first that the browser asks for and we have.

    >>> chosen(None, ["fr", "zh-CN", "en"]), chosen("en", ["zh"]), chosen("xx", [])
    ('zh', 'en', 'en')
    """
    if cookie in LANGUAGES:
        return str(cookie)
    return next((tag[:2].lower() for tag in accepted if tag[:2].lower() in LANGUAGES), "en")
