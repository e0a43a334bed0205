"""A page uses each template and placement once, and every slot is a round with exact probabilities of its own."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from bandit.config import Exploration
from bandit.draws import uniform
from bandit.exploration.choose import KINDS, probabilities
from bandit.page import page

EVERYONE = np.arange(20, dtype=np.int32)


def _candidates(templates: int, placements: int) -> tuple[np.ndarray, np.ndarray]:
    template, placement = np.divmod(np.arange(templates * placements, dtype=np.int32), np.int32(placements))
    return template.astype(np.int32), placement.astype(np.int32)


def _explored(costs: np.ndarray, kind: str):
    return lambda left: probabilities(costs[left], Exploration(kind=kind), 50)


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 8), kind=st.sampled_from(sorted(KINDS)))
@settings(max_examples=100)
def test_a_page_uses_each_template_and_each_placement_once(seed, count, kind):
    rng = np.random.default_rng(seed)
    template, placement = _candidates(5, 4)
    spread = _explored(rng.normal(size=20).astype(np.float32), kind)
    slots = list(page(spread, EVERYONE, template, placement, rng.random(count)))
    used = [slot.left[slot.chosen] for slot in slots]
    assert len(slots) == min(count, 4)
    assert len(set(template[used])) == len(set(placement[used])) == len(slots)


@given(seed=st.integers(0, 2**32 - 1), kind=st.sampled_from(sorted(KINDS)))
@settings(max_examples=100)
def test_every_slot_explores_over_just_what_is_left(seed, kind):
    rng = np.random.default_rng(seed)
    costs = rng.normal(size=20).astype(np.float32)
    for slot in page(_explored(costs, kind), EVERYONE, *_candidates(5, 4), rng.random(4)):
        assert slot.probabilities.tolist() == probabilities(costs[slot.left], Exploration(kind=kind), 50).tolist()


def test_the_second_slot_has_the_frequencies_it_logs():
    spread = _explored(np.random.default_rng(2).normal(size=9).astype(np.float32), "softmax")
    chances = ([0.4, uniform(i.to_bytes(16, "big"), 1, 0)] for i in range(20_000))
    pages = [list(page(spread, EVERYONE[:9], *_candidates(3, 3), pair)) for pair in chances]
    second = pages[0][1].probabilities.astype(np.float64)
    drawn = np.bincount([slots[1].chosen for slots in pages], minlength=second.size)
    assert chisquare(drawn, second / second.sum() * 20_000).pvalue > 1e-4
