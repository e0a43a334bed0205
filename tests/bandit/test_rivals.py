"""Two campaigns that share a label never stand on one page, nor two ads of one that has caps."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bandit.catalog import Campaign
from bandit.eligibility.caps import Cap
from bandit.kernels.drawing import apart
from bandit.rivals import are_rivals, rivals_of
from tests.entries import laws

LABELS = [f"l{i}" for i in range(90)]  # more than the bits of one word


@laws(100)
@given(st.lists(st.sets(st.sampled_from(LABELS), max_size=9), max_size=8), st.booleans(), st.sets(st.integers(0, 9)))
def test_rivals_are_those_that_share_a_label_and_a_capped_campaign_stands_alone(
    labels: list[set[str]], all_shared: bool, capped: set[int]
) -> None:
    some = [*labels, set(LABELS[:50]), set(LABELS[40:])] if all_shared else labels
    caps = (Cap(impressions=3, hours=24),)
    campaigns = [
        Campaign(id=f"c{i}", rivals=tuple(sorted(one)[:50]), caps=caps if i in capped else ())
        for i, one in enumerate(some)
    ]
    rivals, n = rivals_of(campaigns), len(campaigns)
    kept = [set(one.rivals) for one in campaigns]
    for i in range(n):
        wanted = [bool(kept[i] & kept[j]) if j != i else i in capped for j in range(n)]
        assert [are_rivals(rivals, i, j) for j in range(n)] == wanted
        assert not are_rivals(rivals, i, -1)
        if rivals is not None:
            rows = np.array([*range(n), -1], np.int32)
            left = apart(np.arange(n + 1, dtype=np.int32), i, rows, rivals).tolist()
            assert left == [j for j in range(n) if not wanted[j]] + [n]
