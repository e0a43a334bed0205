"""Fetches what a catalog names, without becoming a way into the network it runs in.

The host is resolved once, every address that is not public is refused, and the connection goes to the address that was
looked at: a name that changes its address meanwhile changes nothing. Redirects are not followed.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import urllib3

from bandit.errors import BadInput
from bandit.links import Hosts

TIMEOUT = urllib3.Timeout(connect=3.0, read=5.0)  # seconds, of each wait
LONGEST_S = 20.0  # of one file altogether
PIECE = 65_536  # bytes

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Addresses of these hold an IPv4 address, which a gateway would ask: NAT64, 6to4 and Teredo.
_WRAPPED = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))


def fetch(url: str, hosts: Hosts, *, most_bytes: int, elapsed: Callable[[], float], private: bool = False) -> bytes:
    """The body of an answer of status 200.

    most_bytes  it may have
    elapsed     seconds that never step
    private     whether addresses of this machine and its networks may be asked, too

    Raises BadInput for a URL that links may not have, a host without a public address, any other answer, or one that
    is too long or too slow.
    """
    if fault := hosts.why_not(url):
        raise _refused(fault)
    parts = urlsplit(url)
    host, secure = str(parts.hostname), parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    address = _resolved(host, port, private)
    named: dict[str, Any] = (
        {"server_hostname": host, "assert_hostname": host, "cert_reqs": "CERT_REQUIRED"} if secure else {}
    )
    kind: type[urllib3.HTTPConnectionPool] = urllib3.HTTPSConnectionPool if secure else urllib3.HTTPConnectionPool
    pool: Any = kind(str(address), port, timeout=TIMEOUT, retries=False, **named)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Host": parts.netloc, "Accept-Encoding": "identity", "User-Agent": "adbandit"}
    try:
        answer = pool.request("GET", path, headers=headers, redirect=False, preload_content=False)
        return _body(answer, most_bytes, elapsed)
    except (urllib3.exceptions.HTTPError, OSError) as fault:
        raise _refused(f"{host} cannot be asked: {type(fault).__name__}") from None
    finally:
        pool.close()


def _resolved(host: str, port: int, private: bool) -> Address:
    """The address to ask; all that the name has must be public, lest the next look-up give another."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise _refused(f"{host} has no address") from None
    addresses = [ipaddress.ip_address(one[4][0]) for one in found]
    if not private and (inside := [one for one in addresses if not is_public(one)]):
        raise _refused(f"{host} is {inside[0]}, which is not a public address; --allow-private takes it")
    return addresses[0]


def is_public(address: Address) -> bool:
    """Whether an address is anybody's on the Internet, and not this machine's, this network's or a gateway's.

    >>> [is_public(ipaddress.ip_address(one)) for one in ("93.184.216.34", "10.0.0.1", "::ffff:127.0.0.1")]
    [True, False, False]
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return is_public(address.ipv4_mapped)
        if any(address in network for network in _WRAPPED):
            return False
    return address.is_global and not address.is_multicast


def _body(answer: Any, most_bytes: int, elapsed: Callable[[], float]) -> bytes:
    if answer.status != 200:
        raise _refused(f"it was answered with status {answer.status}")
    give_up_at = elapsed() + LONGEST_S
    body = bytearray()
    for piece in answer.stream(PIECE):
        body += piece
        if len(body) > most_bytes:
            raise _refused(f"it has more than {most_bytes} bytes")
        if elapsed() > give_up_at:
            raise _refused(f"it did not come within {LONGEST_S:.0f} s")
    return bytes(body)


def _refused(detail: str) -> BadInput:
    return BadInput("#/url", "fetch", detail)
