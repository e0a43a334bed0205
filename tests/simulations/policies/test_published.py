"""What is published is the table, to the bit, though only a few weights of it are copied."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from bandit.catalog import Catalog, Placement, Template, checked
from bandit.config import Learning, Policy, Replay
from bandit.context import hash_raw_context
from bandit.decide import weigh
from bandit.model import Example, Model
from bandit.shelf import Shelf, lay_out
from simulations.policies.published import Published

LEARNINGS = {
    "default": Learning(),
    "every group": Learning(ignore_linear="", constant=True, interactions=("UA", "CP", "AP", "UU", "CAP"), bits=10),
    "permutations": Learning(permutations=True, interactions=("AA", "CCA", "PAU")),
    "penalties": Learning(l1=1e-4, l2=1e-4),
    "half-life": Learning(half_life_h=0.05),
    "ips": Learning(cb_type="ips"),
}


def shelf(learning: Learning) -> Shelf:
    templates = tuple(Template(id=f"t{i}", features={"price": 9.9 + i, "tone": f"tone{i % 2}"}) for i in range(4))
    placements = tuple(Placement(id=f"p{i}", features={"height": i + 1}) for i in range(2))
    return lay_out(checked(Catalog(placements=placements, templates=templates)), Policy(id="p", learning=learning))


def examples(shelf: Shelf) -> Iterator[Example]:
    chance = np.random.default_rng(1)
    for t in range(60):
        number = float(chance.normal())
        context = {"hour": int(chance.integers(24)), "x": number, "user": {"age": 30, "likes": f"l{t % 5}"}}
        ads = [shelf.ads[row] for row in shelf.template]
        places = [shelf.places[row] for row in shelf.placement]
        chosen, cost = int(chance.integers(shelf.n)), -float(chance.random() < 0.5)
        yield Example(*hash_raw_context(context), ads, places, chosen, cost, 0.3, time=60.0 * t)


@pytest.mark.parametrize("name", LEARNINGS)
def test_what_is_published_is_the_whole_table(name: str) -> None:
    on = shelf(LEARNINGS[name])
    model = Model.fresh(LEARNINGS[name])
    published = Published(model, on)
    for t, example in enumerate(examples(on)):
        model.learn(example, f"{t}-0/0".encode())
        published.note(example)
        if t % 7 == 0:
            given = published.weights()
            wanted = weigh(np.ascontiguousarray(model.weights()), model.learned, on, model.centre())
            assert np.array_equal(given.table, wanted.table)
            assert given.standing is not None
            assert wanted.standing is not None
            assert np.array_equal(given.standing, wanted.standing)
            assert given.version == wanted.version
            assert given.prepared is not None
            assert wanted.prepared is not None
            assert given.prepared.sharpness == wanted.prepared.sharpness
            assert np.array_equal(given.prepared.parts, wanted.prepared.parts)


def test_where_nearly_all_is_noted_the_table_is_copied_whole() -> None:
    learning = Learning(bits=10, replay=Replay(depth=0, least=0))
    on, model = shelf(learning), Model.fresh(learning)
    published = Published(model, on)
    for t, example in enumerate(examples(on)):
        model.learn(example, b"%d" % t)
        published.note(example)
    assert np.count_nonzero(model.weights()) > 1024 / 32
    assert np.array_equal(published.weights().table, model.weights())
