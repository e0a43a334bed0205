"""Some rounds of a log are a log."""

import numpy as np

from bandit.estimators.logged import checked
from bandit.reward_models.rounds import only
from tests.bandit.reward_models.logs import log


def test_rounds_picked_out_keep_their_candidates_and_choices():
    whole = log(40)
    rounds = np.flatnonzero(np.arange(whole.n) % 3 == 1)
    some = checked(only(whole, rounds))
    for at, row in enumerate(rounds):
        theirs, ours = slice(*whole.start[row : row + 2]), slice(*some.start[at : at + 2])
        np.testing.assert_array_equal(some.action[ours], whole.action[theirs])
        assert some.action[some.chosen[at]] == whole.action[whole.chosen[row]]


def test_no_rounds_are_an_empty_log():
    none = only(log(5), np.zeros(0, int))
    assert (none.n, none.start.tolist(), len(none.action)) == (0, [0], 0)
