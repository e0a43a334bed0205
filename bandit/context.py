"""A request's context as hashed features: the namespaces `User` and `Context`.

Almost every context is sound, and hashing it is the longest part of a decision. So it is packed and hashed in one go,
the kernel checking lengths and names as it reads; whatever is unusual is gone through again with care, for an exact
error or, where all was well, for the same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from bandit.centring import NOWHERE, Centre
from bandit.errors import BadInput
from bandit.features import (
    EMPTY,
    FEATURES,
    IS_FALSE,
    IS_TEXT,
    IS_TRUE,
    LARGEST,
    Vector,
    hash_numbered,
    namespace_hash,
    pointer,
)
from bandit.kernels import hashing

# Text, weights, and how many of them are the user's: see `hashing.hash_request`.
Packed = tuple[npt.NDArray[np.uint8], npt.NDArray[np.float64], int]

USER, CONTEXT = namespace_hash("User"), namespace_hash("Context")


def hash_context(
    context: Mapping[str, Any], centre: Centre = NOWHERE, *, every: bool = False, at: str = "#/context"
) -> tuple[Vector, Vector]:
    """The `User` and the `Context` features of a request, ready to be scored.

    centre  the means that its numbers are taken less
    every   as of `hash_features`

    Raises BadInput, pointing to the value at fault.
    """
    packed = packed_context(context)
    if packed is not None:
        index, value, users = hashing.hash_centred_request(*packed, USER, CONTEXT, every, centre.known, centre.mean)
        if users >= 0:
            return Vector(index[:users], value[:users]), Vector(index[users:], value[users:])
    user, shared = _with_care(context, every, at)
    return centre.of(user), centre.of(shared)


def hash_raw_context(
    context: Mapping[str, Any], *, every: bool = False, at: str = "#/context", packed: Packed | None = None
) -> tuple[Vector, Vector]:
    """As `hash_context`, with numbers yet to be centred.

    packed  what `packed_context` gives for it, where that is known already
    """
    packed = packed or packed_context(context)
    if packed is not None:
        index, value, number, users = hashing.hash_request(*packed, USER, CONTEXT, every)
        if users == 0:
            return EMPTY, Vector(index, value, number)
        if users > 0:
            of_user = index[:users], value[:users], number[:users]
            return Vector(*of_user), Vector(index[users:], value[users:], number[users:])
    return _with_care(context, every, at)


def packed_context(context: Mapping[str, Any]) -> Packed | None:
    """A context in which nothing is unusual as a kernel takes it. Else None."""
    tokens: list[str] = []
    weights: list[float] = []
    sound, users, nested = True, 0, False
    user = context.get("user")
    if user.__class__ is dict:
        for name, value in user.items():
            sound = sound and _pack(tokens, weights, name, value)
        users = len(weights)
    for name, value in context.items():
        kind = value.__class__
        if kind is float and -LARGEST <= value <= LARGEST:  # as `_pack` does, but for the call
            tokens.append(name)
            weights.append(value)
        elif kind is not dict:
            sound = sound and _pack(tokens, weights, name, value)
        elif value is not user:
            nested = True
            for inner, leaf in value.items():
                sound = sound and _pack(tokens, weights, f"{name}.{inner}", leaf)
    if not sound or len(weights) > FEATURES:
        return None
    if nested and any("." in name for name in context):  # then two names may flatten to one
        return None
    tokens.append("")  # so that the last token, too, is ended by a NUL
    try:
        text = np.frombuffer("\0".join(tokens).encode() or b"\0", np.uint8)
    except UnicodeEncodeError:
        return None
    return text, np.array(weights, np.float64), users


def _pack(tokens: list[str], weights: list[float], name: str, value: Any) -> bool:
    """Append one value's features; False for anything but texts and numbers within bounds."""
    kind = value.__class__
    if kind is str:
        tokens += (name, value)
        weights.append(IS_TEXT)
    elif (kind is int or kind is float) and -LARGEST <= value <= LARGEST:
        tokens.append(name)
        weights.append(value)
    elif kind is bool:
        tokens.append(name)
        weights.append(IS_TRUE if value else IS_FALSE)
    elif kind is list and value:  # of an empty one the name would go unchecked
        for text in value:
            if text.__class__ is not str:
                return False
            tokens += (name, text)
            weights.append(IS_TEXT)
    else:
        return False
    return True


def _with_care(context: Mapping[str, Any], every: bool, at: str) -> tuple[Vector, Vector]:
    user, shared = split_context(context, at=at)
    try:
        of_user = hash_numbered("User", user, every=every, at=f"{at}/user")
        return of_user, hash_numbered("Context", shared, every=every, at=at)
    except BadInput as error:
        nested = [(name, inner) for name, value in context.items() if isinstance(value, dict) for inner in value]
        for name, inner in nested:
            if error.pointer == pointer(at, f"{name}.{inner}"):
                raise BadInput(pointer(at, name, inner), error.code, error.detail) from None
        raise


def split_context(context: Mapping[str, Any], *, at: str = "#/context") -> tuple[dict[str, Any], dict[str, Any]]:
    """The features of `User` and of `Context`, flattened: {"page": {"type": 1}} is {"page.type": 1}.

    Raises BadInput for deeper nesting, two values that flatten to one name, or more than 256 features.

    >>> split_context({"hour": 14, "page": {"type": "home"}, "user": {"age": 41}})
    ({'age': 41}, {'hour': 14, 'page.type': 'home'})
    """
    user: dict[str, Any] = {}
    shared: dict[str, Any] = {}
    for name, value in context.items():
        if isinstance(value, dict):
            features, prefix = (user, "") if name == "user" else (shared, f"{name}.")
            for inner, leaf in value.items():
                _put(features, prefix + inner, leaf, at, name, inner)
        else:
            _put(shared, name, value, at, name)
    leaves = (*user.values(), *shared.values())
    count = sum(len(leaf) if isinstance(leaf, list) else 1 for leaf in leaves)
    if count > FEATURES:
        raise BadInput(at, "bound", f"at most {FEATURES} features, not {count}")
    return user, shared


def _put(features: dict[str, Any], name: str, value: object, at: str, *keys: str) -> None:
    if isinstance(value, dict):
        raise BadInput(pointer(at, *keys), "type", "objects nest one level at most")
    if name in features:
        raise BadInput(pointer(at, *keys), "duplicate", "another value flattens to the same name")
    features[name] = value
