"""When a log answers, when hardly, and when not at all."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from bandit.estimators.diagnostics import Diagnostics, diagnose
from bandit.estimators.logged import Logged
from bandit.estimators.propensities import counted
from bandit.estimators.verdict import judge
from bandit.estimators.weigh import weigh

SOUND = Diagnostics(
    n=1_000, matched=900, ess=500.0, effective_rewards=200.0, mean_weight=1.02, mean_weight_error=0.02, max_weight=9.0,
    unsupported=0.0, unsupported_low=0.0, unsupported_high=0.0, control_variate=0.0, control_variate_error=0.01,
    calibration=1.0, calibration_low=0.9, calibration_high=1.1,
)  # fmt: skip


def test_a_sound_log_answers() -> None:
    assert judge(SOUND) == ("answers", ())


@pytest.mark.parametrize(
    ("otherwise", "says"),
    [
        ({"matched": 0}, "would never have shown"),
        ({"ess": 9.9}, "effective sample size is 9.9 of 1000"),
        ({"unsupported": 0.06, "unsupported_high": 0.06, "mean_weight": 0.94}, "6.0% of what the target would show"),
        ({"mean_weight": 1.1}, "the mean weight is 1.1000 with a standard error of 0.0200, not 1: propensities"),
        ({"mean_weight": 0.9}, "not 1: propensities are wrong"),
        ({"mean_weight": 0.9, "unsupported": None}, "or ads never served"),
        ({"calibration": 2.0, "calibration_low": 1.2, "calibration_high": 2.5}, "2.000 times as often"),
        ({"calibration": 0.5, "calibration_low": 0.3, "calibration_high": 0.8}, "0.500 times as often"),
    ],
)
def test_a_log_that_cannot_answer_is_refused(otherwise: dict[str, float], says: str) -> None:
    kind, reasons = judge(SOUND._replace(**otherwise))
    assert kind == "refused"
    assert says in reasons[0]


@pytest.mark.parametrize(
    ("otherwise", "says"),
    [
        ({"ess": 99.0}, "effective sample size is 99.0"),
        ({"effective_rewards": 38.0}, "few rewards decide: as many as 38.0 alike"),
        ({"unsupported": 0.04, "unsupported_high": 0.04, "mean_weight": 0.96}, "4.00% of what the target would show"),
        ({"mean_weight": 1.07}, "the mean weight is 1.0700"),
    ],
)
def test_a_log_that_hardly_answers_is_called_weak(otherwise: dict[str, float], says: str) -> None:
    kind, reasons = judge(SOUND._replace(**otherwise))
    assert kind == "weak"
    assert says in reasons[0]


def test_what_rounding_does_to_a_long_log_is_no_reason() -> None:
    rounded = {"mean_weight": 1.005, "mean_weight_error": 1e-5, "calibration_low": 1.004, "calibration_high": 1.006}
    assert judge(SOUND._replace(**rounded)).kind == "answers"


def uniform(logged: Logged) -> np.ndarray:
    k = np.diff(logged.start)
    return np.repeat(1 / k, k)


def found(logged: Logged) -> Diagnostics:
    return diagnose(weigh(logged, uniform(logged)), counted(logged))


def test_a_fair_log_is_not_refused(log: Callable[..., Logged]) -> None:
    kinds = [judge(found(log(seed, 1_000))).kind for seed in range(3)]
    assert "refused" not in kinds


def test_probabilities_logged_while_the_best_was_served_are_found_out(log: Callable[..., Logged]) -> None:
    logged = log(1, 1_000)
    best = np.array([begin + logged.served[begin:end].argmax() for begin, end in pairwise(logged.start)])
    assert judge(found(replace(logged, chosen=best, propensity=logged.served[best]))).kind == "refused"


def test_an_ad_drawn_oftener_than_logged_is_found_out(log: Callable[..., Logged]) -> None:
    logged = log(1, 1_000)
    action = logged.action.copy()
    action[logged.chosen[:300]] = 5
    verdict = judge(found(replace(logged, action=action)))
    assert "times as often" in " ".join(verdict.reasons)


def test_propensities_of_choices_alone_are_found_out_by_the_mean_weight(log: Callable[..., Logged]) -> None:
    logged = log(1, 1_000)
    raised = np.minimum(1.0, logged.propensity * 1.3)
    verdict = judge(found(replace(logged, served=None, propensity=raised)))
    assert verdict.kind == "refused"
    assert "mean weight" in verdict.reasons[0]


def test_a_weight_too_rare_to_be_drawn_is_in_the_error_of_the_mean() -> None:
    n, rare = 100, 1e-6
    served, target = np.tile([1 - rare, rare], n), np.tile([0.5, 0.5], n)
    start, place = np.arange(0, 2 * n + 1, 2), np.zeros(n, np.int64)
    logged = Logged(
        start, np.tile([0, 1], n), 2, served, start[:-1], served[::2], np.ones(n), place, np.arange(n), np.zeros((n, 0))
    )
    assert diagnose(weigh(logged, target)).mean_weight_error == pytest.approx(50.0, rel=0.01)
