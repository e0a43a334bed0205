"""How pleased a review sounds, by VADER's list of English words.

It knows English and emoticons, and nothing else. In other languages it reads nonsense (the German `die` is a bad word
to it), so what does not look English has no score; nor has Chinese. A rating says more than words, and needs none.
Source: Hutto & Gilbert, ICWSM 2014.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

LONGEST = 400  # characters looked at: the time it takes grows with their square, 1 ms for these
LATIN = 0.9  # least share of letters that are plain Latin ones
MIDDLE, HALF = 3.0, 2.0  # of ratings from 1 to 5

# Small words that tell languages apart; of the others German, French, Spanish, Italian, Dutch and Portuguese.
_SMALL_ENGLISH = "a and are but for i in is it my not of on the they this to very was were with you"
_SMALL_OTHERS = """
aber auch das der die ein eine ich ist mit nicht sehr und war zu
avec c'est de des est et je la le les mais pas pour qui très un une
con del el en es esta está los las me mi muy no para pero por que un una y
che di e gli il ma molto non per sono così è
als dat een en het ik maar met niet van voor zijn
com da do em eu mas não muito o os para uma
"""
_ENGLISH, _OTHERS = frozenset(_SMALL_ENGLISH.split()), frozenset(_SMALL_OTHERS.split())
_LETTERS = re.compile(r"[^\W\d_]")
_PLAIN = re.compile(r"[A-Za-z]")
_WORDS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


def of_rating(rating: float) -> float:
    """A rating from 1 to 5 as a sentiment from -1 to 1.

    >>> of_rating(5.0), of_rating(2.5)
    (1.0, -0.25)
    """
    return (rating - MIDDLE) / HALF


def of_text(text: str) -> float | None:
    """The sentiment of an English text, from -1 to 1; None for another language, or where no word says anything.

    >>> of_text("I love them, very comfortable"), of_text("质量很好"), of_text("Die Schuhe sind gut")
    (0.8313, None, None)
    """
    given = text[:LONGEST]
    if not _looks_english(given):
        return None
    found = _analyser().polarity_scores(given)
    return None if found["neu"] == 1.0 or not found["neg"] + found["pos"] else float(found["compound"])


def _looks_english(text: str) -> bool:
    letters = len(_LETTERS.findall(text))
    if not letters or len(_PLAIN.findall(text)) < LATIN * letters:
        return False
    words = [word.lower() for word in _WORDS.findall(text)]
    english = sum(word in _ENGLISH for word in words)
    return english >= sum(word in _OTHERS for word in words)


@cache
def _analyser() -> Any:
    """Made when the first review comes: it reads a list of 7,500 words."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer  # noqa: PLC0415

    return SentimentIntensityAnalyzer()
