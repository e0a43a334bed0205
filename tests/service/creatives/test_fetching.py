"""What a catalog names is fetched; what would look into the network around the service is not."""

from __future__ import annotations

import ipaddress
import itertools
import time

import pytest

from bandit.errors import BadInput
from bandit.links import ANY, Hosts, hosts
from service.creatives.fetching import LONGEST_S, fetch, is_public
from tests.service.creatives.pictures import FILES


def fetched(url: str, allowed: Hosts = ANY, *, private: bool = True, most_bytes: int = 100_000) -> bytes:
    return fetch(url, allowed, most_bytes=most_bytes, elapsed=time.monotonic, private=private)


def test_a_file_comes_as_it_is(pictures: str) -> None:
    assert fetched(f"{pictures}/red.png") == FILES["/red.png"]


@pytest.mark.parametrize("path", ["/missing", "/moved", "/long"])
def test_another_answer_or_one_too_long_is_refused(pictures: str, path: str) -> None:
    with pytest.raises(BadInput):
        fetched(pictures + path)


def test_only_hosts_that_links_may_have_are_asked(pictures: str) -> None:
    with pytest.raises(BadInput, match="ADBANDIT_LINK_HOSTS"):
        fetched(f"{pictures}/red.png", hosts(["shop.example"]))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "0.0.0.0", "10.0.0.1", "169.254.169.254", "192.168.1.1"])
def test_no_private_address_is_asked_unless_allowed(host: str) -> None:
    with pytest.raises(BadInput, match="not a public address"):
        fetched(f"http://{host}/x.png", private=False)


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "http://a@127.0.0.1/", "http://[::1]/", "http://0x7f.1/", "ftp://a/"]
)
def test_what_is_no_plain_link_is_not_asked(url: str) -> None:
    with pytest.raises(BadInput):
        fetched(url)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "::1", "::ffff:10.0.0.1", "fe80::1", "fc00::1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:1::",
     "100.64.0.1", "224.0.0.1", "255.255.255.255", "::", "0.0.0.0"],
)  # fmt: skip
def test_addresses_that_are_not_the_internet_s(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_addresses_that_are(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def test_an_answer_that_takes_too_long_is_given_up(pictures: str) -> None:
    late = itertools.chain([0.0], itertools.repeat(LONGEST_S + 1.0))
    with pytest.raises(BadInput, match="within"):
        fetch(f"{pictures}/red.png", ANY, most_bytes=99_999, elapsed=lambda: next(late), private=True)


def test_a_host_that_nobody_knows_is_refused() -> None:
    with pytest.raises(BadInput, match="no address"):
        fetched("http://nowhere.invalid/a.png")


def test_a_host_that_does_not_answer_is_refused() -> None:
    with pytest.raises(BadInput, match="cannot be asked"):
        fetched("http://127.0.0.1:1/a.png")
