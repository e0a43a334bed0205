"""Which secrets sign and which are still accepted: `<data>/signing.json`, next to the root that pseudonyms hang on.

A new secret is accepted by all workers before any of them signs with it, lest one of them makes an id that another
does not know yet. Without the file, the root signs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import structlog
from msgspec import Meta

from bandit.errors import BadInput, Conflict
from service.access.keys import Watched, replace
from service.access.signing import LEAST_SECRET, Signer

NAME = "signing.json"
PREVIOUS = 3  # secrets accepted besides the newest
AFTER_S = 5.0  # from a rotation to the first signature by the new secret; workers look far more often

log = structlog.get_logger(__name__)


class Secret(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    secret: Annotated[str, Meta(pattern=r"^(?:[0-9a-f]{2}){32,64}\Z")]  # hex
    signs_from: float  # seconds since 1970


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    secrets: Annotated[tuple[Secret, ...], Meta(min_length=1, max_length=PREVIOUS + 1)]  # newest first


def read(folder: Path, root: bytes) -> tuple[Secret, ...]:
    """The secrets in force, newest first; the root's alone where nothing was ever rotated.

    Raises BadInput for a file that is damaged, or cannot be read.
    """
    path = folder / NAME
    try:
        return msgspec.json.decode(path.read_bytes(), type=_File).secrets
    except FileNotFoundError:
        return (Secret(secret=root.hex(), signs_from=0.0),)
    except (OSError, msgspec.MsgspecError, UnicodeError, RecursionError) as fault:
        raise BadInput(
            "#/secret", "damaged", f"{path} cannot be used ({type(fault).__name__}); put a copy back"
        ) from None


def in_order(secrets: Sequence[Secret], now: float) -> tuple[bytes, ...]:
    """As `Signer.use` takes them: the newest that may sign by now comes first."""
    signing = next((one for one in secrets if one.signs_from <= now), secrets[-1])
    others = (one for one in secrets if one is not signing)
    return tuple(bytes.fromhex(one.secret) for one in (signing, *others))


def rotate(folder: Path, root: bytes, chance: Callable[[int], bytes], now: float) -> float:
    """Make a new secret, which signs from the time returned on; those before it stay accepted, PREVIOUS of them."""
    kept = read(folder, root)
    new = Secret(secret=chance(LEAST_SECRET).hex(), signs_from=now + AFTER_S)
    _write(folder, (new, *kept)[: PREVIOUS + 1])
    return new.signs_from


def drop_old(folder: Path, root: bytes, now: float) -> int:
    """Accept nothing but what the newest secret signed; how many were dropped. Raises Conflict before that signs."""
    newest, *old = read(folder, root)
    if newest.signs_from > now:
        raise Conflict(f"the newest secret signs in {newest.signs_from - now:.0f} s; drop the old ones after that")
    if old:
        _write(folder, (newest,))
    return len(old)


def _write(folder: Path, secrets: tuple[Secret, ...]) -> None:
    replace(folder / NAME, msgspec.json.format(msgspec.json.encode(_File(secrets)), indent=1))


class Rotating:
    """Keeps a signer on the secrets of a data folder. What cannot be read changes nothing."""

    def __init__(self, folder: Path, root: bytes, signer: Signer, now: float) -> None:
        """Raises BadInput for a damaged file: to start with the root instead would bring back what was dropped."""
        self._folder, self._root, self._signer = folder, root, signer
        self._watched = Watched(folder / NAME)
        self._watched.changed()
        self._secrets = read(folder, root)
        self._used: tuple[bytes, ...] = ()
        self._use(now)

    def look(self, now: float) -> None:
        """Take a rotation into use."""
        try:
            if self._watched.changed():
                if not (self._folder / NAME).exists():
                    raise BadInput("#/secret", "damaged", f"{NAME} is gone; put a copy back")
                self._secrets = read(self._folder, self._root)
        except (BadInput, OSError) as fault:
            log.error("secrets_refused", reason=str(fault))
        self._use(now)

    def _use(self, now: float) -> None:
        wanted = in_order(self._secrets, now)
        if wanted != self._used:
            self._signer.use(wanted)
            self._used = wanted
