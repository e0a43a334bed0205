"""What the kernel adds up is what NumPy adds up, and what it cannot believe is named."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bandit.errors import BadInput
from bandit.estimators.logged import Logged
from bandit.estimators.weigh import weigh
from bandit.estimators.weigh_table import BLOCK, weigh_table
from bandit.estimators.weighed import Weighed


def spread(log: Logged, seed: int) -> np.ndarray:
    """[s] a target policy at random."""
    share = np.random.default_rng(seed).random(len(log.action))
    return share / np.repeat(np.add.reduceat(share, log.start[:-1]), np.diff(log.start))


def by_hand(log: Logged, probability: np.ndarray, q: np.ndarray) -> Weighed:
    def total(each: np.ndarray) -> np.ndarray:
        return np.array([each[begin:end].sum() for begin, end in zip(log.start, log.start[1:], strict=False)])

    served = log.served > 0
    squared = np.divide(probability**2, log.served, out=np.zeros_like(probability), where=served)
    shares = total(probability * q), total(probability * ~served), total(squared)
    return Weighed(log.propensity, probability[log.chosen], log.reward, q[log.chosen], *shares)


def same(one: Weighed, other: Weighed) -> bool:
    return all(
        np.allclose(getattr(one, name), getattr(other, name), rtol=1e-12)
        for name in ("propensity", "target", "reward", "predicted", "expected", "unsupported", "squared")
    )


def table(n: int, k: int, seed: int = 1) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    served, probability, q = rng.dirichlet(np.ones(k), n), rng.dirichlet(np.ones(k), n), rng.random((n, k))
    action = np.array([rng.choice(k, p=row) for row in served])
    columns = {"action": action, "propensity": served[np.arange(n), action], "reward": rng.random(n)}
    return {"probability": probability, "q": q, "served": served} | columns


@pytest.mark.parametrize("seed", range(5))
def test_rounds_are_weighed_as_numpy_weighs_them(log: Callable[..., Logged], seed: int) -> None:
    logged = log(seed)
    probability, q = spread(logged, seed), np.random.default_rng(seed).normal(size=len(logged.action))
    assert same(weigh(logged, probability, q), by_hand(logged, probability, q))


def test_what_was_never_served_is_unsupported(log: Callable[..., Logged]) -> None:
    logged = log(3)
    other = logged.start[:-1] + (logged.chosen == logged.start[:-1])
    logged.served[other] = 0.0
    probability = spread(logged, 3)
    assert weigh(logged, probability).unsupported == pytest.approx(probability[other])


def test_a_table_gives_what_its_rows_give() -> None:
    made = table(50, 4)
    start = np.arange(0, 201, 4)
    rows = (start, np.tile(np.arange(4), 50), 4, made["served"].ravel(), start[:-1] + made["action"])
    columns = (made["propensity"], made["reward"], np.zeros(50, np.int64), np.arange(50), np.zeros((50, 0)))
    assert same(weigh(Logged(*rows, *columns), made["probability"].ravel(), made["q"].ravel()), weigh_table(**made))


def test_a_table_in_strides_or_of_float32_is_weighed_block_by_block_alike() -> None:
    made = table(BLOCK + 10, 3)
    strided = {name: np.repeat(made[name][:, :, None], 2, axis=2)[:, :, 1] for name in ("probability", "q", "served")}
    exact = weigh_table(**made)
    assert same(weigh_table(**made | strided), exact)
    half = {name: made[name].astype(np.float32) for name in ("probability", "q")}
    small = weigh_table(**made | half)
    assert np.allclose(small.expected, exact.expected, rtol=1e-6)
    assert np.allclose(small.weight, exact.weight, rtol=1e-6)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ([0.5, 0.4], "probabilities sum to 0.9; 1 is wanted"),
        ([1.5, -0.5], "probability is 1.5"),
        ([np.nan, 0.5], "probability is nan"),
        ([0.0, 0.0], "probabilities sum to 0"),
    ],
)
@pytest.mark.parametrize("size", [7, BLOCK + 7])
def test_the_first_row_that_is_no_distribution_is_named(row: list[float], says: str, size: int) -> None:
    made = table(size, 2)
    made["probability"][size - 2 :] = row
    strided = made["probability"][::-1][::-1].T.copy().T  # column by column, so it goes in blocks
    for probability in (made["probability"], strided):
        with pytest.raises(BadInput, match=f"^#/rows/{size - 2}/probability: {says}"):
            weigh_table(**made | {"probability": probability})


def test_a_prediction_that_is_not_finite_is_named(log: Callable[..., Logged]) -> None:
    logged = log(1)
    q = np.zeros(len(logged.action))
    q[logged.start[12]] = np.nan
    with pytest.raises(BadInput, match=r"^#/rows/112/q: q is nan"):
        weigh(logged, spread(logged, 1), q, first=100)


@pytest.mark.parametrize(
    ("column", "value", "pointer"),
    [
        ("action", np.array([0, 2, 1]), "#/rows/1/action"),
        ("propensity", np.array([0.5, 0.5, 0.0]), "#/rows/2/propensity"),
        ("reward", np.array([np.nan, 0, 0]), "#/rows/0/reward"),
        ("reward", np.zeros(2), "#/rows/2/reward"),
        ("q", np.zeros((3, 3)), "#/q"),
        ("served", np.zeros((2, 2)), "#/rows/2/served"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(column: str, value: np.ndarray, pointer: str) -> None:
    with pytest.raises(BadInput) as refused:
        weigh_table(**table(3, 2) | {column: value})
    assert refused.value.pointer == pointer


def test_a_table_without_rows_is_refused() -> None:
    with pytest.raises(BadInput, match="no rounds"):
        weigh_table(np.zeros((0, 2)), np.zeros(0, np.int64), np.zeros(0), np.zeros(0))


def test_a_target_of_the_wrong_length_is_refused(log: Callable[..., Logged]) -> None:
    with pytest.raises(BadInput, match="probability has 3 rows"):
        weigh(log(1), np.ones(3))
