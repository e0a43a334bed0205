"""A creative that comes with a request, as HTML: its texts are plain, nothing in braces in them is filled."""

from __future__ import annotations

from functools import lru_cache

from bandit.catalog import Creative
from bandit.creatives import markup
from bandit.creatives.filled import Filled, as_it_stands


def html(creative: Creative, click_url: str | None) -> str:
    """The shop's own HTML with its placeholders filled, or a plain linked banner where there is none.

    click_url  where a click is counted; None leaves the link out of a plain banner and empty in the shop's HTML

    >>> html(Creative(title="Shoes & more", html="<b>{title}</b>"), None)
    '<b>Shoes &amp; more</b>'
    """
    return markup.html(creative, filled(creative), click_url)


@lru_cache(maxsize=10_000)
def filled(creative: Creative) -> Filled:
    """What such a creative shows."""
    return as_it_stands(creative)
