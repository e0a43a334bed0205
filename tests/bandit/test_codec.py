"""What the log stores: read back as written, or refused."""

from __future__ import annotations

import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.codec import decode, encode
from bandit.errors import Damaged
from bandit.records import Decision, Entry, Event, InlineCandidate, Round, Tick
from tests.entries import START_S, decision, laws

times = st.floats(0, 4e9)
features = st.dictionaries(
    st.text(min_size=1, max_size=8),
    st.booleans() | st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6) | st.text() | st.lists(st.text()),
    max_size=4,
)
rounds = st.builds(
    Round, candidates=st.binary(max_size=16), probabilities=st.binary(max_size=16), chosen=st.integers(0, 9)
)
inline = st.builds(InlineCandidate, template=st.just("t"), features=features, placement_features=features)
decisions = st.builds(
    Decision,
    id=st.binary(min_size=16, max_size=16),
    time=times,
    user=st.binary(max_size=16),
    context=st.dictionaries(st.text(min_size=1, max_size=8), features, max_size=2),
    rounds=st.lists(rounds, max_size=3).map(tuple),
    excluded=st.dictionaries(st.text(max_size=8), st.integers(0, 9), max_size=2),
    inline=st.lists(inline, max_size=2).map(tuple),
    catalog_version=st.integers(0, 2**32 - 1),
    model_version=st.integers(0, 2**60),
)
events = st.builds(Event, time=times, occurred=times, value=st.floats(-1000, 1e7), slot=st.integers(0, 19))
entries = decisions | events | st.builds(Tick, time=times)


def sealed(body: bytes) -> bytes:
    """Any bytes under a checksum that holds."""
    return zlib.crc32(body).to_bytes(4, "little") + body


@laws(150)
@given(entries)
def test_an_entry_comes_back_as_it_was(entry: Entry) -> None:
    assert decode(encode(entry)) == entry


@laws(100)
@given(entries)
def test_an_entry_read_and_written_again_is_the_same_bytes(entry: Entry) -> None:
    assert encode(decode(encode(entry))) == encode(entry)


@laws(100)
@given(entries, st.data())
def test_a_flipped_bit_is_always_found(entry: Entry, data: st.DataObject) -> None:
    stored = bytearray(encode(entry))
    bit = data.draw(st.integers(0, len(stored) * 8 - 1))
    stored[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Damaged):
        decode(bytes(stored))


@laws(100)
@given(st.integers(0, 200))
def test_a_truncated_entry_is_refused(length: int) -> None:
    stored = encode(decision(1, START_S))
    with pytest.raises(Damaged):
        decode(stored[: min(length, len(stored) - 1)])


NO_ENTRY = st.lists(st.binary() | st.floats() | st.sampled_from("det")).filter(lambda entry: entry[:1] != ["t"])


@laws(150)
@given(st.binary() | NO_ENTRY.map(msgspec.msgpack.encode))
def test_bytes_of_another_schema_are_refused_and_never_crash(body: bytes) -> None:
    with pytest.raises(Damaged):
        decode(sealed(body))


@pytest.mark.parametrize(
    "body",
    [
        b"\x98\xa1e\xa1\xff\xc4\x01a\x00\xa5click" + (b"\xcb" + bytes(8)) * 3,  # an id that is not utf-8
        b"\x93\xa1t\xcb" + bytes(8) + b"\x91" * 100_000 + b"\0",  # a tick followed by a deep nest
        b"\x92\xa1t\xa1x",  # a time that is text
        b"\x92\xa1q\x00",  # an entry of an unknown kind
        b"",
    ],
    ids=["not-utf-8", "deep", "wrong-type", "unknown-kind", "empty"],
)
def test_an_entry_under_a_true_checksum_that_says_nonsense_is_refused(body: bytes) -> None:
    with pytest.raises(Damaged):
        decode(sealed(body))
