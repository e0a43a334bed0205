"""Where an ad may lead: absolute http and https URLs, on hosts the installation allows.

A URL is taken only in a form that every reader reads alike: the host is letters, digits, `-`, `_` and `.`, so there is
no user before an `@`, no backslash, no percent sign, no other script to be folded, no second way to write an address.
What a URL parser would have to interpret is refused instead, lest a browser interpret it otherwise than we did.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, NamedTuple

from msgspec import Meta

from bandit.errors import BadInput

Url = Annotated[str, Meta(pattern=r"^https?://[^\s<>\"']{1,2000}\Z", description="http or https")]

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_URL = re.compile(
    r"https?://(?P<host>[A-Za-z0-9._-]{1,253})(?::(?P<port>[0-9]{1,5}))?(?P<rest>[/?#][^\s\\<>\"'\x00-\x20\x7f-\x9f]*)?"
)
_OCTET = r"(?:0|[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5])"
_ADDRESS = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")
_NUMERIC = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)")  # a browser reads the whole as an IPv4 address


def host_of(url: str) -> str | None:
    """The host a browser would ask, in lower case; None for what is no plain http or https URL.

    >>> host_of("https://Shop.example:8443/sale?a=1")
    'shop.example'
    >>> host_of("https://shop.example@evil.example/") is None
    True
    """
    found = _URL.fullmatch(url)
    if not found or int(found["port"] or 0) > 65_535:
        return None
    host = found["host"].lower()
    if not _HOST.fullmatch(host) or (_NUMERIC.fullmatch(host) and not _ADDRESS.fullmatch(host)):
        return None
    return host


class Hosts(NamedTuple):
    """The hosts that links and images may be on. None named: any."""

    exact: frozenset[str] = frozenset()
    below: tuple[str, ...] = ()  # ".shop.example" for any host below shop.example

    def why_not(self, url: str) -> str | None:
        """What speaks against a URL, one sentence without the URL itself; None if nothing does."""
        host = host_of(url)
        if host is None:
            return "a link is a plain http or https URL: no user name, an ASCII host, no backslash or space"
        if (self.exact or self.below) and host not in self.exact and not host.endswith(self.below):
            return f"{host!r} is not a host that links may lead to; ADBANDIT_LINK_HOSTS names those that are"
        return None


ANY = Hosts()


def hosts(names: Sequence[str]) -> Hosts:
    """Hosts by name; `*.shop.example` is any host below shop.example, and not that itself.

    Raises BadInput for what is no host name.

    >>> hosts(["shop.example", "*.cdn.example"]).why_not("https://a.cdn.example/x.png") is None
    True
    """
    exact, below = set(), []
    for given in names:
        name = given.strip().lower()
        bare = name.removeprefix("*.")
        if not _HOST.fullmatch(bare) or (_NUMERIC.fullmatch(bare) and name != bare):
            raise BadInput(
                "#/settings/link_hosts", "bound", f"{given!r} is no host name; write shop.example or *.shop.example"
            )
        if name == bare:
            exact.add(bare)
        else:
            below.append(f".{bare}")
    return Hosts(frozenset(exact), tuple(below))
