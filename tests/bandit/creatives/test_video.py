"""Headers of videos, written here by the standard; and headers that lie, refused."""

from __future__ import annotations

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.creatives.video import VideoFeatures, measure_video
from bandit.errors import BadInput
from tests.entries import laws


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", 8 + len(body)) + name + body


def tkhd(width: int, height: int) -> bytes:
    return box(b"tkhd", bytes(76) + struct.pack(">HHHH", width, 0, height, 0))


def mp4(
    length: int = 12_000, scale: int = 1_000, sides: tuple[int, int] = (1920, 1080), *, long: bool = False
) -> bytes:
    times = struct.pack(">BxxxQQIQ" if long else ">BxxxIIII", int(long), 0, 0, scale, length)
    sound, picture = box(b"trak", tkhd(0, 0)), box(b"trak", tkhd(*sides))
    moov = box(b"moov", box(b"mvhd", times + bytes(80)) + sound + picture)
    return box(b"ftyp", b"isom\0\0\0\0") + box(b"mdat", bytes(50)) + moov


WHOLE = mp4()


@pytest.mark.parametrize("long", [False, True])
def test_length_and_size_are_those_of_the_headers(long: bool) -> None:
    assert measure_video(mp4(long=long)) == VideoFeatures(12.0, 1920, 1080)


def test_the_features_are_words() -> None:
    assert measure_video(mp4(45_000)).features() == {"video.length": "long", "video.aspect": "wide"}


@pytest.mark.parametrize(
    "file",
    [b"", b"no video", WHOLE[:-20], box(b"ftyp", b"") + box(b"moov", b""), mp4(scale=0), mp4(length=0),
     mp4(length=2**32 - 1, scale=1), mp4(sides=(65_535, 1)), box(b"ftyp", b"") + box(b"moov", box(b"mvhd", b""))],
)  # fmt: skip
def test_what_says_nothing_or_nonsense_is_refused(file: bytes) -> None:
    with pytest.raises(BadInput):
        measure_video(file)


@laws(120)
@given(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=12))
def test_a_damaged_header_is_read_or_refused(at: int, wrong: bytes) -> None:
    with suppress(BadInput):
        assert measure_video(WHOLE[:at] + wrong + WHOLE[at + len(wrong) :]).duration_s > 0.0


@laws(80)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(file: bytes) -> None:
    with suppress(BadInput):
        measure_video(box(b"ftyp", b"") + box(b"moov", file))
