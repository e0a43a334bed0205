"""Texts as they are compared: without regard to case, width or accents."""

from __future__ import annotations

import re
from functools import lru_cache
from unicodedata import category, normalize

LONGEST = 256  # characters of a request's text that are looked at; no feature is longer

_WORDS = re.compile(r"[a-z0-9]+")
# Scripts that put no space between words: each character is a word of its own there, so that a phrase is found as
# part of a longer text. Thai and Lao; Burmese; Khmer; Kana; Han.
_UNSPACED = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x31F0, 0x31FF),
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF),
)  # fmt: skip


def fold(text: str) -> str:
    r"""What two texts have in common that differ by case, width, accent or ligature only.

    >>> fold("ZÜRICH"), fold("Straße"), fold("\uff21\uff22")
    ('zurich', 'strasse', 'ab')
    """
    return text.lower() if text.isascii() else _folded(text[:LONGEST])


@lru_cache(maxsize=4_096)
def _folded(text: str) -> str:
    # Twice, since a folded letter may come apart once more. Only accents go: marks of other scripts are letters.
    apart = normalize("NFKD", normalize("NFKD", text).casefold())
    return normalize("NFC", "".join(char for char in apart if not "\u0300" <= char <= "\u036f"))


def words(text: str) -> tuple[str, ...]:
    """The folded words of a text; what is neither letter nor digit parts them.

    >>> words("Running-Shoes, size 42!"), words("买运动鞋")
    (('running', 'shoes', 'size', '42'), ('买', '运', '动', '鞋'))
    """
    folded = fold(text[:LONGEST])
    if folded.isascii():
        return tuple(_WORDS.findall(folded))
    return tuple("".join(map(_parted, folded)).split())


@lru_cache(maxsize=4_096)
def _parted(char: str) -> str:
    if category(char)[0] in "ZPSC":  # spaces, punctuation, symbols, controls
        return " "
    return f" {char} " if any(low <= ord(char) <= high for low, high in _UNSPACED) else char
