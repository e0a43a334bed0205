"""A template's creative as HTML, each value escaped for where it stands; `bandit.sandbox` says where it may stand."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape

from bandit.catalog import Creative
from bandit.links import ANY
from bandit.sandbox import why_not

_PLACEHOLDER = re.compile(r"\{(title|description|image_url)\}")


def html(creative: Creative, click_url: str | None) -> str:
    """The shop's own HTML with its placeholders filled, or a plain linked banner where there is none.

    click_url  where a click is counted; None leaves the link out of a plain banner and empty in the shop's HTML

    >>> html(Creative(title="Shoes & more", html="<b>{title}</b>"), None)
    '<b>Shoes &amp; more</b>'
    """
    return escape(click_url or "", quote=True).join(_around_links(creative, click_url is not None))


@lru_cache(maxsize=10_000)
def _around_links(creative: Creative, linked: bool) -> tuple[str, ...]:
    """The HTML before, between and behind the places where the click's URL stands: the same for every request."""
    values = {"title": creative.title, "description": creative.description, "image_url": creative.image_url or ""}
    filled = {name: escape(value, quote=True) for name, value in values.items()}
    pieces = [_PLACEHOLDER.sub(lambda found: filled[found[1]], part) for part in _parts(creative, linked)]
    return tuple(pieces)


def _parts(creative: Creative, linked: bool) -> list[str]:
    own = creative.html
    if not own or why_not(own, ANY):  # a catalog of an older version may hold what is refused now
        own = _plain(creative, linked)
    return own.split("{click_url}")


def _plain(creative: Creative, linked: bool) -> str:
    parts = ['<img src="{image_url}" alt="{title}">'] if creative.image_url else []
    parts += ["<strong>{title}</strong>"] if creative.title else []
    parts += ["<span>{description}</span>"] if creative.description else []
    inside = "".join(parts)
    return f'<a href="{{click_url}}" rel="sponsored noopener">{inside}</a>' if linked else inside
