"""What stands in braces in a template's own texts: a product's field, or another text of the template.

    {product.title} {product.price} {product.was_price} {product.brand} {product.category}
    {title} {description} {call_to_action}

Texts are filled once: what comes from a product is never looked through for braces.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from bandit.errors import BadInput

OF_PRODUCT = ("product.title", "product.price", "product.was_price", "product.brand", "product.category")
OF_TEMPLATE = ("title", "description", "call_to_action")
KNOWN = frozenset(OF_PRODUCT + OF_TEMPLATE)

_NAME = r"[a-z][a-z_]*(?:\.[a-z_]+)*"
MARK = re.compile(rf"\{{({_NAME})\}}")
_CUT = re.compile(rf"(\{{{_NAME}\}})")
_SPACES = re.compile(r"[ \t]{2,}")
MOST = 20  # placeholders of one text
LONGEST = 2_000  # characters of a text with those of the template set in, as of any text


def check(texts: Mapping[str, str], *, at: str, product: bool) -> None:
    """Raises BadInput, with a pointer below `at`, for placeholders that are unknown, in a circle, or never filled.

    texts    the template's own, by the names of OF_TEMPLATE
    product  whether a product fills the template

    >>> check({"title": "{description}!", "description": "{title}?"}, at="#/templates/3/creative", product=True)
    Traceback (most recent call last):
    bandit.errors.BadInput: #/templates/3/creative/title: {title} stands in itself, by way of {description}
    """
    for name, text in texts.items():
        marks = MARK.findall(text)
        if len(marks) > MOST:
            raise BadInput(f"{at}/{name}", "placeholder", f"at most {MOST} placeholders, not {len(marks)}")
        for mark in marks:
            if mark not in KNOWN:
                wanted = ", ".join(f"{{{one}}}" for one in OF_PRODUCT + OF_TEMPLATE)
                raise BadInput(f"{at}/{name}", "placeholder", f"{{{mark[:64]}}} is unknown; there are {wanted}")
            if mark in OF_PRODUCT and not product:
                detail = f"{{{mark}}} needs a product, and none fills this template: give it a `filling`"
                raise BadInput(f"{at}/{name}", "placeholder", detail)
    for name in texts:
        if circle := _circle(name, texts):
            by_way = ", ".join(f"{{{one}}}" for one in circle[1:])
            detail = f"{{{name}}} stands in itself" + (f", by way of {by_way}" if by_way else "")
            raise BadInput(f"{at}/{name}", "circular", detail)
    for name, text in flat(texts).items():
        if len(text) > LONGEST:
            detail = f"at most {LONGEST} characters with its placeholders filled, not {len(text)}"
            raise BadInput(f"{at}/{name}", "bound", detail)


def _circle(start: str, texts: Mapping[str, str]) -> list[str]:
    """A way from a text back to itself; empty if there is none."""
    ways = [[start]]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for mark in MARK.findall(texts.get(way[-1], "")):
            if mark == start:
                return way
            if mark in texts and mark not in seen:
                seen.add(mark)
                ways.append([*way, mark])
    return []


def flat(texts: Mapping[str, str]) -> dict[str, str]:
    """The texts with those of the template set into one another; of a product's, braces remain.

    What stands in itself, in a catalog of an older version, stays as it is.

    >>> flat({"title": "New", "description": "{title}: {product.title}"})
    {'title': 'New', 'description': 'New: {product.title}'}
    """
    if not any("{" in text for text in texts.values()) or any(_circle(name, texts) for name in texts):
        return dict(texts)

    def whole(text: str) -> str:
        return MARK.sub(lambda found: whole(texts[found[1]]) if found[1] in texts else found[0], text)

    return {name: whole(text) for name, text in texts.items()}


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with what is in braces; what has no value leaves no double space.

    >>> filled("Now {product.brand} for {product.price}", {"product.brand": "", "product.price": "€5"})
    'Now for €5'
    """
    if "{" not in text:
        return text
    pieces = _pieces(text)
    found = [values.get(one[1:-1], one) if i % 2 else one for i, one in enumerate(pieces)]
    whole = "".join(found)
    return whole if all(found[1::2]) else _SPACES.sub(" ", whole).strip()


@lru_cache(maxsize=10_000)
def _pieces(text: str) -> list[str]:
    """The text cut up, every second piece a placeholder."""
    return _CUT.split(text)
