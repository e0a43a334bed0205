"""Nearest products by what they have in common, from the `implicit` library.

Two kinds: those the same users care about (item-item collaborative filtering by cosine, so that what everybody looks at
is not everybody's neighbour), and those of which the feed says the same (by TF-IDF of their words). A list of
neighbours is short, is looked up in no time and says why a product is shown: because of another one. That is why it is
this and not a factorisation. BM25 and TF-IDF of users do no better here, and say nothing at all in a shop of few
products, whose users have seen nearly all of them.

Source: Sarwar et al., Item-based Collaborative Filtering Recommendation Algorithms, WWW 2001.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from bandit.arrays import Doubles
from bandit.errors import BadInput

Numbers = npt.NDArray[np.int64]

NEIGHBOURS = 20  # kept of each product


def by_users(users: Numbers, products: Numbers, weights: Doubles, *, k: int = NEIGHBOURS) -> Numbers:
    """[m, k] the nearest products of each by who cared about them, nearest first; -1 where there are no more.

    users     [n] in [0, 2**31)
    products  [n] in [0, m)
    weights   [n] how much each says, finite and above 0; of one user and product they add up

    Raises BadInput for arrays of different lengths, or what is out of bounds.

    >>> by_users(np.array([0, 0, 1, 1, 2, 3]), np.array([0, 1, 0, 1, 2, 3]), np.ones(6), k=1).tolist()
    [[1], [0], [-1], [-1]]
    """
    from implicit.nearest_neighbours import CosineRecommender  # noqa: PLC0415 loads BLAS, which few processes want

    _check("users", users, products, weights)
    return _nearest(CosineRecommender(K=k + 1, num_threads=1), users, products, weights, k)


def by_words(words: Numbers, products: Numbers, *, k: int = NEIGHBOURS, most: int = 2_000) -> Numbers:
    """[m, k] the nearest products of each by the words said of them; as `by_users`.

    words     [n] in [0, 2**31), each of the product beside it
    most      a word of more products than this tells nothing, and would take long to compare
    """
    from implicit.nearest_neighbours import TFIDFRecommender  # noqa: PLC0415

    _check("words", words, products, np.ones(len(words)))
    telling = np.bincount(words)[words] <= most if len(words) else np.zeros(0, np.bool_)
    m = int(products.max(initial=-1)) + 1
    found = np.full((m, k), -1, np.int64)
    if telling.any():
        some = TFIDFRecommender(K=k + 1, num_threads=1)
        near = _nearest(some, words[telling], products[telling], np.ones(int(telling.sum())), k)
        found[: len(near)] = near
    return found


def _nearest(model: Any, rows: Numbers, products: Numbers, weights: Doubles, k: int) -> Numbers:
    m = int(products.max(initial=-1)) + 1
    near = np.full((m, k), -1, np.int64)
    if m == 0:
        return near
    counted = sp.csr_matrix((weights, (rows, products)), shape=(int(rows.max()) + 1, m))
    with warnings.catch_warnings():  # it turns its own matrix into another kind, and complains of that
        warnings.filterwarnings("ignore", message="Method expects CSR")
        model.fit(counted, show_progress=False)
    found = model.similarity.tocoo()
    others = (found.row != found.col) & (found.data > 0.0)
    row, column, value = found.row[others], found.col[others], found.data[others]
    order = np.lexsort((column, -value, row))  # of equals the lower number first: the same every time
    row, column = row[order], column[order]
    place = np.arange(len(row)) - np.searchsorted(row, row)
    near[row[place < k], place[place < k]] = column[place < k]
    return near


def _check(name: str, rows: Numbers, products: Numbers, weights: Doubles) -> None:
    if not len(rows) == len(products) == len(weights):
        detail = f"as many {name} as products and weights, not {len(rows)}, {len(products)} and {len(weights)}"
        raise BadInput(f"#/{name}", "bound", detail)
    for field, numbers in ((name, rows), ("products", products)):
        if len(numbers) and not (numbers.min() >= 0 and numbers.max() < 2**31):
            raise BadInput(f"#/{field}", "bound", "numbers in [0, 2**31)")
    if not np.all(np.isfinite(weights) & (weights > 0.0)):
        raise BadInput("#/weights", "bound", "weights that are finite and above 0")
