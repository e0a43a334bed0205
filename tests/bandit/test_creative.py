"""A creative as HTML: what the shop wrote stays, what is filled in can be nothing but text."""

from __future__ import annotations

from html import unescape
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from bandit.catalog import Creative
from bandit.creative import html
from tests.entries import laws

LINK = "https://shop.example/t/c/abc?a=1&b=2"
NASTY = ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onclick='x", "{click_url}", "{title}", "&lt;", "\\1"]  # fmt: skip  # noqa: E501
texts = st.text(max_size=30) | st.sampled_from(NASTY)


class Seen(HTMLParser):
    """Tags with their attributes, and the text between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@laws(200)
@given(texts, texts)
def test_a_plain_banner_has_our_tags_and_the_shop_s_words_and_nothing_else(title: str, words: str) -> None:
    seen = Seen(html(Creative(title=title, description=words), LINK))
    assert {tag for tag, _ in seen.tags} <= {"a", "strong", "span"}
    assert seen.tags[0] == ("a", {"href": LINK, "rel": "sponsored noopener"})


@laws(200)
@given(texts)
def test_a_value_stands_as_text_and_is_never_filled_in_a_second_time(title: str) -> None:
    assert unescape(html(Creative(title=title, html="{title}"), LINK)) == title


@laws(200)
@given(texts)
def test_a_value_cannot_leave_its_attribute(title: str) -> None:
    page = html(Creative(html='<p title="{title}"></p>', title=title), None)
    assert [tag for tag, _ in Seen(page).tags] == ["p"]


@laws(200)
@given(st.text(st.characters(exclude_characters="<>{", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40))
def test_html_without_placeholders_stays_as_the_shop_wrote_it(own: str) -> None:
    assert html(Creative(html=f"<p>{own}</p>"), LINK) == f"<p>{own}</p>"


def test_other_braces_of_the_shop_s_html_stay() -> None:
    own = "<p>p{color:red} {unknown} {{title}}</p>"
    assert html(Creative(html=own, title="T"), None) == "<p>p{color:red} {unknown} {T}</p>"


def test_html_of_an_old_catalog_that_would_be_refused_now_is_not_shown() -> None:
    assert html(Creative(html="<script>x</script>", title="T"), None) == "<strong>T</strong>"


def test_without_a_link_there_is_no_link() -> None:
    assert html(Creative(title="Shoes"), None) == "<strong>Shoes</strong>"


def test_an_image_carries_the_title_as_its_text() -> None:
    banner = Creative(title='A "B"', image_url="https://cdn.example/a.png?x=1&y=2")
    [(_, image), _] = Seen(html(banner, None)).tags
    assert image == {"src": "https://cdn.example/a.png?x=1&y=2", "alt": 'A "B"'}
