"""Logs of a shop whose users' taste is plain to see, drawn evenly: whoever learns it earns three times as much."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from msgspec.structs import replace

from bandit.archive.files import policy_folder
from bandit.config import Exploration, Learning, Replay
from bandit.decide import Ask, decide, weigh
from bandit.dsjson.write import Writer
from bandit.model import Model
from bandit.records import Outcome
from bandit.shelf import Shelf, lay_out
from service.archive.files import Archive
from tests.entries import CATALOG, POLICY, START_S, event

LEARNING = Learning(bits=10, replay=Replay(depth=0))
SHOP = replace(CATALOG, policies=(replace(POLICY, exploration=Exploration(kind="uniform"), learning=LEARNING),))
TASTES = {"gold": "sale", "new": "new"}  # tier of a user -> template that is liked


def decided(n: int, seed: int = 1, *, liked: float = 0.6, other: float = 0.1) -> tuple[list[Outcome], Shelf]:
    """n decisions of an even draw, a second apart, and what came of them."""
    shelf = lay_out(SHOP, SHOP.policies[0])
    weights = weigh(np.array(Model.fresh(LEARNING).weights()), 0, shelf)
    chance = np.random.default_rng(seed)
    found = []
    for number in range(1, n + 1):
        tier = ("gold", "new")[chance.integers(2)]
        ask = Ask(id=number.to_bytes(16, "big"), time=START_S + number, context={"user": {"tier": tier}})
        made = decide(ask, shelf, weights)
        shown = made.rounds[0].positions()[made.rounds[0].chosen]
        fits = shelf.templates[shelf.template[shown]].id == TASTES[tier]
        clicked = chance.random() < (liked if fits else other)
        heard = (event(f"e{number}", number, ask.time + 1),) if clicked else ()
        found.append(Outcome(f"{int(ask.time * 1000)}-0", made, heard, (float(clicked),)))
    return found, shelf


def archived(folder: Path, n: int, **world: float) -> Path:
    """A data folder with the decisions in the archive of policy `home`."""
    outcomes, shelf = decided(n, **world)  # type: ignore[arg-type]
    archive = Archive(folder / "archive", "home")
    archive.keep_catalog(SHOP)
    for outcome in outcomes:
        archive.add_outcome(outcome, shelf)
    archive.write()
    archive.publish()
    assert policy_folder(folder / "archive", "home").is_dir()
    return folder


def as_dsjson(path: Path, n: int) -> Path:
    """The same as dsjson."""
    outcomes, shelf = decided(n)
    writer = Writer(LEARNING)
    path.write_bytes(b"".join(line + b"\n" for outcome in outcomes for line in writer.lines(outcome, shelf)))
    return path
