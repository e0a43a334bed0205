"""What a generated text may not say: rules that give the same answer every time, each with a reason's name.

A text is looked at as readers see it: compatibility forms are folded (full-width letters, ligatures), invisible
characters taken out, and letters of other alphabets that look Latin read as Latin, so that none of these hides a word.
The rules refuse too much rather than too little; whoever wants a refused text writes it into the grammar.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple, get_args

from bandit.creatives import placeholders
from bandit.creatives.lookalikes import LATIN
from bandit.creatives.slots import ProposalKind
from bandit.creatives.words import FORBIDDEN, FORBIDDEN_WITHIN
from bandit.features import STRING_BYTES

LONGEST: dict[ProposalKind, int] = {"headline": 90, "call_to_action": 25}  # characters
KINDS: tuple[ProposalKind, ...] = get_args(ProposalKind)

_LINK = re.compile(
    r"https?:|www\.|javascript:|data:|"
    r"\w\s?(?:\.|\bdot\b)\s?(?:com|net|org|io|cn|de|shop|info|biz|ru|co|me|ly|xyz|top|example)\b"
)
_EMAIL = re.compile(r"\S@\S|\bat\b\s?\w+\s?\bdot\b")
_PHONE = re.compile(r"(?:\+|\b)\d(?:[\s()./-]{0,2}\d){6,}")
_MARKUP = re.compile(r"[<>]|&(?:#\w+|[a-z]+);|\bon[a-z]+\s*=|\\u00|%3c")
_NUMBER = re.compile(r"[€$£¥]?\s?\d+(?:[.,]\d+)*\s?[%‰€$£¥折]?")  # with its unit: 30 days are not 30 %
# Words that promise what only the shop can keep, in English and Chinese.
_CLAIM = re.compile(
    r"\b(?:free|half price|half off|guarantee[ds]?|best|cheapest|lowest price|no\.? ?1|number one|clinically|proven|"
    r"cures?|risk[- ]free|double|twice)\b|免费|半价|保证|最好|最低价|最便宜|第一|根治|包治"
)
_SHOUTED = 0.7  # share of letters that are capitals
_WORD = re.compile(r"[^\W_]+")


class Terms(NamedTuple):
    """What may be said besides the plain words."""

    facts: str = ""  # what the shop says itself: numbers and claims in it may be repeated
    forbidden: tuple[str, ...] = ()  # the shop's own words, besides those shipped


NOTHING = Terms()


def reasons(text: str, kind: ProposalKind, terms: Terms = NOTHING) -> tuple[str, ...]:
    """Why the text is refused, by name; nothing: it may be used once somebody approves it.

    empty, length, control, markup, link, email, phone, capitals, exclamation, scripts, forbidden, claim, placeholder

    >>> reasons("Fresh running shoes", "headline")
    ()
    >>> reasons("50 % OFF!!! www.shoes.example.com", "headline")
    ('link', 'exclamation', 'claim')
    >>> reasons("50 % off", "headline", Terms(facts="Summer sale: 50 % off all shoes"))
    ()
    """
    seen = read(text)
    found = {
        "empty": not seen.strip(),
        "length": len(text) > LONGEST[kind] or len(text.encode(errors="replace")) > STRING_BYTES,
        "control": any(unicodedata.category(one) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") for one in text),
        "markup": bool(_MARKUP.search(seen)),
        "link": bool(_LINK.search(seen)),
        "email": bool(_EMAIL.search(seen)),
        "phone": bool(_PHONE.search(seen)),
        "capitals": _shouts(text),
        "exclamation": bool(re.search(r"[!?]\s*[!?]", seen)) or seen.count("!") > 1,
        "scripts": _mixed(text),
        "forbidden": _forbidden(seen, terms.forbidden),
        "claim": _claims(seen, read(terms.facts)),
        "placeholder": any(mark not in placeholders.OF_PRODUCT for mark in re.findall(r"\{([^}]*)\}?", text)),
    }
    return tuple(name for name, holds in found.items() if holds)


def read(text: str) -> str:
    r"""The text as a reader takes it: folded, in lower case, what looks Latin as Latin.

    >>> read("\uff26r\u0435\u0435\u200b \ufb01sh")
    'free fish'
    """
    folded = unicodedata.normalize("NFKC", text)
    shown = "".join(one for one in folded if unicodedata.category(one) not in ("Cf", "Mn"))
    return shown.translate(LATIN).casefold()


def _shouts(text: str) -> bool:
    letters = [one for one in text if one.isalpha() and (one.isupper() or one.islower())]
    return len(letters) >= 6 and sum(map(str.isupper, letters)) > _SHOUTED * len(letters)


def _mixed(text: str) -> bool:
    """Whether one word is of several alphabets that do not go together, as where a Cyrillic letter stands for an a."""
    return any(len({_script(one) for one in word} - {""}) > 1 for word in _WORD.findall(text))


def _script(letter: str) -> str:
    name = unicodedata.name(letter, "")
    return next((script for script in ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE") if script in name), "")


def _forbidden(seen: str, own: Iterable[str]) -> bool:
    words = _WORD.findall(seen)
    bare = " ".join(words)
    spelt = "".join(words)  # s p e l t
    if any(part in spelt for part in FORBIDDEN_WITHIN):
        return True
    if not FORBIDDEN.isdisjoint(words) or (words and max(map(len, words)) == 1 and spelt in FORBIDDEN):
        return True
    padded = f" {bare} "
    return any(_stands(read(word).strip(), padded, spelt) for word in own)


def _stands(word: str, padded: str, spelt: str) -> bool:
    """Whether a word of the shop's is in the text: as a word, or anywhere if it is of a script without spaces."""
    if not word:
        return False
    return (word in spelt) if not word.isascii() else f" {' '.join(_WORD.findall(word))} " in padded


def _claims(seen: str, facts: str) -> bool:
    """Numbers and promises that the shop did not make."""
    stated = _numbers(facts)
    bare = re.sub(r"\{[^}]*\}", " ", seen)
    made = {found[0] for found in _CLAIM.finditer(bare)}
    return not stated.issuperset(_numbers(bare)) or any(one not in facts for one in made)


def _numbers(text: str) -> set[str]:
    return {"".join(found.split()) for found in _NUMBER.findall(text)}
