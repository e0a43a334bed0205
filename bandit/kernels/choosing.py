"""A request's text to a choice in one call: the other kernels in a row, for one ad out of a shelf.

Compiler options: see jit.py. What does not change from request to request comes as one array, `prepared`: every array
that is passed from Python costs a sixth of a microsecond, and there are fifteen.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandit.kernels import drawing, exploring, hashing, scoring
from bandit.kernels.jit import F32, F32_OUT, F64, U8, U32, boolean, float64, inner, int64, kernel, uint32

Words = npt.NDArray[np.uint32]
Numbers = npt.NDArray[np.float32]

EPSILON_GREEDY, SOFTMAX, SQUARECB = 0, 1, 2
UNUSUAL = -2  # in place of a choice: see `hashing.hash_request` for what is not sound
# The parts of `prepared`, in this order: see `scoring.score` and, for the last two, `hashing.hash_centred_request`.
TERMS, LINEAR = 0, 1
AD_START, AD_FEATURE, AD_DISTINCT, AD_VALUE = 2, 3, 4, 5
PLACEMENT_START, PLACEMENT_FEATURE, PLACEMENT_DISTINCT, PLACEMENT_VALUE = 6, 7, 8, 9
TEMPLATE, PLACEMENT, STANDING = 10, 11, 12  # [n] of the whole shelf
KNOWN, MEAN = 13, 14
PARTS = 15


@inner
def _words(prepared: Words, part: int) -> Words:
    return prepared[prepared[part] : prepared[part + 1]]


@inner
def _numbers(prepared: Words, part: int) -> Numbers:
    return _words(prepared, part).view(np.float32)


@inner
def _rows(prepared: Words, part: int) -> npt.NDArray[np.int32]:
    return _words(prepared, part).view(np.int32)


@inner
def _costs(table: Numbers, prepared: Words, positions: Words, index: Words, value: Numbers, users: int) -> Numbers:
    terms = _words(prepared, TERMS).astype(np.uint8)
    return scoring.score(
        table, terms.reshape(terms.size // scoring.WIDTH, scoring.WIDTH), _words(prepared, LINEAR).astype(np.uint8),
        index[:users], value[:users], index[users:], value[users:],
        _rows(prepared, AD_START), _rows(prepared, AD_FEATURE),
        _words(prepared, AD_DISTINCT), _numbers(prepared, AD_VALUE),
        _rows(prepared, PLACEMENT_START), _rows(prepared, PLACEMENT_FEATURE),
        _words(prepared, PLACEMENT_DISTINCT), _numbers(prepared, PLACEMENT_VALUE),
        _rows(prepared, TEMPLATE)[positions], _rows(prepared, PLACEMENT)[positions],
        _numbers(prepared, STANDING)[positions],
    )  # fmt: skip


@kernel(int64, U8, F64, int64, uint32, uint32, boolean, F32, U32, U32, int64, float64, float64, float64, F32_OUT)
def choose(
    text: npt.NDArray[np.uint8],
    weight: npt.NDArray[np.float64],
    users: int,
    user_seed: int,
    context_seed: int,
    every: bool,
    table: Numbers,
    prepared: Words,
    positions: Words,
    kind: int,
    sharpness: float,
    floor: float,
    chance: float,
    probabilities: Numbers,
) -> int:
    """Position in `positions` of the candidate drawn; `probabilities` is filled. UNUSUAL if the text is not sound.

    text to every         as of `hashing.hash_request`
    table                 [2**b] weights
    prepared              PARTS + 1 ends, the first of them where the first part begins; then the parts
    positions             [k] candidates of the shelf, k at least 1
    kind, sharpness       one of the three above, and its epsilon, lambda or gamma
    floor                 least probability
    chance                in [0, 1)
    probabilities         [k]
    """
    known, mean = _words(prepared, KNOWN), _numbers(prepared, MEAN)
    index, value, users = hashing.hash_centred_request(text, weight, users, user_seed, context_seed, every, known, mean)
    if users < 0:
        return UNUSUAL
    costs = _costs(table, prepared, positions, index, value, users)
    if kind == SOFTMAX:
        spread = exploring.softmax(costs, sharpness)
    elif kind == SQUARECB:
        spread = exploring.squarecb(costs, sharpness)
    else:
        spread = exploring.epsilon_greedy(costs, sharpness)
    probabilities[:] = exploring.floored(spread, floor)
    return drawing.draw(probabilities, chance)
