"""Where the store is, read from its URL: one server, a Cluster, or a master that Sentinels name.

    redis://[user:password@]host[:port][/db]                          one server
    unix://[user:password@]/path                                      one server, by its socket
    redis+cluster://[user:password@]host[:port][,host[:port]...]      some nodes of a Cluster, masters or replicas
    redis+sentinel://[user:password@]host[:port][,...]/service[/db]   some Sentinels, and the name they watch it by

`rediss` for `redis` is the same over TLS, Sentinels included. OPTIONS may follow a `?`. No message made here repeats
any part of a URL: a password that is not quoted may end up in each of them.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple
from urllib.parse import parse_qsl, unquote

Kind = Literal["one", "cluster", "sentinel"]

SCHEMES: dict[str, tuple[Kind, bool]] = {  # each with whether it is over TLS
    "redis": ("one", False),
    "rediss": ("one", True),
    "unix": ("one", False),
    "redis+cluster": ("cluster", False),
    "rediss+cluster": ("cluster", True),
    "redis+sentinel": ("sentinel", False),
    "rediss+sentinel": ("sentinel", True),
}
OPTIONS = (
    "db", "username", "password", "client_name",
    "sentinel_username", "sentinel_password",
    "ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile", "ssl_password", "ssl_cert_reqs", "ssl_check_hostname",
)  # fmt: skip
_HOST = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?")
_SWITCH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_ADVICE = "in a name or password write % / ? # @ as %25 %2F %3F %23 %40"


class Address(NamedTuple):
    """What a URL says. Its options hold the password: never print one."""

    kind: Kind
    hosts: tuple[tuple[str, int], ...]  # none for a socket
    service: str  # by which Sentinels know the master; else empty
    options: Mapping[str, Any]  # of a connection to a server, as redis.Redis names them
    sentinel_options: Mapping[str, Any]  # of a connection to a Sentinel


def parse(url: str) -> Address:
    """Read a URL.

    Raises ValueError saying what is wanted, also where a file it names cannot be read.

    >>> parse("redis+sentinel://10.0.0.1,10.0.0.2:5000/shop").hosts
    (('10.0.0.1', 26379), ('10.0.0.2', 5000))
    """
    scheme, _, rest = url.partition("://")
    _want(scheme in SCHEMES, f"begins with one of {', '.join(f'{name}://' for name in SCHEMES)}")
    kind, tls = SCHEMES[scheme]
    _want("#" not in rest, f"holds no #; {_ADVICE}")
    path, _, query = rest.partition("?")
    authority, slash, path = path.partition("/")
    before, _, hosts = authority.rpartition("@")
    given = {**_credentials(before), **_options(query, kind, tls)}
    of_sentinels = {name[9:]: given.pop(name) for name in list(given) if name.startswith("sentinel_")}
    if scheme == "unix":
        _want(not hosts and path != "", "names a socket by its whole path, as in unix:///run/valkey.sock")
        return Address(kind, (), "", {**given, "unix_socket_path": unquote(slash + path)}, {})
    service, db = _place(kind, path)
    of_tls = {name: value for name, value in given.items() if name.startswith("ssl")}
    return Address(kind, _hosts(hosts, kind), service, {**db, **given}, {**of_tls, **of_sentinels})


def _credentials(before: str) -> dict[str, str]:
    user, _, password = before.partition(":")
    found = {"username": unquote(user), "password": unquote(password)}
    return {name: value for name, value in found.items() if value}


def _hosts(listed: str, kind: Kind) -> tuple[tuple[str, int], ...]:
    found = []
    for one in listed.split(","):
        match = _HOST.fullmatch(one)
        port = int(match[3] or (26379 if kind == "sentinel" else 6379)) if match else 0
        _want(0 < port < 65536, f"names hosts as host, host:port or [ipv6]:port; {_ADVICE}")
        found.append((match[1] or match[2] if match else "", port))
    _want(kind != "one" or len(found) == 1, "names several hosts for redis+cluster:// and redis+sentinel:// only")
    return tuple(found)


def _place(kind: Kind, path: str) -> tuple[str, dict[str, int]]:
    """Name of the service and number of the database that a path gives."""
    service, db = "", path
    if kind == "sentinel":
        service, _, db = path.partition("/")
        _want(service != "", "ends with the name the Sentinels watch the master by, as in redis+sentinel://host/shop")
    _want(db == "" or (db.isdecimal() and kind != "cluster"), f"ends with a number of a database or none; {_ADVICE}")
    return unquote(service), {"db": int(db)} if db else {}


def _options(query: str, kind: Kind, tls: bool) -> dict[str, Any]:
    given: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True))
    _want(set(given) <= set(OPTIONS), f"has options {', '.join(OPTIONS)} and no others; {_ADVICE}")
    _want(tls or not [name for name in given if name.startswith("ssl_")], "has ssl_... options with rediss only")
    _want(kind == "sentinel" or not [name for name in given if name.startswith("sentinel_")],
          "has sentinel_... options with redis+sentinel:// only")  # fmt: skip
    if "db" in given:
        _want(given["db"].isdecimal() and kind != "cluster", "has a number for db, and none for a Cluster")
        given["db"] = int(given["db"])
    if tls:
        _check_tls(given)
        given["ssl"] = True
    return given


def _check_tls(given: dict[str, Any]) -> None:
    """Load the files once, so that a start fails where a connection would."""
    hostname = _SWITCH.get(given.get("ssl_check_hostname", "true").lower())
    _want(hostname is not None, "has true or false for ssl_check_hostname")
    _want(given.get("ssl_cert_reqs", "required") in ("required", "none"), "has required or none for ssl_cert_reqs")
    given["ssl_check_hostname"] = hostname
    context = ssl.create_default_context()
    if (file := given.get("ssl_ca_certs")) or given.get("ssl_ca_path"):
        _try("ssl_ca_certs and ssl_ca_path", lambda: context.load_verify_locations(file, given.get("ssl_ca_path")))
    certificate, key, password = (given.get(f"ssl_{name}") for name in ("certfile", "keyfile", "password"))
    if certificate or key:  # with no password at all it would be asked for on the terminal
        _try("ssl_certfile and ssl_keyfile", lambda: context.load_cert_chain(certificate or "", key, password or ""))


def _try(names: str, load: Callable[[], None]) -> None:
    try:
        load()
    except (OSError, ValueError) as fault:  # SSLError is an OSError; neither repeats what the files hold
        reason = getattr(fault, "strerror", None) or type(fault).__name__
        raise ValueError(f"redis_url names files for {names} that can be read as PEM: {reason}") from None


def _want(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(f"redis_url {otherwise}")
