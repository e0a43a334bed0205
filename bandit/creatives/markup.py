"""A filled ad as HTML: no script, no value that could be anything but text where it stands.

The shop's own HTML is shown as the shop wrote it, its placeholders filled. Where there is none, an ad is made here: of
the page's own font and colours, so that it stands in a light page as in a dark one, and of nothing that needs a script.
A carousel is a list that scrolls by itself, by finger and by the arrow keys.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from html import escape

import msgspec

from bandit.catalog import Creative
from bandit.creatives.filled import Filled, Item
from bandit.links import ANY
from bandit.sandbox import PLACEHOLDER, why_not

_FRAME = "box-sizing:border-box;max-width:100%;overflow:hidden;font-family:inherit;color:inherit;line-height:1.35"
_LINK = "color:inherit;text-decoration:none"
_COVER = "display:block;width:100%;object-fit:cover;border-radius:8px"
_TWO_LINES = (
    "display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical;overflow:hidden;overflow-wrap:anywhere"
)
_TITLE = f"{_TWO_LINES};font-size:1.05em"
_WORDS = f"{_TWO_LINES};font-size:.875em;opacity:.8"
_CALL = (
    "display:inline-block;flex:none;margin-top:.5em;padding:.3em .9em;border:1px solid currentColor;"
    "border-radius:999px;font-size:.875em;font-weight:600"
)
_SCROLL = "margin-top:8px;overflow-x:auto;scroll-snap-type:x mandatory;overscroll-behavior-x:contain"
_LIST = "display:flex;gap:12px;margin:0;padding:0 0 8px;list-style:none"
_APART = "margin-top:8px"
_STEP = "flex:0 0 min(44%,180px);scroll-snap-align:start"


def html(creative: Creative, filled: Filled, click_url: str | None, item_urls: Sequence[str] = ()) -> str:
    """The ad: the shop's own HTML where the template has any, else one of ours by its format.

    click_url  where a click is counted; None leaves links out of our HTML and empty in the shop's
    item_urls  [items] where a click on each product of a carousel is counted; none: `click_url`
    """
    if filled.items or click_url is None:
        return _made(creative, filled, click_url, item_urls)
    around = _around_links(creative, filled)
    return escape(click_url).join(around) if around else _made(creative, filled, click_url, item_urls)


@lru_cache(maxsize=10_000)
def _around_links(creative: Creative, filled: Filled) -> tuple[str, ...]:
    """The HTML before, between and behind the places where the click's URL stands; nothing if a value has its mark."""
    values = (creative.html, *msgspec.structs.astuple(filled))
    marked = any(isinstance(value, str) and _MARK in value for value in values)
    return () if marked else tuple(_made(creative, filled, _MARK, ()).split(_MARK))


_MARK = "\ue000click\ue000"  # where the URL will stand


def _made(creative: Creative, filled: Filled, click_url: str | None, item_urls: Sequence[str]) -> str:
    if creative.html and (pieces := _own(creative.html)):
        return "".join([_value(piece, filled, click_url) if i % 2 else piece for i, piece in enumerate(pieces)])
    return _MADE[filled.format](filled, click_url, item_urls)


@lru_cache(maxsize=2_000)
def _own(own: str) -> tuple[str, ...]:
    """The shop's HTML with every second piece a placeholder's name; nothing if it would be refused now."""
    return () if why_not(own, ANY) else tuple(re.split(f"({PLACEHOLDER.pattern})", own))


def _value(placeholder: str, filled: Filled, click_url: str | None) -> str:
    name = placeholder[1:-1]
    if name == "click_url":
        return escape(click_url or "")
    if name.startswith("product."):
        return escape(getattr(filled.items[0], name.removeprefix("product."))) if filled.items else ""
    return escape(getattr(filled, name) or "")


def _plain(filled: Filled, click_url: str | None, _item_urls: Sequence[str]) -> str:
    """Without any style: the shop's page has its own for it."""
    title = escape(filled.title)
    inside = f'<img src="{escape(filled.image_url)}" alt="{title}">' if filled.image_url else ""
    inside += f"<strong>{title}</strong>" if title else ""
    inside += f"<span>{escape(filled.description)}</span>" if filled.description else ""
    return inside if click_url is None else f'<a href="{escape(click_url)}" rel="sponsored noopener">{inside}</a>'


