"""Where the store is: every form of URL is understood, and what is wrong is told without telling the password."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.errors import BadInput
from service.settings import read
from service.store.addresses import SCHEMES, parse
from tests.entries import laws

several = st.sampled_from(sorted(SCHEMES))


@pytest.mark.parametrize(
    ("url", "kind", "hosts", "options"),
    [
        ("redis://h", "one", (("h", 6379),), {}),
        ("redis://u:p@h:1/2", "one", (("h", 1),), {"username": "u", "password": "p", "db": 2}),
        ("redis://:p%40@[::1]:7", "one", (("::1", 7),), {"password": "p@"}),
        ("unix:///run/a%20b.sock", "one", (), {"unix_socket_path": "/run/a b.sock"}),
        ("unix://u:p@/x?db=3", "one", (), {"username": "u", "password": "p", "unix_socket_path": "/x", "db": 3}),
        ("redis+cluster://u:p@a:1,b", "cluster", (("a", 1), ("b", 6379)), {"username": "u", "password": "p"}),
        ("redis+sentinel://:p@a:1,b/shop/4", "sentinel", (("a", 1), ("b", 26379)), {"password": "p", "db": 4}),
    ],
)  # fmt: skip
def test_a_url_says_where_and_how(url: str, kind: str, hosts: object, options: object) -> None:
    found = parse(url)
    assert (found.kind, found.hosts, found.options) == (kind, hosts, options)


def test_sentinels_have_a_password_of_their_own_and_share_what_tls_wants() -> None:
    found = parse("rediss+sentinel://:p@a/shop?sentinel_password=q&ssl_cert_reqs=none")
    assert found.service == "shop"
    assert found.sentinel_options == {
        "password": "q",
        "ssl": True,
        "ssl_cert_reqs": "none",
        "ssl_check_hostname": True,
    }
    assert found.options["password"] == "p"


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("localhost:6379", "begins with"), ("http://h", "begins with"), ("redis://", "host:port"),
        ("redis://h:99999", "host:port"), ("redis://h:0", "host:port"), ("redis://a,b", "several hosts"),
        ("redis://h/one", "number of a database"), ("redis+cluster://a/1", "number of a database"),
        ("redis+cluster://a?db=1", "none for a Cluster"), ("redis+sentinel://a", "the name the Sentinels"),
        ("redis+sentinel://a/shop/x", "number of a database"), ("unix://x", "whole path"),
        ("redis://h?socket_timeout=9", "no others"), ("redis://h?ssl_ca_certs=x", "rediss only"),
        ("redis://h?sentinel_password=x", "sentinel"), ("rediss://h?ssl_ca_certs=/none", "read as PEM"),
        ("rediss://h?ssl_certfile=/none", "read as PEM"), ("rediss://h?ssl_cert_reqs=maybe", "required or none"),
        ("rediss://h?ssl_check_hostname=maybe", "true or false"), ("redis://h#x", "holds no #"),
    ],
)  # fmt: skip
def test_a_url_that_says_nothing_sensible_is_refused_at_the_start_by_name(url: str, wanted: str) -> None:
    with pytest.raises(BadInput, match=rf"redis_url .*{wanted}"):
        read({}, {"ADBANDIT_DATA": "d", "ADBANDIT_REDIS_URL": url})


def test_a_file_that_holds_no_certificate_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(ValueError, match="ssl_ca_certs"):
        parse(f"rediss://h?ssl_ca_certs={tmp_path}/ca.pem")


def refusal(url: str) -> str:
    """What the start says about a URL; nothing if it takes it."""
    try:
        read({}, {"ADBANDIT_DATA": "d", "ADBANDIT_REDIS_URL": url})
    except BadInput as fault:
        return f"{fault!r} {fault.detail}"
    return ""


@laws(300)
@given(several, st.text("abcXYZ019%:@/?#&=,[] ", min_size=1, max_size=12), st.sampled_from(["", "h", "h/x", "h?a=b"]))
def test_no_message_repeats_a_password_however_badly_it_is_quoted(scheme: str, password: str, rest: str) -> None:
    secret = f"Zq{password}qZ"
    assert "Zq" not in refusal(f"{scheme}://user:{secret}@{rest}")


@laws(100)
@given(st.text(st.characters(min_codepoint=33, max_codepoint=1000), min_size=1, max_size=20))
def test_any_password_can_be_given_quoted(password: str) -> None:
    assert parse(f"redis+cluster://:{quote(password, safe='')}@a,b").options["password"] == password
