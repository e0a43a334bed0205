"""Feature names to indices, bit for bit as Vowpal Wabbit does it with `--chain_hash` and `--hash strings`.

Compiler options: see jit.py. Arithmetic is modulo 2**32, which is exact for tables of up to 2**32 weights.
Source: MurmurHash3 x86 32 by Austin Appleby, public domain; VW `hashstring.h`, `parse_example_json.cc`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandit.kernels.jit import (
    F32,
    F32_OUT,
    F64,
    U8,
    U8_OUT,
    U32,
    U32_OUT,
    U64_OUT,
    boolean,
    inner,
    int64,
    kernel,
    quadruple,
    triple,
    uint32,
)

Bytes = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.uint32]
WideIndices = npt.NDArray[np.uint64]
Values = npt.NDArray[np.float32]

MURMUR_1, MURMUR_2 = np.uint32(0xCC9E2D51), np.uint32(0x1B873593)
ZERO, NINE, BLANK, TAB, BAR, COLON, UNDERSCORE = (np.uint8(ord(c)) for c in "09 \t|:_")


@inner
def _rotated(x: np.uint32, left: int) -> np.uint32:
    return np.uint32((x << np.uint32(left)) | (x >> np.uint32(32 - left)))


@inner
def _scrambled(block: np.uint32) -> np.uint32:
    return np.uint32(_rotated(np.uint32(block * MURMUR_1), 15) * MURMUR_2)


@inner
def _murmur(text: Bytes, start: int, stop: int, seed: np.uint32) -> np.uint32:
    state = np.uint32(seed)
    blocks = (stop - start) // 4
    for i in range(start, start + 4 * blocks, 4):
        low = np.uint32(text[i]) | np.uint32(text[i + 1]) << np.uint32(8)
        high = np.uint32(text[i + 2]) << np.uint32(16) | np.uint32(text[i + 3]) << np.uint32(24)
        state = _rotated(np.uint32(state ^ _scrambled(np.uint32(low | high))), 13)
        state = np.uint32(state * np.uint32(5) + np.uint32(0xE6546B64))
    tail = np.uint32(0)
    for i in range(stop - 1, start + 4 * blocks - 1, -1):
        tail = np.uint32(tail << np.uint32(8)) | np.uint32(text[i])
    if stop > start + 4 * blocks:
        state = np.uint32(state ^ _scrambled(np.uint32(tail)))
    state = np.uint32(state ^ np.uint32(stop - start))
    state = np.uint32((state ^ (state >> np.uint32(16))) * np.uint32(0x85EBCA6B))
    state = np.uint32((state ^ (state >> np.uint32(13))) * np.uint32(0xC2B2AE35))
    return np.uint32(state ^ (state >> np.uint32(16)))


@inner
def _hashed(text: Bytes, start: int, stop: int, seed: np.uint32, every: bool) -> np.uint32:
    """VW's hashstring, where blanks at the ends do not count and digits alone hash to their number, or its hashall."""
    if every:
        return _murmur(text, start, stop, seed)
    while start < stop and text[start] <= BLANK:
        start += 1
    while start < stop and text[stop - 1] <= BLANK:
        stop -= 1
    number = np.uint32(0)
    for i in range(start, stop):
        if not ZERO <= text[i] <= NINE:
            return _murmur(text, start, stop, seed)
        number = np.uint32(number * np.uint32(10) + np.uint32(text[i] - ZERO))
    return np.uint32(number + seed)


@inner
def _token_end(text: Bytes, start: int) -> int:
    while start < text.size and text[start] != 0:
        start += 1
    return start


@kernel(uint32, U8, uint32)
def murmur3(text: Bytes, seed: int) -> np.uint32:
    """MurmurHash3, x86, 32 bit."""
    return _murmur(text, 0, text.size, np.uint32(seed))


@kernel(uint32, U8, uint32)
def hashstring(text: Bytes, seed: int) -> np.uint32:
    """VW's hash of a name: MurmurHash3 of the trimmed text; seed + number if it is all digits."""
    return _hashed(text, 0, text.size, np.uint32(seed), False)


@inner
def _hash_text(text: Bytes, start: int, stop: int, seed: np.uint32, every: bool) -> np.uint32:
    """A string value: blank, tab, `|` and `:` count as `_`, since VW's JSON parser rewrites them."""
    for i in range(start, stop):
        if text[i] == BLANK or text[i] == TAB or text[i] == BAR or text[i] == COLON:
            text[i] = UNDERSCORE
    return _hashed(text, start, stop, seed, every)


@inner
def _value(weight: float) -> np.float32:
    """A number as it is, text and true as 1, false as 0."""
    return np.float32(weight) if np.isfinite(weight) else np.float32(0.0 if weight < 0.0 else 1.0)


