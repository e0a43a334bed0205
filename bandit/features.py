"""What a caller knows, as hashed numbers: names and values become indices and weights.

Four namespaces, known by first letter: `User` and `Context` of a request, `Ad` and `Placement` of a
candidate. The indices are those of stock Vowpal Wabbit reading the same names with `--dsjson
--chain_hash`:

    number           hash of the name, weighing the number; of a request's less its mean, see centring.py
    true             hash of the name, weighing 1; false and 0 are absent, as VW's parser leaves them out
    string           hash of the value seeded with the hash of the name, weighing 1
    list of strings  one string feature each; in dsjson the key is repeated: {"tags": "sale", "tags": "new"}

No text of a caller ever reaches a VW parser.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

import msgspec
import numpy as np
import numpy.typing as npt

from bandit.errors import BadInput
from bandit.kernels import hashing

Feature = bool | int | float | str | list[str]

NAME_BYTES = 128
STRING_BYTES = 256
LARGEST = 1e6  # magnitude of a number: products of three of them stay far from float32's end
FEATURES = 256  # of a request, a template or a placement
TEXT = "valid Unicode without NUL"
# In place of a weight. A number is finite, so a kernel tells them apart.
IS_TEXT = float("nan")  # the next token is a string value
IS_TRUE, IS_FALSE = float("inf"), float("-inf")


class Vector(msgspec.Struct, frozen=True, eq=False, gc=False):
    """The features of one namespace of one request, template or placement."""

    index: npt.NDArray[np.uint32]  # [d] whole hashes; a table of 2**b weights uses the lowest b bits
    value: npt.NDArray[np.float32]  # [d] finite, not 0 unless `number` is given
    number: npt.NDArray[np.uint8] | None = None  # [d] which are numbers yet to be centred, see centring.py


EMPTY = Vector(np.zeros(0, np.uint32), np.zeros(0, np.float32))
NO_NUMBER = np.zeros(0, np.uint8)  # what a kernel takes where `number` is None


def hash_features(namespace: str, features: Mapping[str, Feature], *, every: bool = False, at: str = "#") -> Vector:
    """Validate the features of one namespace and hash them, in their order; those that are 0 are left out.

    every  hash digits as any text: VW's `--hash all`, where else `007` is 7 and a number is its own hash
    at     JSON pointer of `features` in what the caller sent, for the error

    Raises BadInput for a name that is empty, longer than 128 bytes or starts with `_`, which VW's JSON
    keeps for itself; a number not finite or beyond 1e6; a string longer than 256 bytes; a NUL or lone
    surrogate; any other kind of value; more than 256 features.

    >>> hash_features("User", {"age": 41, "vip": True, "churned": False}).value.tolist()
    [41.0, 1.0]
    >>> hash_features("User", {"age": float("inf")}, at="#/context/user")
    Traceback (most recent call last):
    bandit.errors.BadInput: #/context/user/age: a number is finite and within 1000000 of 0, not inf
    """
    raw = hash_numbered(namespace, features, every=every, at=at)
    kept = raw.value != 0.0
    return raw if raw is EMPTY else Vector(raw.index[kept], raw.value[kept])


def hash_numbered(namespace: str, features: Mapping[str, Feature], *, every: bool = False, at: str = "#") -> Vector:
    """As `hash_features`, but with what is 0, and with `number`: how a request's features await their centring."""
    tokens: list[str] = []
    weights: list[float] = []
    for name, value in features.items():
        if name[:1] == "_" or not name or not _is_text(name, NAME_BYTES):
            detail = f"a name is 1 to {NAME_BYTES} bytes of {TEXT}, the first not _"
            raise BadInput(pointer(at, name), "bound", detail)
        if isinstance(value, str) and _is_text(value, STRING_BYTES):
            tokens += (name, value)
            weights.append(IS_TEXT)
        elif isinstance(value, bool):
            tokens.append(name)
            weights.append(IS_TRUE if value else IS_FALSE)
        elif isinstance(value, (float, int)):
            if not -LARGEST <= value <= LARGEST:
                detail = f"a number is finite and within {LARGEST:.0f} of 0, not {_shown(value)}"
                raise BadInput(pointer(at, name), "bound", detail)
            tokens.append(name)
            weights.append(value)
        else:
            for text in _strings(value, at, name):
                tokens += (name, text)
                weights.append(IS_TEXT)
    if len(weights) > FEATURES:
        raise BadInput(at, "bound", f"at most {FEATURES} features, not {len(weights)}")
    return _hashed(tokens, weights, namespace_hash(namespace), every) if weights else EMPTY


def _strings(value: object, at: str, name: str) -> Iterable[str]:
    for text in value if isinstance(value, list) else (value,):
        if not isinstance(text, str):
            detail = f"a feature is a boolean, number, string or list of strings, not {_shown(text)}"
            raise BadInput(pointer(at, name), "type", detail)
        if not _is_text(text, STRING_BYTES):
            raise BadInput(pointer(at, name), "bound", f"a string is at most {STRING_BYTES} bytes of {TEXT}")
        yield text


def _is_text(text: str, most: int) -> bool:
    """Whether it is valid Unicode, without NUL, which ends a string in VW, and short enough in utf-8."""
    if text.isascii():
        return len(text) <= most and "\0" not in text
    try:
        return len(text.encode()) <= most and "\0" not in text
    except UnicodeEncodeError:
        return False


def _hashed(tokens: list[str], weights: list[float], seed: int, every: bool) -> Vector:
    tokens.append("")  # so that the last token, too, is ended by a NUL
    packed = np.frombuffer("\0".join(tokens).encode(), np.uint8)
    return Vector(*hashing.hash_features(packed, np.array(weights, np.float64), seed, every))


@cache
def namespace_hash(namespace: str) -> int:
    """What the hashes of a namespace's names are seeded with."""
    return int(hashing.hashstring(np.frombuffer(namespace.encode(), np.uint8), 0))


def pointer(at: str, *keys: str) -> str:
    """JSON pointer to a member (RFC 6901), always short and valid Unicode itself."""
    readable = (key[:NAME_BYTES].encode(errors="replace").decode() for key in keys)
    return "/".join([at, *(key.replace("~", "~0").replace("/", "~1") for key in readable)])


def _shown(value: object) -> str:
    """A value for an error message: numbers as they are, the rest by its kind."""
    return str(value) if isinstance(value, float) else f"a value of type {type(value).__name__}"
