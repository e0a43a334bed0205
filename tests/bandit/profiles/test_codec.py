"""What the log of activity stores: read back as written, or refused."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.codec import sealed
from bandit.errors import Damaged
from bandit.profiles.activity import ActivityEntry, Joined
from bandit.profiles.codec import decode, encode
from bandit.records import Tick
from tests.bandit.profiles.users import NOW_S, activities, activity
from tests.entries import laws

entries = activities | st.builds(Joined, time=st.floats(0, 4e9))


@laws(60)
@given(entries)
def test_an_entry_comes_back_as_it_was(entry: ActivityEntry) -> None:
    assert decode(encode(entry)) == entry


@laws(60)
@given(entries, st.data())
def test_a_flipped_bit_is_always_found(entry: ActivityEntry, data: st.DataObject) -> None:
    stored = bytearray(encode(entry))
    bit = data.draw(st.integers(0, len(stored) * 8 - 1))
    stored[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Damaged):
        decode(bytes(stored))


@pytest.mark.parametrize(
    "entry",
    [
        Tick(1.0),
        activity("walk"),
        activity(price=1e10),
        activity(quantity=-1),
        activity(at=-1.0),
        activity(dwell_s=9e9),
    ],
    ids=lambda entry: str(msgspec.json.encode(entry))[:60],
)
def test_an_entry_that_is_none_of_this_log_is_refused(entry: msgspec.Struct) -> None:
    with pytest.raises(Damaged):
        decode(sealed(entry))


def test_half_an_entry_is_refused() -> None:
    with pytest.raises(Damaged):
        decode(encode(Joined("j", b"a", b"u", NOW_S))[:-3])
