from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from bandit.errors import BadInput
from simulations.environments.open_bandit import Campaign, OpenBandit, estimated, read_campaign
from simulations.sources import obd, wheels


@pytest.fixture(scope="module")
def folder() -> Path:
    """The sample: from the cache, else fetched; skipped where there is no network."""
    try:
        return obd.ensure(wheels.default_cache())
    except wheels.Unavailable as fault:
        pytest.skip(str(fault))


@pytest.fixture(scope="module")
def campaign(folder: Path) -> Campaign:
    return read_campaign(folder, "all")


def test_the_sample_s_items_positions_and_segments_are_read(campaign: Campaign) -> None:
    assert campaign.chance.shape == (3, 3, 80)
    assert len(campaign.user) == 10_000


def test_an_even_draw_is_clicked_as_often_as_in_the_log(campaign: Campaign) -> None:
    rate = campaign.chance[campaign.segment, campaign.position].mean()
    assert rate == pytest.approx(38 / 10_000, rel=0.05)


def test_chances_are_pulled_towards_the_mean(campaign: Campaign) -> None:
    assert campaign.chance.min() > 0.0
    assert campaign.chance.max() < 4 * 38 / 10_000  # the raw rate of an item goes from 0 to 6 times the mean


def test_where_nothing_was_clicked_more_than_expected_every_chance_is_the_mean() -> None:
    cells = np.indices((2, 3, 4)).reshape(3, -1)
    segment, position, item = np.tile(cells, 2)
    click = np.repeat([1, 0], cells.shape[1])
    assert estimated(click, item, position, segment, np.zeros(4, np.int64)) == pytest.approx(np.full((2, 3, 4), 0.5))


def test_much_evidence_outweighs_what_was_imagined() -> None:
    item = np.repeat([0, 1], 100_000)
    click = np.concatenate([np.arange(100_000) % 10 == 0, np.arange(100_000) % 5 == 0]).astype(np.int64)
    found = estimated(click, item, item * 0, item * 0, np.zeros(2, np.int64))
    assert found[0, 0] == pytest.approx([0.1, 0.2], rel=0.01)


def test_a_request_tells_of_the_user_and_asks_for_the_logged_place(campaign: Campaign) -> None:
    visit = OpenBandit(1, campaign).round(7)
    assert sorted(visit.request["context"]["user"]) == ["feature_0", "feature_1", "feature_2", "feature_3"]
    assert {place for _, place in visit.candidates} == set(visit.request["placements"])
    assert len(visit.candidates) == 80


def test_a_log_with_an_unknown_item_is_refused(folder: Path, tmp_path: Path) -> None:
    within = tmp_path / "random" / "men"
    within.mkdir(parents=True)
    pl.read_csv(folder / "random/men/men.csv").head(20).with_columns(item_id=pl.lit(99)).write_csv(within / "men.csv")
    (within / "item_context.csv").write_bytes((folder / "random/men/item_context.csv").read_bytes())
    with pytest.raises(BadInput, match="#/rows/0/item_id"):
        read_campaign(tmp_path, "men")
