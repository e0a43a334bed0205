"""Log entries, catalogs and whole logs for the tests of engine and service."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import numpy as np
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from bandit.catalog import Campaign, Catalog, Placement, Template, checked
from bandit.config import Learning, Policy, Replay
from bandit.fold import Fold
from bandit.records import HOLDOUT, LEARNED, Decision, Entry, Event, EventType, Outcome, Round, Tick, packed
from bandit.refold import relearned
from bandit.shelf import Shelf, lay_out

HOUR_S = 3600.0
START_S = 1_700_000_000.0  # when the logs here begin, seconds since 1970
CANDIDATES = 4  # of CATALOG

LEARNING = Learning(bits=10, replay=Replay(depth=3, full_until=8, least=1, buffer=5))
POLICY = Policy(id="home", horizon_s=2.0, learning=LEARNING)
CATALOG = checked(
    Catalog(
        version=1,
        policies=(POLICY,),
        placements=(Placement(id="hero"), Placement(id="rail", features={"height": 2})),
        campaigns=(Campaign(id="summer"),),
        templates=(Template(id="sale", campaign="summer"), Template(id="new", features={"tone": "calm"})),
    )
)
SHELF = lay_out(CATALOG, POLICY)

Log = list[tuple[str, Entry]]  # (position, entry) in log order


def laws(examples: int, *, seek: Sequence[Phase] = tuple(Phase)) -> settings:
    """Settings of a Hypothesis law: the same examples on every run, however slow the machine.

    seek  what Hypothesis does; without Phase.shrink a law whose examples take long fails at once
    """
    return settings(
        max_examples=examples,
        phases=seek,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


def shelf_at(_version: int) -> Shelf:
    """The shelf of CATALOG, whatever the version."""
    return SHELF


def refolded(
    outcomes: Iterable[Outcome], learning: Learning = LEARNING, shelves: Callable[[int], Shelf] = shelf_at
) -> Fold:
    """A fold that has learned outcomes and nothing else."""
    fold = Fold(learning, shelves)
    for _ in relearned(fold, outcomes):
        pass
    return fold


def raw(number: int) -> bytes:
    """The 16 bytes of a decision's id."""
    return number.to_bytes(16, "big")


def decision(
    number: int,
    time: float,
    *,
    slots: int = 1,
    arm: Literal[0, 1] = 0,
    hour: int = 12,
    version: int = 1,
    model_version: int = 0,
) -> Decision:
    """An even draw over CATALOG's candidates in each slot."""
    everything = packed(np.arange(CANDIDATES, dtype=np.uint32))
    even = np.full(CANDIDATES, 1 / CANDIDATES, "<f4").tobytes()
    return Decision(
        id=raw(number),
        time=time,
        user=(number % 7).to_bytes(16, "big"),
        consent=True,
        arm=arm,
        catalog_version=version,
        model_version=model_version,
        context={"hour": hour, "user": {"segment": "ab"[number % 2]}},
        rounds=tuple(Round(everything, even, (number + slot) % CANDIDATES) for slot in range(slots)),
        excluded={},
    )


def event(name: str, of: int, time: float, *, slot: int = 0, kind: EventType = "click", value: float = 0.0) -> Event:
    """An event of decision number `of`."""
    return Event(name, raw(of), slot, kind, time, time, value)


def log_of(*entries: tuple[float, Entry]) -> Log:
    """A log of entries, each shipped so many seconds after START_S, in rising order."""
    log: Log = []
    for sequence, (at_s, entry) in enumerate(entries):
        log.append((f"{round((START_S + at_s) * 1000)}-{sequence}", entry))
    return log


GAPS_MS = (0, 0, 1, 1, 150, 150, 400, 700, 700, 2_100, 2_500, 250_000, 650_000)  # between two entries
STEPS_S = (*[0.0] * 12, -HOUR_S, HOUR_S)  # of a host's clock
KINDS: tuple[EventType, ...] = ("impression", "click", "dismiss", "purchase", "reward")


@st.composite
def logs(draw: st.DrawFn, most: int = 60) -> Log:
    """Any log: both arms, several slots, events early, late and twice, silence, and clocks that step.

    Grown from a seed: drawing each entry would take Hypothesis longer than folding it. A shorter log is the
    beginning of the longer one, so a failure still shrinks to its last needed entry.
    """
    return grown(draw(st.integers(0, 2**32)), draw(st.integers(1, most)))


def grown(seed: int, length: int) -> Log:
    """The first `length` entries of the log that belongs to a seed."""
    chance = random.Random(seed)
    log: Log = []
    ms, made, skew_s = int(START_S * 1000), 0, 0.0
    for sequence in range(length):
        ms += chance.choice(GAPS_MS)
        skew_s = max(-HOUR_S, min(HOUR_S, skew_s + chance.choice(STEPS_S)))
        entry = _entry(chance, made, ms / 1000 + skew_s)
        made += isinstance(entry, Decision)
        log.append((f"{ms}-{sequence}", entry))
    return log


def _entry(chance: random.Random, made: int, time: float) -> Entry:
    letter, slot = chance.choice("dddeeeeeeet"), chance.randrange(4)
    if letter == "d":
        arm: Literal[0, 1] = HOLDOUT if chance.random() < 0.2 else LEARNED
        return decision(made + 1, time, slots=slot + 1, arm=arm, hour=made % 5)
    if letter == "t":
        return Tick(time)
    of, name = max(1, made + 1 - chance.randrange(6)), chance.randrange(3)  # made + 1: not yet in the log
    return event(f"{of}-{name}", of, time, slot=slot, kind=chance.choice(KINDS), value=chance.random())
