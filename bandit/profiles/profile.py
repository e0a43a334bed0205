"""What is known of one user: the state that the fold over activity and ads leaves behind."""

from __future__ import annotations

import msgspec


class Profile(msgspec.Struct, array_like=True):
    """Grown by `bandit.profiles.fold`; `bandit.profiles.features` says what of it a model is told."""

    since: float = 0.0  # first heard of, seconds since 1970
    last: float = 0.0  # last heard of


class UserState(msgspec.Struct, array_like=True):
    """All that is kept of one user, under its pseudonym, until it expires."""

    profile: Profile = msgspec.field(default_factory=Profile)
    exposures: bytes = b""  # ads that were seen, see bandit.profiles.exposures
    matched: tuple[str, ...] = ()  # products that match, best first
    aliases: tuple[bytes, ...] = ()  # other pseudonyms of the same user
    read: dict[str, str] = {}  # log -> position of the last entry that is in here
