"""A template's HTML: what could run, load, or be broken out of is refused, and the reason says what."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.catalog import Catalog, Creative, Template, checked
from bandit.errors import BadInput
from bandit.links import ANY, hosts
from bandit.sandbox import why_not
from tests.bandit.templates import ACCEPTED, templates
from tests.entries import laws

FORBIDDEN_TAGS = frozenset(
    """iframe object embed form input button meta base link style template textarea title select frame frameset applet
    audio source picture canvas dialog slot portal body html""".split()  # noqa: SIM905
)

REFUSED = {
    "script": [
        "<script>x</script>",
        "<script src='https://e.example/x.js'></script>",
        "<SCRIPT>x</SCRIPT>",
        "<scr\0ipt>",
        "<script/x>",
        "<svg><script>x</script></svg>",
        "<math><mtext></mtext></math>",
        "<noscript><p></p></noscript>",
    ],
    "handlers": [
        '<img src="{image_url}" onerror="x">',
        '<p onclick="x"></p>',
        '<p ONCLICK="x"></p>',
        '<p\fonclick="x"></p>',
        '<p/onclick="x"></p>',
        '<img src="{image_url}"onerror="x">',
        '<p\u00a0onclick="x"></p>',
    ],
    "frames": [f"<{tag}></{tag}>" for tag in FORBIDDEN_TAGS],
    "names": [
        '<p id="hero"></p>',
        '<a name="x"></a>',
        '<p data-hx-get="/x"></p>',
        '<p is="x-y"></p>',
        '<p xmlns="x"></p>',
        "<p contenteditable></p>",
        "<p autofocus></p>",
        '<a ping="https://e.example/"></a>',
        "<a download></a>",
        '<img srcset="https://e.example/x 2x">',
        '<img usemap="#x">',
        '<p slot="x"></p>',
        "<p popover></p>",
    ],
    "urls": [
        f'<a href="{url}">x</a>'
        for url in (
            "javascript:x",
            "java&#115;cript:x",
            "JAVASCRIPT:x",
            "data:text/html,x",
            "/x",
            "//e.example",
            " https://e.example",
            "https://a@e.example",
            "https://e.example/&copy=1",
            "https://e.example/?a&b",
            "&#104;ttps://e.example/",
            "&Tab;javascript:x",
            "",
            "#x",
            "mailto:a@b.example",
        )
    ],
    "images": ['<img src="{click_url}">', '<img src="/logout">', '<img src="data:image/svg+xml,x">'],
    "style": [
        f'<p style="{style}"></p>'
        for style in (
            "background:url(https://e.example)",
            "background:u\\72l(x)",
            "x:expression(1)",
            "position:fixed",
            "POSITION : sticky",
            "position:/**/fixed",
            "behavior:x",
            "-moz-binding:x",
            "background:image(x)",
            "color:{title}",
            "width:var(--x)",
            "background:&#117;rl(x)",
            "@import x",
            "content:'x'",
            "a:b}p{c:d",
        )
    ],
    "placeholders": [
        "<p title={title}></p>",
        "<p {title}></p>",
        "<{title}></{title}>",
        "<!-- {title} -->",
        '<p class="{title}"></p>',
        '<a href="{title}">x</a>',
        '<a href="https://e.example/?q={title}">x</a>',
        '<a href="{click_url}#x">x</a>',
        '<a href=" {click_url}">x</a>',
        '<a href="{click_url}{title}">x</a>',
        '<p style="{title}"></p>',
        '<p lang="{title}"></p>',
        '<p role="{title}"></p>',
        "<a href={click_url}>x</a>",
        '<p {title}="x"></p>',
        "<style>{title}</style>",
        '<a rel="{title}">x</a>',
        '<img width="{title}">',
        '<p onclick="{title}"></p>',
    ],
    "form": [
        "<p",
        "<p>",
        "</p>",
        "<b><i></b></i>",
        "<p>a<p>b</p></p>",
        '<p\u00a0class="x"></p>',
        '<p\x0cclass="x"></p>',
        '<p class="x"\u2003hidden></p>',
        "<p><div></div></p>",
        "<div/>",
        "<",
        "a<b",
        "a>b",
        "<>",
        "</>",
        "<!doctype html>",
        "<!--",
        "<![CDATA[x]]>",
        "<?xml ?>",
        "<p title='a' title='b'></p>",
        "<P></P>",
        "<a><b><a></a></b></a>",
        "<table>{title}</table>",
        "<table><p></p></table>",
        "<table><tr></tr></table>",
        "<td>x</td>",
        "<li>x</li>",
        "<p title=x></p>",
        "<tr><td></td></tr>",
        "<ul>{title}</ul>",
        "<ul>\u00a0</ul>",
        "<p title='<b>'></p>",
        '<p title="a>b"></p>',
        "<h1><b><h2></h2></b></h1>",
        "<br></br>",
        "</br>",
        "<p></p >x</p>",
        "<p\0></p>",
        "\x1b",
        "<i>" * 65 + "</i>" * 65,
        "<a href=\"{click_url}' title='x\">x</a>x'",
    ],
    "targets": ['<a target="x">x</a>', '<a rel="opener">x</a>', '<a target="_blank" rel="noopener opener">x</a>'],
}


@pytest.mark.parametrize("html", [html for some in REFUSED.values() for html in some])
def test_what_escaping_does_not_make_safe_is_refused_with_a_reason(html: str) -> None:
    assert why_not(html, ANY), html


@pytest.mark.parametrize("html", ACCEPTED)
def test_what_shops_write_is_accepted(html: str) -> None:
    assert why_not(html, ANY) is None


@laws(200)
@given(templates())
def test_what_is_built_of_accepted_parts_is_accepted(html: str) -> None:
    assert why_not(html, ANY) is None


@laws(300)
@given(st.text("<>/=\"' pabi{}title\n\x00!-&;#", max_size=60) | st.text(max_size=60))
def test_any_text_is_taken_or_refused_and_none_crashes(html: str) -> None:
    assert why_not(html, ANY) != ""


@pytest.mark.parametrize(
    "unit", ["<p ", "<p a='", "<i>", "</i>", "<p" + " hidden" * 50, "{title}", "<a href='", "rgb(", " "]
)
def test_no_text_takes_long(unit: str) -> None:
    for html in (unit * (20_000 // len(unit)), f'<p style="{unit * (19_000 // len(unit))}"></p>'):
        started = time.process_time()
        why_not(html[:20_000], ANY)
        assert time.process_time() - started < 0.5


def test_a_literal_url_is_on_an_allowed_host() -> None:
    only = hosts(["shop.example"])
    assert why_not('<a href="https://shop.example/?a=1&amp;b=2">x</a>', only) is None
    for tag in ('<a href="https://evil.example/">x</a>', '<img src="https://evil.example/x.png">'):
        assert "evil.example" in (why_not(tag, only) or "")


@pytest.mark.parametrize(
    ("creative", "pointer"),
    [
        (Creative(html="<script>x</script>"), "#/templates/1/creative/html"),
        (Creative(link="https://shop.example@evil.example/"), "#/templates/1/creative/link"),
        (Creative(image_url="https://evil.example\\x"), "#/templates/1/creative/image_url"),
        (Creative(link="https://evil.example/"), "#/templates/1/creative/link"),
    ],
)
def test_a_catalog_names_the_place(creative: Creative, pointer: str) -> None:
    catalog = Catalog(templates=(Template(id="a"), Template(id="b", creative=creative)))
    with pytest.raises(BadInput) as fault:
        checked(catalog, hosts(["shop.example"]))
    assert fault.value.pointer == pointer
