"""Texts as hashed words: all that is kept of what somebody searched for or wrote.

A hash hides a word from whoever reads the log, and not from who tries words out: it keeps less, and is no secret.
"""

from __future__ import annotations

import re
import unicodedata

import numpy as np

from bandit.kernels.hashing import murmur3
from bandit.profiles.activity import WORDS

LONGEST = 4_000  # characters looked at

# Scripts that put no space between words: their words are taken to be any two characters that stand together.
_UNSPACED = "\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]+|[^\W_{_UNSPACED}]+(?:['’][^\W_{_UNSPACED}]+)*")
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")


def words(text: str) -> list[str]:
    """The words of a text, each once, in their order, in one form whatever the case and the width.

    >>> words("Blue SHOES, blue shoes"), words("红色运动鞋")
    (['blue', 'shoes'], ['红色', '色运', '运动', '动鞋'])
    """
    found: dict[str, None] = {}
    for word in _WORD.findall(unicodedata.normalize("NFKC", text[:LONGEST]).casefold()):
        if len(word) > 2 and _IS_UNSPACED.match(word):
            found.update(dict.fromkeys(word[i : i + 2] for i in range(len(word) - 1)))
        else:
            found[word] = None
    return list(found)


def hashed(text: str) -> tuple[int, ...]:
    """MurmurHash3 of the first WORDS words of a text, 32 bit, seed 0.

    >>> [f"{token:08x}" for token in hashed("Shoes")]
    ['a7180fed']
    """
    return tuple(int(murmur3(np.frombuffer(word.encode(), np.uint8), 0)) for word in words(text)[:WORDS])