def _banner(filled: Filled, click_url: str | None, _item_urls: Sequence[str]) -> str:
    """As large as its place: the texts have the room they need, and the picture the rest."""
    width, height = filled.width or 0, filled.height or 0
    if width > _BESIDE * height:
        image = _image(filled, f"{_COVER};flex:0 0 auto;width:auto;height:100%;aspect-ratio:1")
        texts = f'<span style="flex:1;min-width:0">{_words(filled)}{_priced(filled)}</span>'
        return _framed(filled, _linked(f"{image}{texts}{_call(filled)}", click_url, _ROW), height)
    image = _image(filled, f"{_COVER};flex:1 1 0;min-height:0")
    texts = f'<span style="flex:0 1 auto;min-width:0">{_texts(filled)}</span>'
    return _framed(filled, _linked(image + texts, click_url, _COLUMN), height)


_BESIDE = 2.5  # a banner so many times wider than high has its picture beside the texts
_ROW = "display:flex;gap:12px;align-items:center;height:100%"
_COLUMN = "display:flex;flex-direction:column;gap:8px;height:100%"


def _native(filled: Filled, click_url: str | None, _item_urls: Sequence[str]) -> str:
    image = _image(filled, f"{_COVER};flex:0 0 34%;width:34%;align-self:flex-start;aspect-ratio:1")
    inside = f'{image}<span style="flex:1;min-width:0">{_texts(filled)}</span>'
    return _framed(filled, _linked(inside, click_url, "display:flex;gap:12px"))


def _video(filled: Filled, click_url: str | None, _item_urls: Sequence[str]) -> str:
    poster = f' poster="{escape(filled.image_url)}"' if filled.image_url else ""
    ratio = f"{_COVER};aspect-ratio:16/9"
    source = escape(filled.video_url or "")
    video = f'<video src="{source}"{poster} style="{ratio}" controls muted playsinline preload="none"></video>'
    return _framed(filled, video + _linked(_texts(filled), click_url, f"display:block;{_APART}"))


def _carousel(filled: Filled, click_url: str | None, item_urls: Sequence[str]) -> str:
    title, call = escape(filled.title), escape(filled.call_to_action)
    urls: Sequence[str | None] = item_urls if len(item_urls) == len(filled.items) else [click_url] * len(filled.items)
    steps = "".join([_step(item, url, bool(filled.price)) for item, url in zip(filled.items, urls, strict=True)])
    foot = _linked(_call(filled), click_url) if call else ""
    # A region that scrolls is reached with the tab key and scrolled with the arrow keys.
    label = title or call or escape(filled.items[0].title)
    listed = (
        f'<div role="region" aria-label="{label}" tabindex="0" style="{_SCROLL}"><ul style="{_LIST}">{steps}</ul></div>'
    )
    return _framed(filled, f"{_words(filled)}{listed}{foot}")


def _step(item: Item, url: str | None, priced: bool) -> str:
    title = escape(item.title)
    image = _picture(item.image_url, title, f"{_COVER};aspect-ratio:1") if item.image_url else ""
    price = _price(item.price, item.was_price) if priced else ""
    inside = _linked(f'{image}<span style="{_WORDS};{_APART}">{title}</span>{price}', url)
    return f'<li style="{_STEP}">{inside}</li>'


def _framed(filled: Filled, inside: str, height: int | None = None) -> str:
    high = f";height:{height}px" if height else ""
    return f'<div style="{_FRAME};width:{filled.width}px{high}">{inside}</div>'


def _linked(inside: str, url: str | None, style: str = "display:block") -> str:
    if url is None:
        return f'<span style="{style}">{inside}</span>'
    return f'<a href="{escape(url)}" rel="sponsored noopener" style="{_LINK};{style}">{inside}</a>'


def _texts(filled: Filled) -> str:
    return f"{_words(filled)}{_priced(filled)}{_call(filled)}"


def _words(filled: Filled) -> str:
    found = f'<strong style="{_TITLE}">{escape(filled.title)}</strong>' if filled.title else ""
    return found + (f'<span style="{_WORDS}">{escape(filled.description)}</span>' if filled.description else "")


def _call(filled: Filled) -> str:
    return f'<span style="{_CALL}">{escape(filled.call_to_action)}</span>' if filled.call_to_action else ""


def _priced(filled: Filled) -> str:
    return _price(filled.price, filled.was_price) if filled.price else ""


def _price(price: str, was: str) -> str:
    before = f'<s style="opacity:.65;font-size:.875em">{escape(was)}</s> ' if was else ""
    return f'<span style="display:block;margin-top:.25em">{before}<b>{escape(price)}</b></span>'


def _image(filled: Filled, style: str) -> str:
    return _picture(filled.image_url, escape(filled.title), style) if filled.image_url else ""


def _picture(url: str, alt: str, style: str) -> str:
    return f'<img src="{escape(url)}" alt="{alt}" loading="lazy" style="{style}">'


_Made = Callable[[Filled, str | None, Sequence[str]], str]
_MADE: dict[str | None, _Made] = {
    None: _plain,
    "banner": _banner,
    "native": _native,
    "carousel": _carousel,
    "video": _video,
}
