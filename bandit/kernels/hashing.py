"""Feature names to indices, bit for bit as Vowpal Wabbit does it with `--chain_hash` and `--hash strings`.

Compiler options: see jit.py. Arithmetic is modulo 2**32, which is exact for tables of up to 2**32 weights.
Source: MurmurHash3 x86 32 by Austin Appleby, public domain; VW `hashstring.h`, `parse_example_json.cc`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandit.kernels.jit import F32_OUT, F64, U8, U32_OUT, inner, int64, kernel, pair, triple, uint32

Bytes = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.uint32]
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
def _hashed(text: Bytes, start: int, stop: int, seed: np.uint32) -> np.uint32:
    """VW's hashstring: blanks at the ends do not count, and digits alone hash to their number."""
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
    return _hashed(text, 0, text.size, np.uint32(seed))


@inner
def _hash_text(text: Bytes, start: int, stop: int, seed: np.uint32) -> np.uint32:
    """A string value: blank, tab, `|` and `:` count as `_`, since VW's JSON parser rewrites them."""
    for i in range(start, stop):
        if text[i] == BLANK or text[i] == TAB or text[i] == BAR or text[i] == COLON:
            text[i] = UNDERSCORE
    return _hashed(text, start, stop, seed)


@kernel(pair(U32_OUT, F32_OUT), U8, F64, uint32)
def hash_features(text: Bytes, weight: npt.NDArray[np.float64], seed: int) -> tuple[Indices, Values]:
    """Indices [d] and values [d] of one namespace's features.

    text    utf-8 tokens, each ended by a NUL: a name, followed by its value if the value is a string
    weight  [d] the value of a number; NaN says the next token is a string value, which weighs 1
    seed    hash of the namespace
    """
    index = np.empty(weight.size, np.uint32)
    value = np.empty(weight.size, np.float32)
    text = text.copy()
    start = 0
    for j in range(weight.size):
        stop = _token_end(text, start)
        index[j] = _hashed(text, start, stop, np.uint32(seed))
        value[j] = weight[j]
        start = stop + 1
        if np.isnan(weight[j]):
            stop = _token_end(text, start)
            index[j] = _hash_text(text, start, stop, index[j])
            value[j] = 1.0
            start = stop + 1
    return index, value


@kernel(triple(U32_OUT, F32_OUT, int64), U8, F64, int64, uint32, uint32)
def hash_request(
    text: Bytes, weight: npt.NDArray[np.float64], users: int, user_seed: int, context_seed: int
) -> tuple[Indices, Values, int]:
    """Both namespaces of a request at once: indices [d], values [d] and how many are the user's.

    text, weight  as of `hash_features`, but a weight of 0 drops its feature; the first `users` are of the user

    Says -1 of the user's if anything is not sound. Sound are names of 1 to 128 bytes, the first not `_`, strings of at
    most 256 bytes, and no NUL but those that end a token.
    """
    index = np.empty(weight.size, np.uint32)
    value = np.empty(weight.size, np.float32)
    text = text.copy()
    start = d = of_user = 0
    sound = True
    for j in range(weight.size):
        stop = _token_end(text, start)
        sound = sound and 1 <= stop - start <= 128 and text[start] != UNDERSCORE
        seed = np.uint32(user_seed) if j < users else np.uint32(context_seed)
        index[d] = _hashed(text, start, stop, seed)
        value[d] = weight[j]
        start = stop + 1
        if np.isnan(weight[j]):
            stop = _token_end(text, start)
            sound = sound and stop - start <= 256
            index[d] = _hash_text(text, start, stop, index[d])
            value[d] = 1.0
            start = stop + 1
        kept = weight[j] != 0.0
        d += kept
        of_user += kept and j < users
    sound = sound and start + (weight.size == 0) == text.size
    return index[:d], value[:d], of_user if sound else -1
