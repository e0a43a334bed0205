"""Ids and links that prove where they come from, and pseudonyms that do not say who somebody is.

A decision id carries its policy, time, number of slots and a MAC, so an event is checked without a look-up.
A tracking link carries decision, slot, event type, expiry and destination: a forged one changes nothing and
never redirects. Each use has a key of its own, derived from the installation's secret.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode
from binascii import b2a_base64
from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

from bandit.errors import BadInput, Forged

RAW_BYTES = 16  # 6 of time in milliseconds, 10 of chance
MAC_BYTES = 12
LEAST_SECRET = 32  # bytes
LONGEST_TOKEN = 12_000  # characters; a destination is 2,008 of them at most, of up to four bytes each

Tracked = Literal["impression", "viewable", "click"]
TRACKED: dict[str, Tracked] = {"i": "impression", "v": "viewable", "c": "click"}  # by letter in the link's path

UNLOGGED = 1 << 47  # highest bit of an id's time, which has need of it in the year 6429

_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_MAC_TEXT = MAC_BYTES * 4 // 3  # characters of a MAC in base 64; it has no padding
_MAC_AT = tuple(range(0, len(TRACKED) * _MAC_TEXT, _MAC_TEXT))  # where each letter's stands


class DecisionRef(NamedTuple):
    """What a decision id says."""

    policy: str
    raw: bytes  # 16 bytes, unique
    slots: int

    @property
    def time(self) -> float:
        """When the decision was made, seconds since 1970."""
        return (int.from_bytes(self.raw[:6], "big") & ~UNLOGGED) / 1000.0

    @property
    def logged(self) -> bool:
        """Whether the decision was written down, so that an event of it can mean something."""
        return not int.from_bytes(self.raw[:6], "big") & UNLOGGED


class Token(msgspec.Struct, frozen=True, array_like=True):
    """What the tracking links of one ad say."""

    policy: str
    raw: bytes
    slot: int
    expires: int  # when following stops to count, seconds since 1970
    destination: str  # where a click leads, else empty


class _Keys(NamedTuple):
    """What one secret signs with."""

    decision: bytes
    token: bytes


class Signer:
    """Signs and checks with keys derived from secrets of 32 bytes or more.

    Pseudonyms hang on the root alone: who signs may change, who somebody is may not.
    """

    def __init__(self, root: bytes) -> None:
        """Signs with the root, too, until told otherwise. Raises BadInput for a shorter secret."""
        self._user = _derived(root, b"user")
        self.console = _derived(root, b"console")  # what sessions of the console are signed with
        self._accepted: tuple[_Keys, ...] = ()
        self.use((root,))

    def use(self, secrets: Sequence[bytes]) -> None:
        """From now on sign with the first of these secrets, and accept what any of them has signed.

        Raises BadInput for one too short: without a secret, everybody could sign.
        """
        if not secrets:
            raise BadInput("#/secret", "bound", "there is no secret to sign with")
        self._accepted = tuple(_Keys(_derived(one, b"decision"), _derived(one, b"token")) for one in secrets)

    def pseudonym(self, user_key: str) -> bytes:
        """16 bytes that stand for a user key and cannot be turned back without the secret."""
        return hashlib.blake2b(user_key.encode(), key=self._user, digest_size=16).digest()

    def decision_id(self, ref: DecisionRef) -> str:
        """`<policy>.<id>.<mac>`, safe in URLs."""
        body = ref.raw + ref.slots.to_bytes(1, "big")
        return f"{ref.policy}.{_text(body)}.{_text(_mac(self._accepted[0].decision, ref.policy.encode() + body))}"

    def read_decision_id(self, text: str) -> DecisionRef:
        """Raises Forged unless `decision_id` of this installation made the text."""
        policy, _, rest = text.rpartition(".")[0].rpartition(".")
        body, mac = _bytes(rest), _bytes(text.rpartition(".")[2])
        signed = policy.encode(errors="replace") + body
        if len(body) != RAW_BYTES + 1 or not any(
            hmac.compare_digest(mac, _mac(keys.decision, signed)) for keys in self._accepted
        ):
            raise Forged("the decision id was not made here")
        return DecisionRef(policy, body[:RAW_BYTES], body[RAW_BYTES])

    def links(self, token: Token) -> dict[Tracked, str]:
        """Paths to follow when an event happens; a link for one type is none for another."""
        body = msgspec.msgpack.encode(token)
        text, macs = _text(body), _text(_link_macs(self._accepted[0].token, body))
        return {
            kind: f"/v1/t/{letter}/{text}.{macs[at : at + _MAC_TEXT]}"
            for at, (letter, kind) in zip(_MAC_AT, TRACKED.items(), strict=True)
        }

    def read_link(self, letter: str, text: str) -> Token:
        """Raises Forged if the link of this type was not made here."""
        body, _, mac = (_bytes(part) for part in text.partition("."))
        if len(text) > LONGEST_TOKEN or letter not in TRACKED:
            raise Forged("the link was not made here")
        at = MAC_BYTES * list(TRACKED).index(letter)
        if not any(
            hmac.compare_digest(mac, _link_macs(keys.token, body)[at : at + MAC_BYTES]) for keys in self._accepted
        ):
            raise Forged("the link was not made here")
        try:
            return msgspec.msgpack.decode(body, type=Token)
        except msgspec.MsgspecError:
            raise Forged("the link was made by another version") from None


def _derived(secret: bytes, use: bytes) -> bytes:
    if len(secret) < LEAST_SECRET:
        raise BadInput("#/secret", "bound", f"a secret has {LEAST_SECRET} or more bytes, not {len(secret)}")
    return hashlib.blake2b(key=secret[:64], person=use, digest_size=32).digest()


def _link_macs(key: bytes, body: bytes) -> bytes:
    """One MAC for each letter, end to end: slices of one digest tell nothing of each other."""
    return hashlib.blake2b(body, key=key, digest_size=MAC_BYTES * len(TRACKED)).digest()


def _mac(key: bytes, body: bytes) -> bytes:
    return hashlib.blake2b(body, key=key, digest_size=MAC_BYTES).digest()


def new_raw(now: float, chance: bytes) -> bytes:
    """The 16 bytes of a new decision id.

    now     seconds since 1970
    chance  10 random bytes
    """
    return int(now * 1000).to_bytes(6, "big") + chance


def unlogged(raw: bytes) -> bytes:
    """The id for a decision that could not be written down: whoever tells of it later is known by that."""
    return (int.from_bytes(raw[:6], "big") | UNLOGGED).to_bytes(6, "big") + raw[6:]


def _text(body: bytes) -> str:
    """Base 64 as URLs take it, without its padding."""
    return b2a_base64(body, newline=False).translate(_URL_SAFE).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    """What `_text` made the text of; nothing for any other text, of which Python's decoder takes many for the same."""
    try:
        body = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""
    return body if _text(body) == text else b""
