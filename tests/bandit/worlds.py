"""Random examples, models and candidates for the engine's tests. Everything follows from a seed."""

import hashlib
from itertools import product

import numpy as np

from bandit.config import GROUPS, Learning
from bandit.features import Vector
from bandit.model import Example, Model

INTERACTIONS = ["".join(letters) for n in (2, 3) for letters in product(GROUPS, repeat=n)]


def vector(rng: np.random.Generator, most: int = 6) -> Vector:
    """Up to `most` features; often none."""
    d = int(rng.integers(0, most + 1))
    return Vector(rng.integers(0, 2**32, d).astype(np.uint32), rng.normal(size=d).astype(np.float32))


def learning(rng: np.random.Generator, **fixed: object) -> Learning:
    """Any interactions and ignored groups."""
    options = {
        "bits": int(rng.integers(10, 19)),
        "interactions": tuple(map(str, rng.choice(INTERACTIONS, int(rng.integers(0, 6))))),
        "permutations": bool(rng.random() < 0.3),
        "ignore_linear": "".join(letter for letter in GROUPS if rng.random() < 0.4),
    }
    return Learning(**(options | fixed))


def examples(seed: int, n: int, most: int = 12) -> list[Example]:
    """Outcomes over a catalog of 8 templates and 4 placements, by users of 20 kinds."""
    rng = np.random.default_rng(seed)
    ads, places, users = ([vector(rng) for _ in range(size)] for size in (8, 4, 20))
    return [_example(rng, ads, places, users, int(rng.integers(1, most + 1))) for _ in range(n)]


def _example(rng: np.random.Generator, ads: list[Vector], places: list[Vector], users: list[Vector], k: int) -> Example:
    return Example(
        user=users[rng.integers(len(users))],
        context=vector(rng),
        ads=[ads[i] for i in rng.integers(0, len(ads), k)],
        placements=[places[i] for i in rng.integers(0, len(places), k)],
        chosen=int(rng.integers(k)),
        cost=float(rng.choice([-1.0, 0.0, -0.5, 0.25])),
        propensity=float(rng.uniform(0.01, 1.0)),
    )


def key(i: int) -> bytes:
    """What names outcome `i`."""
    return f"17-{i}/0".encode()


def learned(learning: Learning, outcomes: list[Example], start: int = 0, model: Model | None = None) -> Model:
    """A model that has learned outcomes, numbered from `start`."""
    model = model or Model.fresh(learning)
    for i, example in enumerate(outcomes, start):
        model.learn(example, key(i))
    return model


def restarted(model: Model, learning: Learning, past: list[Example]) -> Model:
    """Saved, loaded and given its last outcomes again."""
    saved = model.save()
    loaded = Model.load(saved, hashlib.sha256(saved).hexdigest(), learning)
    for example in past[len(past) - loaded.forgotten :]:
        loaded.remember(example)
    return loaded
