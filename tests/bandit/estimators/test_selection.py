"""Choosing among many policies: looking at more of them must not make one of them better."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from bandit.errors import BadInput
from bandit.estimators.selection import Candidate, compare, select
from bandit.estimators.terms import Terms
from bandit.estimators.verdict import Verdict

N = 400


def alike(seed: int, policies: int, n: int = N) -> tuple[dict[str, Terms], Terms]:
    """Policies that all earn 0.5 a round, as the log itself does, by estimates that err independently."""
    chance = np.random.default_rng(seed)
    rows = 0.5 + chance.normal(size=(policies, n))
    return {str(i): Terms(row) for i, row in enumerate(rows)}, Terms(0.5 + 0.1 * chance.normal(size=n))


def candidates(policies: dict[str, Terms]) -> dict[str, Candidate]:
    return {name: Candidate(terms) for name, terms in policies.items()}


def largest_of(k: int) -> float:
    """Expected largest of k unit normals."""
    density = lambda t: t * k * stats.norm.pdf(t) * stats.norm.cdf(t) ** (k - 1)  # noqa: E731
    return float(integrate.quad(density, -10, 10)[0])


def test_one_policy_alone_is_held_to_students_interval() -> None:
    policies, baseline = alike(1, 1, 5_000)
    (found,) = compare(policies, baseline, samples=20_000)
    error = (policies["0"].plain - baseline.plain).std(ddof=1) / np.sqrt(5_000)
    assert found.high - found.gain == pytest.approx(1.96 * error, rel=0.03)


def test_ten_independent_policies_are_held_to_bonferronis_2_8_errors() -> None:
    chance = np.random.default_rng(2)
    policies = {str(i): Terms(chance.normal(size=5_000)) for i in range(10)}
    found = compare(policies, Terms(np.zeros(5_000)), samples=20_000)
    reach = [(one.high - one.gain) / (policies[one.name].plain.std(ddof=1) / np.sqrt(5_000)) for one in found]
    assert max(reach) == pytest.approx(2.80, abs=0.06)  # Bonferroni: 2.807034, independence: 2.800


def test_policies_that_are_one_count_as_one() -> None:
    policies, baseline = alike(3, 1, 5_000)
    (alone,) = compare(policies, baseline)
    crowd = compare({str(i): policies["0"] for i in range(50)}, baseline)
    assert crowd[0][1:] == pytest.approx(alone[1:])


def test_twenty_policies_that_are_no_better_name_a_winner_in_few_logs() -> None:
    named = uncorrected = 0
    for seed in range(100):
        policies, baseline = alike(seed, 20)
        named += select(candidates(policies), baseline, samples=400).winner is not None
        uncorrected += any(compare({name: terms}, baseline, samples=100)[0].low > 0 for name, terms in policies.items())
    assert named <= 7  # 2.5 of 100 are expected at most
    assert uncorrected > 25  # each looked at by itself


def test_intervals_hold_for_all_policies_at_once_in_95_of_100_logs() -> None:
    held = 0
    for seed in range(200):
        found = compare(*alike(seed, 20), samples=400)
        held += all(one.low <= 0.0 <= one.high for one in found)
    assert 0.91 <= held / 200 <= 0.985


def test_what_the_best_seemed_to_earn_is_too_much_and_what_is_told_is_not() -> None:
    seemed, told = [], []
    for seed in range(60):
        policies, baseline = _ten_better_by_a_third(seed)
        found = select(candidates(policies), baseline, samples=100)
        assert found.value
        seemed.append(max(one.value for one in found.compared) - 0.5)
        told.append(found.value.value - 0.5)
    error = 1.0 / np.sqrt(N / 2)
    assert np.mean(seemed) == pytest.approx(0.33 + largest_of(10) * error, abs=0.4 * error)
    assert np.mean(told) == pytest.approx(0.33, abs=0.4 * error)


def test_the_interval_of_the_winner_covers_what_it_earns() -> None:
    covered = 0
    for seed in range(200):
        policies, baseline = _ten_better_by_a_third(seed)
        found = select(candidates(policies), baseline, samples=100)
        assert found.gain
        covered += found.gain.low <= 0.33 <= found.gain.high
    assert 0.9 <= covered / 200 <= 0.99


def test_a_policy_that_is_better_is_found() -> None:
    policies, baseline = alike(5, 20)
    policies["7"] = Terms(policies["7"].plain + 1.0)
    found = select(candidates(policies), baseline)
    assert found.winner == "7"
    assert found.compared[0].name == "7"
    assert found.gain
    assert found.gain.low > 0.0


def test_a_policy_the_log_cannot_answer_for_never_wins() -> None:
    policies, baseline = alike(5, 3)
    found = select(
        candidates(policies) | {"best": Candidate(Terms(np.full(N, 9.0)), Verdict("refused", ("no support",)))},
        baseline,
    )
    assert found.winner is None
    assert found.refused == {"best": ("no support",)}


def test_where_every_policy_is_refused_nothing_wins() -> None:
    refused = {"a": Candidate(Terms(np.ones(N)), Verdict("refused", ("none",)))}
    assert select(refused, Terms(np.zeros(N))) == (None, (), {"a": ("none",)}, None, None)


def test_the_log_itself_is_no_better_than_itself() -> None:
    _, baseline = alike(6, 1)
    found = select({"log": Candidate(baseline)}, baseline)
    assert found.winner is None
    assert found.compared[0][2:] == (0.0, 0.0, 0.0)


def test_ratios_are_compared_by_what_moves_them() -> None:
    chance = np.random.default_rng(8)
    weight, reward = chance.gamma(2.0, 0.5, 4_000), (chance.random(4_000) < 0.3).astype(float)
    snips = Terms(np.zeros(4_000), weight * reward, weight)
    (found,) = compare({"snips": snips}, Terms(reward))
    assert found.gain == pytest.approx(snips.value - reward.mean())
    assert found.high - found.low < 0.7 * _width_alone(snips)  # both go up and down with the same clicks


def test_users_choose_and_tell_as_a_whole() -> None:
    user = np.repeat(np.arange(100), 4)
    policies, baseline = alike(9, 3, 100)
    spread = {name: Terms(terms.plain.repeat(4)) for name, terms in policies.items()}
    alone, together = compare(policies, baseline), compare(spread, Terms(baseline.plain.repeat(4)), user=user)
    assert together[0][1:] == pytest.approx(alone[0][1:])


def test_the_same_seed_selects_the_same() -> None:
    policies, baseline = _ten_better_by_a_third(4)
    assert select(candidates(policies), baseline, seed=3) == select(candidates(policies), baseline, seed=3)


@pytest.mark.parametrize("wrong", [{"share": 0.0}, {"share": 1.0}, {"level": 1.0}, {"samples": 0}])
def test_values_out_of_bounds_are_refused(wrong: dict[str, float]) -> None:
    policies, baseline = alike(1, 2)
    with pytest.raises(BadInput):
        select(candidates(policies), baseline, **wrong)  # type: ignore[arg-type]


def test_estimates_of_different_rounds_are_refused() -> None:
    with pytest.raises(BadInput, match="same rounds"):
        compare({"a": Terms(np.zeros(5))}, Terms(np.zeros(6)))


def _ten_better_by_a_third(seed: int) -> tuple[dict[str, Terms], Terms]:
    policies, baseline = alike(seed, 10)
    return {name: Terms(terms.plain + 0.33) for name, terms in policies.items()}, baseline


def _width_alone(terms: Terms) -> float:
    (found,) = compare({"a": terms}, Terms(np.zeros(len(terms.plain))))
    return found.high - found.low
