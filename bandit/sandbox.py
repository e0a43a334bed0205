"""What a template's own HTML may say: tags that show, texts and links, and placeholders where escaping is enough.

The HTML is not repaired but refused, and only a small, strict form of it is accepted, which every parser reads alike:
known tags, closed in order, attributes in double or single quotes and given once, no comments, no other `<`. So
what a browser makes of an accepted template is what was checked here, whatever fills its placeholders.
"""

from __future__ import annotations

import re
from functools import lru_cache

from bandit.links import Hosts


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TAGS = _words(
    "a abbr article aside b bdi bdo blockquote br caption cite code dd del dfn div dl dt em figcaption figure footer "
    "h1 h2 h3 h4 h5 h6 header hr i img ins kbd li mark ol p pre q s samp section small span strong sub sup "
    "table tbody td tfoot th thead time tr u ul var video wbr"
)
VOID = _words("br hr img wbr")
HEADINGS = _words("h1 h2 h3 h4 h5 h6")
BLOCKS = HEADINGS | _words(
    "article aside blockquote div dl figcaption figure footer header hr ol p pre section table ul"
)
# Where a browser moves what stands in the wrong place: children of these tags are of these and nothing else.
INSIDE = {
    "table": _words("caption thead tbody tfoot"),
    "thead": _words("tr"),
    "tbody": _words("tr"),
    "tfoot": _words("tr"),
    "tr": _words("td th"),
    "ul": _words("li"),
    "ol": _words("li"),
    "dl": _words("dt dd"),
}
DEEPEST = 64  # tags within tags; browsers flatten what is far deeper

TEXTS = _words("alt title aria-label aria-description")  # shown or read out; may hold placeholders
# No id or name, which shadow names of the page's scripts, and no data-, which some of those take orders from.
WORDS = _words(
    "class lang dir role hidden aria-hidden width height loading decoding colspan rowspan scope datetime "
    "controls muted playsinline loop"  # of videos; nothing starts by itself
)
CHOICES = {
    "target": _words("_blank _self _top"),
    "rel": _words("sponsored nofollow noopener noreferrer ugc external"),  # not opener
    "preload": _words("none metadata"),
}
URLS = {  # these, or a literal URL
    ("a", "href"): ("{click_url}", "{image_url}"),
    ("img", "src"): ("{image_url}",),
    ("video", "src"): ("{video_url}",),
    ("video", "poster"): ("{image_url}",),
}

PLACEHOLDER = re.compile(
    r"\{(?:title|description|image_url|video_url|click_url|price|was_price|call_to_action"
    r"|product\.(?:title|price|was_price|brand|category))\}"
)
_SPACE = "[ \t\r\n]"  # of a tag; Python's \s is more than a browser's
_TAG = re.compile(
    r"<(?P<end>/?)(?P<name>[a-z][a-z0-9]*)"
    rf"(?P<attributes>(?:{_SPACE}+[a-z-]+(?:=(?:\"[^\"<>]*\"|'[^'<>]*'))?)*){_SPACE}*(?P<void>/?)>"
)
_ATTRIBUTE = re.compile(r"([a-z-]+)(?:=(?:\"([^\"]*)\"|'([^']*)'))?")
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Declarations of plain words, numbers, colours and these functions: no URL, no escape, no comment, no second rule.
_STYLE = re.compile(
    r"(?:[\w\s#%.,:;!+*/-]|\b(?:rgba?|hsla?|calc|min|max|clamp|linear-gradient|translate|rotate|scale)\(|\))*", re.ASCII
)
_STYLE_LEAVES = re.compile(
    r"/\*|//|\b(?:position\s*:\s*(?:fixed|sticky)|behaviou?r\s*:|[\w-]*binding\s*:)", re.IGNORECASE
)


class _Unsafe(Exception):
    """Why a template is refused."""


def why_not(html: str, hosts: Hosts) -> str | None:
    """What speaks against a template's HTML, one sentence; None if nothing does.

    >>> why_not('<a href="{click_url}">{title}</a>', Hosts()) is None
    True
    >>> why_not('<script>x</script>', Hosts())
    '<script> is not among the tags a template may have'
    """
    return _checked(html, hosts)


@lru_cache(maxsize=1_000)  # 20 MB at most
def _checked(html: str, hosts: Hosts) -> str | None:
    try:
        _check(html, hosts)
    except _Unsafe as fault:
        return str(fault)
    return None


