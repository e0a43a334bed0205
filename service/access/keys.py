"""API keys: who may do what, kept hashed in `<data>/keys.json`.

A key is `adb_<id>_<secret>`: a public id to find it by, and 256 random bits. So much chance cannot be guessed, and
what a slow hash is for, making guesses dear, is not needed: a key is kept as its BLAKE2b digest, which is as good and
takes a microsecond of the request. The file is replaced as a whole, and damaged or gone it opens nothing.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from bandit.errors import BadInput

NAME = "keys.json"
PREFIX = "adb"
LONGEST = 128  # characters of what is looked at as a key
MOST_KEYS = 10_000

Role = Literal["decide", "report", "admin"]

_ID_CHANCE = 6  # bytes; twelve hex digits
_CHANCE = 32  # bytes
_DIGEST = 32  # bytes
_NOBODY = bytes(_DIGEST)  # what the key of an unknown id is compared with


class Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is kept of one key."""

    id: Annotated[str, Meta(pattern=r"^[0-9a-f]{12}\Z")]  # public: names the key in lists
    role: Role
    hash: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]  # BLAKE2b of the whole key
    created_at: str  # RFC 3339
    name: Annotated[str, Meta(max_length=64)] = ""
    rate: Annotated[float, Meta(gt=0.0, le=1e6)] | None = None  # requests a second; null: any


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    keys: Annotated[tuple[Key, ...], Meta(max_length=MOST_KEYS)]


def make(role: Role, *, created_at: str, name: str = "", rate: float | None = None) -> tuple[str, Key]:
    """A new key as its holder gets it, and what is kept of it. Raises BadInput for a name or rate out of bounds."""
    identifier = secrets.token_hex(_ID_CHANCE)
    text = f"{PREFIX}_{identifier}_{secrets.token_urlsafe(_CHANCE)}"
    kept = Key(id=identifier, role=role, hash=_digest(text).hex(), created_at=created_at, name=name, rate=rate)
    try:
        return text, msgspec.convert(msgspec.to_builtins(kept), Key)
    except msgspec.ValidationError as fault:
        raise BadInput("#/key", "bound", str(fault)) from None


def find(text: str, keys: dict[str, Key]) -> Key | None:
    """The key that a text is, or None. Takes as long for a wrong secret as for the right one.

    keys  by id
    """
    parts = text.split("_", 2)
    if len(parts) != 3 or parts[0] != PREFIX or len(text) > LONGEST:
        return None
    key = keys.get(parts[1])
    same = hmac.compare_digest(_digest(text), bytes.fromhex(key.hash) if key else _NOBODY)
    return key if same else None


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=_DIGEST).digest()


def read(folder: Path) -> dict[str, Key] | None:
    """Keys by id; None where no key was ever made. Revoking the last leaves an empty file, not none.

    Raises BadInput for a file that is damaged, or cannot be read.
    """
    path = folder / NAME
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=_File).keys
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError, UnicodeError, RecursionError) as fault:
        detail = f"{path} cannot be used ({type(fault).__name__}); put a copy back, or make it anew with new keys"
        raise BadInput("#/keys", "damaged", detail) from None
    return {key.id: key for key in kept}


def change(folder: Path, edit: Callable[[dict[str, Key]], dict[str, Key]]) -> None:
    """Put in force what `edit` makes of the keys by id; one change at a time.

    Raises BadInput for a damaged file or too many keys, and whatever `edit` raises; then nothing has changed.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(folder):
        new = edit(read(folder) or {})
        if len(new) > MOST_KEYS:
            raise BadInput("#/keys", "bound", f"{MOST_KEYS} keys at most")
        replace(folder / NAME, msgspec.json.format(msgspec.json.encode(_File(tuple(new.values()))), indent=1))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    lock = os.open(folder / f"{NAME}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def replace(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read; whoever looks sees the old one or the new one, whole."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


class Watched:
    """Tells when a file is another one than before, by a look at its name."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, ...] | None = ()  # nothing was seen yet

    def changed(self) -> bool:
        """Whether it has changed since the last call; true at the first. Raises OSError."""
        try:
            found = self._path.stat()
            now: tuple[int, ...] | None = (found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size)
        except FileNotFoundError:
            now = None
        before, self._seen = self._seen, now
        return now != before
