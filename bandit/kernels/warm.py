"""Compiles and calls every kernel, so that no request waits for either.

Importing the kernels compiles them or loads them from the cache. The first call of each still sorts out its
argument types, so it is made here, with the types that production uses.
"""

from __future__ import annotations

import numpy as np

from bandit.kernels import (
    capping,
    centring,
    checking,
    choosing,
    drawing,
    exploring,
    hashing,
    packing,
    scoring,
    sifting,
    tiring,
)


def compile_all() -> None:
    """Call each kernel once. Takes seconds on the first start of a machine, milliseconds afterwards."""
    text = np.frombuffer(b"a\0b\0", np.uint8)
    hashing.murmur3(text, int(hashing.hashstring(text, 0)))
    index, value, number = hashing.hash_features(text, np.array([np.nan]), 0, False)
    hashing.hash_request(text, np.array([np.nan]), 1, 0, 0, False)
    hashing.hash_centred_request(text, np.array([np.nan]), 1, 0, 0, False, index, value)
    hashing.centred(index, value, number, index, value, index.astype(np.uint64), value.copy())
    numbered = (index, value, number)
    counts = np.ones(1, np.int64)
    centring.observe(index.copy(), counts, counts.copy(), np.ones(1), value.copy(), 1, *numbered, *numbered)
    rows, one = np.array([0, 1], np.int32), np.zeros(1, np.int32)
    group = np.ones(4, np.uint8)
    terms = np.array([[scoring.AD, scoring.PLACEMENT, scoring.NONE, scoring.PER_CANDIDATE, 0]], np.uint8)
    weights = np.zeros(16, np.float32)
    request = (index, value, index, value)
    stacked = (rows, one, index, value)
    scores = scoring.score(weights, terms, group, *request, *stacked, *stacked, one, one, value)
    checking.sound(index, value, number, 1.0)
    for spread in (exploring.epsilon_greedy, exploring.softmax, exploring.squarecb):
        probabilities = exploring.floored(spread(scores, 1.0), 0.0)
    drawing.draw(probabilities, 0.5)
    position = np.zeros(1, np.uint32)
    packing.packed(position)
    drawing.others(one, 0, one, one)
    drawing.apart(one, 0, one, np.zeros((1, 1), np.uint64))
    none = np.zeros(0, np.uint8)
    sifting.sift(position, one, one, none, 1, 1, np.zeros(0, np.int64), 0, none, none, 1)
    none_yet = np.zeros(1, np.int64)
    capping.reached(np.zeros(1), position, 0.0, position, none_yet, np.ones(1), none_yet, np.zeros(1, np.uint8))
    tiring.levels(np.zeros(1), position, position, 0.0, 1.0, 2.0, 3.0, np.zeros(1, np.uint8))
    lengths = [choosing.PARTS + 1, 0, 5, 2, 0, 0, 0, 2, 0, 0, 0, 1, 1, 1, 0, 0]  # one candidate without features
    ends = np.cumsum(lengths, dtype=np.uint32)
    parts = np.concatenate([ends, np.zeros(int(ends[-1]) - len(ends), np.uint32)])
    nobody = np.zeros(0)
    choosing.choose(
        np.zeros(1, np.uint8), nobody, 0, 0, 0, False, weights, parts, np.zeros(1, np.uint32), 0, 1.0, 0.0, 0.5, value
    )
