"""Who may ask for what: roles by path, and a rate for each key.

What is not named here is for admins. Without any key everything is open, on loopback only, and there to no other site's
page in the browser of somebody who works on the machine.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import Enum
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

import structlog

from bandit.errors import BadInput
from service.access import keys
from service.access.keys import Key, Role, Watched

BURST_S = 1.0  # a key may be used at once as often as in so long, and at least once
EVENTS = "/v1/events"
LINKS = "/v1/t/"  # signed, each by itself
READY = "/readyz"
ACTIVITY = "/v1/activity"  # not signed: without keys no other site's page may tell of it, as of events it may
BEACONS = frozenset({EVENTS, ACTIVITY})  # what a key in the URL is taken for: navigator.sendBeacon sends no headers
DECIDE = frozenset({"/v1/decisions", "/v1/decisions:batch", EVENTS, "/v1/rewards", ACTIVITY})
DECIDE_BELOW = (f"{ACTIVITY}/",)
_ITEMS = ("/v1/policies", "/v1/placements", "/v1/campaigns", "/v1/templates", "/v1/products")
REPORT = frozenset({"/metrics", "/v1/catalog", *_ITEMS})
REPORT_BELOW = tuple(f"{path}/" for path in _ITEMS)
PREVIEW = "/v1/creatives/preview"  # changes nothing: a POST, since a template may come with it
OPEN = frozenset({"/livez", READY, "/openapi.json"})
# Pages of the console want no key in a header, which a browser cannot send: they ask for a session instead, each by
# itself, see service/console/door.py.
CONSOLE = "/console"
READS = frozenset({"GET", "HEAD"})

log = structlog.get_logger(__name__)


class Refusal(Enum):
    """Why a request is not answered."""

    UNKNOWN = "a key that is known is wanted, as `Authorization: Bearer <key>`"
    ROLE = "this key's role does not go so far"
    IN_URL = (
        "only keys of role decide may stand in a URL, and only for POST /v1/events or /v1/activity; "
        "make another and revoke this one"
    )
    FOREIGN = "without API keys nothing is answered to pages of other sites; make a key with `adbandit keys add`"


class Limited(NamedTuple):
    """The key was used more often than it may be."""

    wait_s: int  # whole seconds until it may be used again


def may(role: Role, method: str, path: str) -> bool:
    """Whether a key of this role may ask.

    >>> may("report", "GET", "/v1/catalog"), may("report", "POST", "/v1/catalog"), may("decide", "GET", "/v1/catalog")
    (True, False, False)
    """
    if role == "admin":
        return True
    if role == "decide":
        return method == "POST" and (path in DECIDE or path.startswith(DECIDE_BELOW))
    if method == "POST":
        return path == PREVIEW
    return method in READS and (path in REPORT or path.startswith(REPORT_BELOW))


def is_open(method: str, path: str) -> bool:
    """Whether no key is wanted here: for all, or because those who answer ask for a session."""
    if path == CONSOLE or path.startswith(f"{CONSOLE}/"):
        return True
    return method in READS and (path in OPEN or path.startswith(LINKS))


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from the same machine only."""
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def may_listen(host: str, folder: Path) -> None:
    """Raises BadInput unless the host is loopback, or an admin's key exists so that not everybody is let in."""
    known = keys.read(folder) or {}
    if not is_loopback(host) and not any(key.role == "admin" for key in known.values()):
        detail = (
            f"host {host!r} is not loopback, and without an admin's API key only loopback is served: "
            f"make one with `adbandit keys add --role admin --data {folder}`"
        )
        raise BadInput("#/settings/host", "bound", detail)


class Access:
    """Admits requests by the keys of a data folder. One thread may look for changes, any may ask."""

    def __init__(self, folder: Path, host: str, workers: int, elapsed: Callable[[], float]) -> None:
        """
        host     where it listens
        workers  that share each key's rate
        """
        self._folder = folder
        self._loopback = is_loopback(host)
        self._workers = workers
        self._elapsed = elapsed
        self._watched = Watched(folder / keys.NAME)
        self._keys: dict[str, Key] | None = {}  # by id; None: open to all
        self._had = False  # whether there ever were keys: a file that is gone opens nothing again
        self._buckets: dict[str, _Bucket] = {}
        self.look()

    @property
    def keyless(self) -> bool:
        """Whether no key was ever made here, so that everything on loopback is open."""
        return self._keys is None

    def look(self) -> None:
        """Take new keys into use, and revoked ones out of it. Whatever goes wrong, nobody is let in by it."""
        try:
            if self._watched.changed():
                self._take(keys.read(self._folder))
        except (BadInput, OSError) as fault:
            log.error("keys_refused", reason=str(fault))
            self._take({})

    def _take(self, found: dict[str, Key] | None) -> None:
        self._had = self._had or found is not None
        self._keys = None if self._loopback and not self._had else found or {}
        self._buckets = {
            key.id: self._buckets.get(key.id) or _Bucket(key.rate / self._workers, self._elapsed())
            for key in (found or {}).values()
            if key.rate is not None
        }

    def admit(
        self, text: str | None, method: str, path: str, *, in_url: bool = False
    ) -> Key | Refusal | Limited | None:
        """The key that a request carries; None if it needs none.

        text    the key as it was sent, or None
        in_url  whether it was sent where logs and other sites may see it
        """
        if self._keys is None or is_open(method, path):
            return None
        key = keys.find(text, self._keys) if text else None
        if key is None:
            return Refusal.UNKNOWN
        if in_url and key.role != "decide":
            return Refusal.IN_URL
        if not may(key.role, method, path):
            return Refusal.ROLE
        bucket = self._buckets.get(key.id)
        wait_s = bucket.take(self._elapsed()) if bucket else 0.0
        return Limited(math.ceil(wait_s)) if wait_s else key

    def holder(self, text: str) -> Key | None:
        """The key that a text is, if it is good now."""
        return keys.find(text, self._keys or {})

    def key(self, key_id: str) -> Key | None:
        """The key of an id, if it is good now: what a session of the console hangs on."""
        return (self._keys or {}).get(key_id)

    def knows(self, text: str | None) -> bool:
        """Whether the sender may be told how the service is: by a key that may read reports."""
        if self._keys is None:
            return True
        key = keys.find(text, self._keys) if text else None
        return key is not None and key.role != "decide"


class _Bucket:
    """Uses left of one key in one worker."""

    def __init__(self, rate: float, now: float) -> None:
        self._rate = rate  # a second
        self._most = max(1.0, rate * BURST_S)
        self._left, self._at = self._most, now

    def take(self, now: float) -> float:
        """Take one use; 0, or the seconds until there is one."""
        self._left = min(self._most, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left >= 1.0:
            self._left -= 1.0
            return 0.0
        return (1.0 - self._left) / self._rate
