"""Sums of a log drawn again and again: every sample in one pass over the rounds.

Compiler options: see jit.py. A sample takes each round a Poisson(1) number of times. What it takes is a function of
(seed, round, sample) alone, so it depends neither on the processor nor on how work is shared.

Four samples' counts come of one 64-bit word, 16 bits each. The thresholds round Poisson(1) to 16 bits such that mean
and variance are exactly 1 and the third moment is right to 1e-5; a count of 9 or more, chance 1e-6, does not occur.
Words are xoroshiro128+ (Blackman & Vigna, 2018), sown anew every BLOCK rounds for each four samples.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandit.kernels.jit import float64, inner, int64, kernel, readonly, uint64

Rows = npt.NDArray[np.float64]
Words = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.uint16]

BLOCK = 256  # rounds; sowing costs little beside drawing them
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
LANE = np.uint64(0xD1B54A32D192ED03)

# A 16-bit number at or above the k-th is a count of more than k.
_AT_LEAST = tuple(np.uint16(65_536 - share) for share in (41_427, 17_317, 5_262, 1_245, 240, 39, 5, 1))
ONE, TWO, THREE, FOUR, FIVE, SIX, SEVEN, EIGHT = _AT_LEAST


@inner
def _mixed(word: np.uint64) -> np.uint64:
    """Splitmix64's finish."""
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


@inner
def _sow(seed: np.uint64, block: int, first: Words, second: Words) -> None:
    base = _mixed(seed + GOLDEN) + _mixed(np.uint64(block) * GOLDEN + np.uint64(1))
    for j in range(first.size):
        first[j] = _mixed(base + np.uint64(j) * LANE)
        second[j] = _mixed(first[j] + GOLDEN)


@inner
def _draw(first: Words, second: Words, word: Words) -> None:
    for j in range(word.size):
        a, b = first[j], second[j]
        word[j] = a + b
        b ^= a
        first[j] = ((a << np.uint64(24)) | (a >> np.uint64(40))) ^ b ^ (b << np.uint64(16))
        second[j] = (b << np.uint64(37)) | (b >> np.uint64(27))


@inner
def _count(drawn: Counts, count: Counts) -> None:
    for j in range(drawn.size):
        u = drawn[j]
        count[j] = (
            np.uint16(u >= ONE)
            + np.uint16(u >= TWO)
            + np.uint16(u >= THREE)
            + np.uint16(u >= FOUR)
            + np.uint16(u >= FIVE)
            + np.uint16(u >= SIX)
            + np.uint16(u >= SEVEN)
            + np.uint16(u >= EIGHT)
        )


@kernel(float64[:, ::1], readonly(float64, 2), int64, uint64)
def poisson_sums(rows: Rows, samples: int, seed: np.uint64) -> Rows:
    """[t, samples] of t rows of terms [t, m], the sums over each sample."""
    t, m = rows.shape
    lanes = (samples + 3) // 4
    sums = np.zeros((t, 4 * lanes))
    first, second = np.empty(lanes, np.uint64), np.empty(lanes, np.uint64)
    word, count = np.empty(lanes, np.uint64), np.empty(4 * lanes, np.uint16)
    drawn = word.view(np.uint16)
    for i in range(m):
        if i % BLOCK == 0:
            _sow(seed, i // BLOCK, first, second)
        _draw(first, second, word)
        _count(drawn, count)
        for row in range(t):
            x, total = rows[row, i], sums[row]
            for j in range(count.size):
                total[j] += x * count[j]
    return sums[:, :samples].copy()
