"""Bytes that somebody altered under a checksum that holds: refused by the error that is meant for it, and by no other.

Refused, too, is what says that it is huge: nothing is made room for before it is there.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from contextlib import suppress

import msgspec
import numpy as np
import pytest
from hypothesis import Phase, given
from hypothesis import strategies as st
from msgspec.structs import replace

from bandit.centring import Centre, Means
from bandit.codec import decode, encode
from bandit.errors import Damaged, SnapshotRefused
from bandit.fold import Checkpoint, Fold
from bandit.lineage import FIRST, Line, Span, decoded, encoded
from bandit.records import Event, EventType, Round, Tick, unpacked
from bandit.totals import Totals
from tests.bandit.test_codec import sealed
from tests.entries import LEARNING, START_S, decision, event, grown, laws, shelf_at

MOST_BYTES = 1 << 20  # that reading some dozens of bytes may take
NUMBERS = st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([0.0, -0.0, 5e-324, 1e308, -1e308])
ENTRIES = [encode(entry)[4:] for entry in (decision(1, START_S, slots=2), event("e", 1, START_S), Tick(START_S))]
DEEP = b"\x91" * 100_000 + b"\0"
BOMBS = [
    DEEP,
    b"\x81\xa1x" * 100_000 + b"\0",
    *(b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff"),
    *(b"\x9b\xa1d" + head for head in (b"\xc6\xff\xff\xff\xff", b"\xdd\xff\xff\xff\xff")),
    ENTRIES[0][:-2] + b"\xdd\xff\xff\xff\xff",
    ENTRIES[0][:-2] + b"\xdf\xff\xff\xff\xff",
]


@st.composite
def mutated(draw: st.DrawFn, sound: st.SearchStrategy[bytes]) -> bytes:
    """Sound bytes, some of them others, cut out, put in twice or followed by noise."""
    body = bytearray(draw(sound))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(body) - 1)))
        until = min(len(body), at + draw(st.integers(0, 12)))
        kinds: list[bytes] = [
            b"",
            bytes(body[at:until]) * 2,
            draw(st.binary(max_size=12)),
            draw(st.sampled_from(BOMBS))[:40],
        ]
        body[at:until] = draw(st.sampled_from(kinds))
    return bytes(body)


@laws(200)
@given(mutated(st.sampled_from(ENTRIES)))
def test_an_altered_entry_is_damaged_or_is_another_entry(body: bytes) -> None:
    with suppress(Damaged):
        decode(sealed(body))


@pytest.mark.parametrize("body", BOMBS)
@pytest.mark.parametrize(
    ("read", "refused"),
    [
        (lambda body: decode(sealed(body)), Damaged),
        (decoded, SnapshotRefused),
        (lambda body: decoded(b"\x91\x81\xa1x" + body), SnapshotRefused),
    ],
    ids=["entry", "lines", "within a line"],
)
def test_what_says_it_is_huge_or_deep_is_refused_and_takes_no_room(
    body: bytes, read: Callable[[bytes], object], refused: type[Exception]
) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(refused):
            read(body)
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        tracemalloc.stop()


hostile_rounds = st.builds(
    Round,
    candidates=st.binary(max_size=20),
    probabilities=st.lists(st.floats(width=32), max_size=5).map(lambda p: np.array(p, "<f4").tobytes())
    | st.binary(max_size=21),
    chosen=st.integers(-(2**63), 2**64 - 1) | st.integers(-1, 5),
)
hostile_decisions = st.builds(
    replace,
    st.just(decision(1, START_S, slots=2)),
    id=st.binary(max_size=20),
    time=NUMBERS,
    user=st.binary(max_size=20),
    model_version=st.integers(-(2**63), 2**64 - 1),
    context=st.dictionaries(
        st.text(max_size=4), NUMBERS | st.text(max_size=4) | st.lists(st.text(max_size=3)), max_size=3
    ),
    rounds=st.lists(hostile_rounds, max_size=3).map(tuple) | st.just(decision(1, START_S, slots=2).rounds),
)
hostile_events = st.builds(
    Event,
    id=st.text(max_size=3),
    decision=st.just((1).to_bytes(16, "big")) | st.binary(max_size=17),
    slot=st.integers(-(2**63), 2**64 - 1) | st.integers(-1, 2),
    type=st.sampled_from(["impression", "click", "purchase", "reward"]),
    time=NUMBERS | st.just(START_S + 1),
    occurred=NUMBERS,
    value=NUMBERS,
)


@laws(80, seek=(Phase.generate,))
@given(st.lists(hostile_decisions | hostile_events | st.builds(Tick, NUMBERS), max_size=8))
def test_a_log_of_entries_that_cannot_be_leaves_a_model_that_can_be_served(entries: list[object]) -> None:
    fold = Fold(LEARNING, shelf_at)
    log = [
        *entries,
        decision(1, START_S),
        event("ok", 1, START_S + 1, kind="purchase"),
        *map(Tick, (START_S + 9, START_S + 9e3)),
    ]
    for n, entry in enumerate(log):
        try:
            fold.step(f"{round((START_S + (n if n < len(log) - 1 else 99_999)) * 1000)}-0", decode(encode(entry)))
        except Damaged:
            fold.skip(f"{n}-0")
    assert fold.model.learned >= 1
    assert np.isfinite(fold.model.weights()).all()
    assert np.isfinite(fold.totals.sums).all()
    Fold.restored(fold.snapshot() | fold.checkpoint(), LEARNING, shelf_at)


@given(st.binary(max_size=64), st.integers(0, 2**20))
def test_candidates_of_any_length_are_that_many_or_damaged(stored: bytes, k: int) -> None:
    with suppress(Damaged):
        assert len(unpacked(stored, k)) == k


@pytest.mark.parametrize("values", [[float("nan")], [float("inf")], [float("inf"), float("-inf")], [1e308, 1e308]])
@pytest.mark.parametrize("kind", ["purchase", "reward"])
def test_an_event_worth_what_nothing_is_worth_is_damage(values: list[float], kind: EventType) -> None:
    for value in values:
        with pytest.raises(Damaged):
            decode(encode(event("e", 1, START_S, kind=kind, value=value)))


SNAPSHOT: dict[str, bytes] = {}


def snapshot() -> dict[str, bytes]:
    if not SNAPSHOT:
        fold = Fold(LEARNING, shelf_at)
        for position, entry in grown(1, 60):
            fold.step(position, entry)
        fold.lines = (
            *FIRST,
            Line(how="rebuild", base=2_000_000, spans=(Span(until="5-0"), Span(after="7-0")), without=bytes(32)),
        )
        SNAPSHOT.update(fold.snapshot() | fold.checkpoint(("date=x/outcomes-1-to-2.parquet",)))
    return SNAPSHOT


@laws(100)
@given(
    st.data(),
    st.sampled_from(["totals", "counts", "checkpoint", "read", "cursor", "lines", "learning", "sha256", "model"]),
)
def test_a_snapshot_with_an_altered_field_is_refused_or_goes_on(data: st.DataObject, field: str) -> None:
    fields = snapshot()
    altered = fields | {field: data.draw(mutated(st.just(fields[field])))}
    with suppress(SnapshotRefused):
        fold = Fold.restored(altered, LEARNING, shelf_at)
        fold.resume("1-0", decision(1, START_S))
        with suppress(Damaged):
            fold.step("99999999999999-0", decision(2, START_S))
        fold.snapshot()
        fold.needed_from()


@pytest.mark.parametrize("field", ["totals", "counts", "read", "cursor", "model", "sha256", "learning"])
def test_a_snapshot_without_a_field_is_refused(field: str) -> None:
    fields = {name: value for name, value in snapshot().items() if name != field}
    with pytest.raises(SnapshotRefused):
        Fold.restored(fields, LEARNING, shelf_at)


@laws(200)
@given(
    mutated(st.just(encoded((Line(), Line(how="rollback", base=9, spans=(Span("1-0", "2-0"),), without=bytes(32))))))
)
def test_altered_lines_are_refused_or_are_others(stored: bytes) -> None:
    with suppress(SnapshotRefused):
        for line in decoded(stored):
            line.learns("5-0")
            line.left_out()


@laws(60)
@given(mutated(st.just(msgspec.msgpack.encode(Checkpoint(read="8-0", cursor="7-0", window=(("7-0", (1.0,)),))))))
def test_an_altered_checkpoint_is_refused_or_is_another(stored: bytes) -> None:
    with suppress(SnapshotRefused):
        fold = Fold.restored(snapshot() | {"checkpoint": stored}, LEARNING, shelf_at)
        fold.resume("6-0", decision(1, START_S))


@laws(200)
@given(mutated(st.binary(max_size=64) | st.just(np.arange(16, dtype="<u4").tobytes())))
def test_altered_means_and_totals_are_damaged_or_are_others(stored: bytes) -> None:
    for read in (Means.from_bytes, Centre.from_bytes, Totals.from_bytes):
        with suppress(Damaged):
            read(stored)