@kernel(triple(U32_OUT, F32_OUT, U8_OUT), U8, F64, uint32, boolean)
def hash_features(
    text: Bytes, weight: npt.NDArray[np.float64], seed: int, every: bool
) -> tuple[Indices, Values, Bytes]:
    """Indices [d], values [d] and which are numbers [d], of one namespace's features.

    text    utf-8 tokens, each ended by a NUL: a name, followed by its value if the value is a string
    weight  [d] the value of a number; NaN says the next token is a string value; infinity is true, minus it false
    seed    hash of the namespace
    every   hash digits as any text, as VW does with `--hash all`
    """
    index = np.empty(weight.size, np.uint32)
    value = np.empty(weight.size, np.float32)
    number = np.empty(weight.size, np.uint8)
    text = text.copy()
    start = 0
    for j in range(weight.size):
        stop = _token_end(text, start)
        index[j] = _hashed(text, start, stop, np.uint32(seed), every)
        value[j], number[j] = _value(weight[j]), np.isfinite(weight[j])
        start = stop + 1
        if np.isnan(weight[j]):
            stop = _token_end(text, start)
            index[j] = _hash_text(text, start, stop, index[j], every)
            start = stop + 1
    return index, value, number


@inner
def _hash_request(
    text: Bytes, weight: npt.NDArray[np.float64], users: int, user_seed: int, context_seed: int, every: bool
) -> tuple[Indices, Values, Bytes, int]:
    index = np.empty(weight.size, np.uint32)
    value = np.empty(weight.size, np.float32)
    number = np.empty(weight.size, np.uint8)
    text = text.copy()
    start = 0
    sound = True
    for j in range(weight.size):
        stop = _token_end(text, start)
        sound = sound and 1 <= stop - start <= 128 and text[start] != UNDERSCORE
        seed = np.uint32(user_seed) if j < users else np.uint32(context_seed)
        index[j] = _hashed(text, start, stop, seed, every)
        value[j], number[j] = _value(weight[j]), np.isfinite(weight[j])
        start = stop + 1
        if np.isnan(weight[j]):
            stop = _token_end(text, start)
            sound = sound and stop - start <= 256
            index[j] = _hash_text(text, start, stop, index[j], every)
            start = stop + 1
    sound = sound and start + (weight.size == 0) == text.size
    return index, value, number, users if sound else -1


@kernel(quadruple(U32_OUT, F32_OUT, U8_OUT, int64), U8, F64, int64, uint32, uint32, boolean)
def hash_request(
    text: Bytes, weight: npt.NDArray[np.float64], users: int, user_seed: int, context_seed: int, every: bool
) -> tuple[Indices, Values, Bytes, int]:
    """Both namespaces of a request at once: as `hash_features`, and how many of the features are the user's.

    text, weight  as of `hash_features`; the first `users` are of the user

    Says -1 of the user's if anything is not sound. Sound are names of 1 to 128 bytes, the first not `_`, strings of at
    most 256 bytes, and no NUL but those that end a token.
    """
    return _hash_request(text, weight, users, user_seed, context_seed, every)


@inner
def _centre(
    index: Indices | WideIndices, value: Values, number: Bytes, users: int, known: Indices, mean: Values
) -> tuple[int, int]:
    """Centre in place and close the gaps of zeros; features left, and how many of the first `users` are."""
    d = of_user = 0
    for j in range(index.size):
        left = value[j]
        if number[j]:
            at = np.searchsorted(known, index[j])
            if at < known.size and known[at] == index[j]:
                left = np.float32(left - mean[at])
        index[d], value[d] = index[j], left
        kept = left != np.float32(0.0)
        d += kept
        of_user += kept and j < users
    return d, of_user


@kernel(triple(U32_OUT, F32_OUT, int64), U8, F64, int64, uint32, uint32, boolean, U32, F32)
def hash_centred_request(
    text: Bytes,
    weight: npt.NDArray[np.float64],
    users: int,
    user_seed: int,
    context_seed: int,
    every: bool,
    known: Indices,
    mean: Values,
) -> tuple[Indices, Values, int]:
    """As `hash_request`, with the numbers less their means, and without what is 0 then.

    known  [m] rising hashes of the numbers that have a mean
    mean   [m] theirs
    """
    index, value, number, users = _hash_request(text, weight, users, user_seed, context_seed, every)
    d, of_user = _centre(index, value, number, users, known, mean)
    return index[:d], value[:d], of_user if users >= 0 else -1


@kernel(int64, U32, F32, U8, U32, F32, U64_OUT, F32_OUT)
def centred(
    index: Indices,
    value: Values,
    number: Bytes,
    known: Indices,
    mean: Values,
    into_index: WideIndices,
    into_value: Values,
) -> int:
    """Features with the numbers among them less their means, and without what is 0 then; how many are left.

    known, mean  as of `hash_centred_request`
    into_*       [d] the first are set: numba takes longer to hand out an array than all this
    """
    into_index[:] = index
    into_value[:] = value
    return _centre(into_index, into_value, number, 0, known, mean)[0]