def _check(html: str, hosts: Hosts) -> None:
    if _UNSEEN.search(html):
        raise _Unsafe("a control character")
    stack: list[str] = []
    at = 0
    while at < len(html):
        start = html.find("<", at)
        _text(html[at : start if start >= 0 else len(html)], stack)
        if start < 0:
            break
        found = _TAG.match(html, start)
        if not found:
            raise _Unsafe(_unread(html[start : start + 40]))
        _element(found, stack, hosts)
        at = found.end()
    if stack:
        raise _Unsafe(f"<{stack[-1]}> is not closed")


def _unread(piece: str) -> str:
    if piece.startswith(("<!", "<?")):
        return "comments and declarations are not taken"
    return f"{piece!r} is no tag as it is taken: lower case, every attribute value in quotes, no '<' or '>' in it"


def _text(text: str, stack: list[str]) -> None:
    if stack and stack[-1] in INSIDE and text.strip(" \t\r\n"):
        raise _Unsafe(f"text directly in <{stack[-1]}>, where a browser would move it")
    if ">" in text:
        raise _Unsafe("a '>' outside a tag; write &gt;")


def _element(found: re.Match[str], stack: list[str], hosts: Hosts) -> None:
    name = found["name"]
    if name not in TAGS:
        raise _Unsafe(f"<{name}> is not among the tags a template may have")
    if found["end"]:
        if found["attributes"] or found["void"] or not stack or stack[-1] != name:
            raise _Unsafe(f"</{name}> closes nothing that is open there")
        stack.pop()
        return
    _place(name, stack)
    _attributes(name, found["attributes"], hosts)
    if name not in VOID:
        if found["void"]:
            raise _Unsafe(f"<{name}/> does not close itself")
        stack.append(name)


def _place(name: str, stack: list[str]) -> None:
    parent = stack[-1] if stack else ""
    if name not in INSIDE.get(parent, TAGS):
        raise _Unsafe(f"<{name}> cannot stand directly in <{parent}>")
    wanted = sorted(tag for tag, children in INSIDE.items() if name in children)
    if wanted and parent not in wanted:
        raise _Unsafe(f"<{name}> stands in {' or '.join(f'<{tag}>' for tag in wanted)} only")
    if (name == "a" and "a" in stack) or (name in BLOCKS and "p" in stack):
        raise _Unsafe(f"<{name}> within <{'a' if name == 'a' else 'p'}>, which it would close")
    if name in HEADINGS and not HEADINGS.isdisjoint(stack):
        raise _Unsafe(f"<{name}> within another heading")
    if len(stack) >= DEEPEST:
        raise _Unsafe(f"more than {DEEPEST} tags within one another")


def _attributes(tag: str, text: str, hosts: Hosts) -> None:
    seen: set[str] = set()
    for name, double, single in _ATTRIBUTE.findall(text):
        if name in seen:
            raise _Unsafe(f"{name} stands twice in <{tag}>")
        seen.add(name)
        _attribute(tag, name, double or single, hosts)


def _attribute(tag: str, name: str, value: str, hosts: Hosts) -> None:
    if name in TEXTS:
        return
    if (tag, name) in URLS:
        _url(tag, name, value, hosts)
    elif PLACEHOLDER.search(value):
        raise _Unsafe(f"a placeholder in {name}, where escaping is not enough")
    elif name == "style":
        _style(value)
    elif name in CHOICES:
        if not CHOICES[name].issuperset(value.split()):
            raise _Unsafe(f"{name} of <{tag}> is of {', '.join(sorted(CHOICES[name]))}")
    elif name.startswith("on"):
        raise _Unsafe(f"{name}: event handlers are scripts")
    elif name not in WORDS:
        raise _Unsafe(f"{name} is not among the attributes <{tag}> may have")


def _url(tag: str, name: str, value: str, hosts: Hosts) -> None:
    if value in URLS[tag, name]:
        return
    if PLACEHOLDER.search(value):
        wanted = " or ".join(URLS[tag, name])
        raise _Unsafe(f"a placeholder as part of {name} of <{tag}>; there it must be the whole value, {wanted}")
    if "&" in value.replace("&amp;", ""):  # what readers make of other references differs
        raise _Unsafe(f"{name} of <{tag}>: write & as &amp;")
    if fault := hosts.why_not(value.replace("&amp;", "&")):
        raise _Unsafe(f"{name} of <{tag}>: {fault}")


def _style(value: str) -> None:
    if not _STYLE.fullmatch(value) or _STYLE_LEAVES.search(value):
        raise _Unsafe("style: no URL, escape, comment, unknown function, quotes, or position outside the banner")
