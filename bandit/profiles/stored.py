"""A user's state to bytes and back, with a checksum: what a flipped bit altered is not to be taken for behaviour."""

from __future__ import annotations

import msgspec

from bandit.codec import opened, sealed
from bandit.profiles.profile import UserState

_decoder = msgspec.msgpack.Decoder(UserState)


def encode(state: UserState) -> bytes:
    """Four bytes of CRC-32, then msgpack.

    >>> decode(encode(UserState(erased=2.5))).erased
    2.5
    """
    return sealed(state)


def decode(stored: bytes) -> UserState:
    """The state that `encode` was given. Raises Damaged if checksum or schema does not hold."""
    return opened(stored, _decoder)
