"""Open Bandit Dataset: what ZOZOTOWN, a fashion shop, showed in three places of a page, and what was clicked.

Two policies served it at the same time: `random`, evenly, and `bts`, Thompson sampling that had learned before. So what
one earned is known, and can be told from the other's log. The sample of six files with 10,000 rows each comes from the
PyPI wheel of Open Bandit Pipeline that carries it; the full download has the same files.

Source: Saito, Aihara, Matsutani & Narita, Open Bandit Dataset and Pipeline, NeurIPS Datasets and Benchmarks 2021.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
import numpy as np
import polars as pl

from bandit.arrays import Doubles
from bandit.errors import BadInput
from bandit.features import Feature
from simulations.logs.table import TableLog
from simulations.logs.table_rows import Named
from simulations.sources import obd, wheels

Campaign = Literal["all", "men", "women"]
Policy = Literal["random", "bts"]

CAMPAIGNS: tuple[Campaign, ...] = ("all", "men", "women")
POLICIES: tuple[Policy, ...] = ("random", "bts")
SLOTS = 3
PAGES = 10_000  # simulated at a time

PRIOR = wheels.Pinned(
    wheel="obp==0.4.1",
    inside="obp/policy/conf",
    folder="obd-prior",
    sha256={"prior_bts.yaml": "81a54fbdc184021ccc62ab97de81ec35461c032e3d7f99ccaa0a9745f732d251"},
)


class Sample(NamedTuple):
    """Folders of the files that the wheel carries."""

    rows: Path
    prior: Path  # of the Thompson sampling that served


def ensure(cache: Path) -> Sample:
    """The verified files, downloaded if they are not there yet.

    Raises wheels.Unavailable without the network, or if what was downloaded is not what is pinned.
    """
    return Sample(obd.ensure(cache), wheels.ensure(PRIOR, cache))


def open_obd(logged: Policy, campaign: Campaign, sample: Sample, download: Path | None = None) -> TableLog:
    """What a policy served in a campaign.

    sample    as `ensure` gives it
    download  folder of the full data set, with `random` and `bts` in it; None: the sample

    Raises BadInput if the files are not there or are not whole.
    """
    folder = (download or sample.rows) / logged / campaign
    file, items = folder / f"{campaign}.csv", folder / "item_context.csv"
    for path in (file, items):
        if not path.is_file():
            raise BadInput("#/path", "unknown", f"there is no {path}")
    known = _items(items)
    what = "sample" if download is None else "full"
    named = Named(
        action="item_id",
        reward="click",
        propensity="propensity_score",
        slot="position",
        time="timestamp",
        features=("user_feature_*",),
    )
    name = f"Open Bandit Dataset ({what}), campaign {campaign}, served by {logged}"
    return TableLog([file], named, actions=list(known), items=known, even=logged == "random", name=name)


def probabilities(target: Policy, campaign: Campaign, sample: Sample, *, simulations: int, seed: int) -> Doubles:
    """[SLOTS, actions] probability with which a policy shows each item in each place, whatever the request.

    Of `bts` the share of simulated pages: Open Bandit Pipeline's
    `BernoulliTS(n_actions, len_list=3, is_zozotown_prior=True, campaign, random_state=seed)` draws the very same.

    simulations  pages; a million betas take about a tenth of a second
    seed         in [0, 2**32)
    """
    alpha, beta = prior(campaign, sample)
    k = len(alpha)
    if target == "random":
        return np.full((SLOTS, k), 1.0 / k)
    chance = np.random.RandomState(seed)
    counts = np.zeros((SLOTS, k))
    for first in range(0, simulations, PAGES):
        drawn = chance.beta(alpha, beta, size=(min(PAGES, simulations - first), k))
        top = np.argpartition(drawn, k - SLOTS, axis=1)[:, -SLOTS:]
        order = np.argsort(np.take_along_axis(drawn, top, axis=1), axis=1)[:, ::-1]
        shown = np.take_along_axis(top, order, axis=1)
        counts += [np.bincount(shown[:, slot], minlength=k) for slot in range(SLOTS)]
    return counts / simulations


def prior(campaign: Campaign, sample: Sample) -> Doubles:
    """[2, actions] alpha and beta of the Thompson sampling that served."""
    written = msgspec.yaml.decode(
        (sample.prior / "prior_bts.yaml").read_bytes(), type=dict[str, dict[str, list[float]]]
    )[campaign]
    return np.array([written["alpha"], written["beta"]])


def _items(path: Path) -> dict[str, dict[str, Feature]]:
    """What is known of each item, by number."""
    rows = pl.read_csv(path).sort("item_id")
    names = [name for name in rows.columns if name.startswith("item_feature_")]
    return {str(row["item_id"]): {name: row[name] for name in names} for row in rows.iter_rows(named=True)}
