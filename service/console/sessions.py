"""Who asks for a page: nobody in particular where no key was ever made, else the holder of a key who has signed in.

The session is a signed cookie that names the key by its public id. It is good for so long as the key is: a key that is
revoked ends its sessions with the next request. Each session has a word of its own that every form must send back.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import NamedTuple

from itsdangerous import BadData, URLSafeSerializer

from service.access.gate import Access
from service.access.keys import Key

COOKIE = "adbandit_console"
LASTS_S = 12 * 3600.0
_CHANCE = 16  # bytes


class Visitor(NamedTuple):
    """Somebody at the door, or inside."""

    word: str  # of this session; "" before there is one
    key: Key | None = None
    keyless: bool = False  # no key was ever made here

    @property
    def inside(self) -> bool:
        return self.keyless or self.key is not None

    @property
    def may_change(self) -> bool:
        return self.keyless or (self.key is not None and self.key.role == "admin")


class Sessions:
    """Makes cookies and reads them."""

    def __init__(self, key: bytes, access: Access, clock: Callable[[], float]) -> None:
        """
        key  cookies and words of forms are signed with
        """
        self._key, self._access, self._clock = key, access, clock

    def visitor(self, cookie: str | None) -> Visitor:
        """Who has sent a cookie. What is none of ours, or too old, is as if there was none."""
        keyless = self._access.keyless
        try:
            word, key_id, since = self._serializer().loads(cookie or "")
            fresh = 0.0 <= self._clock() - float(since) < LASTS_S
        except (BadData, ValueError, TypeError):
            return Visitor("", None, keyless)
        if not fresh:
            return Visitor("", None, keyless)
        return Visitor(str(word), self._access.key(str(key_id)) if key_id and not keyless else None, keyless)

    def begun(self, key: Key | None = None) -> tuple[Visitor, str]:
        """A new session and its cookie; another word than before, so that nobody can have given it to the visitor."""
        word = secrets.token_urlsafe(_CHANCE)
        cookie = self._serializer().dumps([word, key.id if key else None, self._clock()])
        return Visitor(word, key, self._access.keyless), str(cookie)

    def token(self, visitor: Visitor) -> str:
        """What the forms of a session carry."""
        return hashlib.blake2b(visitor.word.encode(), key=self._key, digest_size=24).hexdigest()

    def sent_by(self, visitor: Visitor, token: str) -> bool:
        """Whether a form was made for this very session."""
        return bool(visitor.word) and hmac.compare_digest(self.token(visitor).encode(), token.encode())

    def _serializer(self) -> URLSafeSerializer:
        return URLSafeSerializer(self._key, salt="session", signer_kwargs={"digest_method": hashlib.sha256})


class Failures:
    """Failed tries to sign in, by the address they came from: after MOST of them in PER_S the address has to wait."""

    MOST = 5
    PER_S = 60.0
    ADDRESSES = 1_000  # kept at most; the oldest is forgotten first

    def __init__(self, elapsed: Callable[[], float]) -> None:
        self._elapsed = elapsed
        self._tries: dict[str, list[float]] = {}

    def wait_s(self, address: str) -> int:
        """Whole seconds until this address may try again; 0 for now."""
        recent = [at for at in self._tries.get(address, ()) if self._elapsed() - at < self.PER_S]
        return 0 if len(recent) < self.MOST else 1 + int(self.PER_S - (self._elapsed() - recent[0]))

    def note(self, address: str) -> None:
        """One more."""
        tries = [*self._tries.pop(address, ()), self._elapsed()]
        self._tries[address] = tries[-self.MOST :]
        if len(self._tries) > self.ADDRESSES:
            del self._tries[next(iter(self._tries))]
