"""Length and size of an MP4 video, of its headers: ISO/IEC 14496-12, boxes `moov`, `mvhd`, `trak`, `tkhd`."""

from __future__ import annotations

from collections.abc import Iterator
from struct import unpack_from
from typing import NamedTuple

from bandit.errors import BadInput
from bandit.features import Feature

MOST_BOXES = 10_000  # of one file; ours have a few dozen
_LONGEST_S = 86_400.0
_LARGEST = 16_384  # pixels of a side


class VideoFeatures(NamedTuple):
    """One video."""

    duration_s: float
    width: int  # pixels; 0 if no track shows anything
    height: int

    def features(self) -> dict[str, Feature]:
        """As a template's features.

        >>> VideoFeatures(12.0, 1080, 1920).features()
        {'video.length': 'medium', 'video.aspect': 'tall'}
        """
        length = "short" if self.duration_s < 10.0 else "medium" if self.duration_s <= 30.0 else "long"
        found: dict[str, Feature] = {"video.length": length}
        if self.height:
            ratio = self.width / self.height
            found["video.aspect"] = "tall" if ratio < 0.8 else "square" if ratio <= 1.25 else "wide"
        return found


def measure_video(video: bytes) -> VideoFeatures:
    """Read the headers; the pictures and the sound are not looked at.

    Raises BadInput for what is no MP4 file with a header in it, or says something no video is like.
    """
    try:
        return _measured(video)
    except (IndexError, ValueError, KeyError) as fault:
        raise BadInput("#/video", "media", f"its header cannot be read: {fault}") from None


def _measured(video: bytes) -> VideoFeatures:
    top = dict(_boxes(video, 0, len(video)))
    if b"ftyp" not in top or b"moov" not in top:
        raise ValueError("an MP4 file has boxes ftyp and moov")
    inside = list(_boxes(video, *top[b"moov"]))
    if b"mvhd" not in dict(inside):
        raise ValueError("box moov has a box mvhd")
    duration_s = _duration_s(video, *dict(inside)[b"mvhd"])
    sizes = [_size(video, span) for name, span in inside if name == b"trak"]
    width, height = max(sizes, default=(0, 0))
    if not (0.0 < duration_s <= _LONGEST_S and width <= _LARGEST and height <= _LARGEST):
        raise ValueError(f"{duration_s:g} s of {width} x {height} pixels")
    return VideoFeatures(duration_s, width, height)


def _boxes(video: bytes, start: int, end: int) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Name of each box, and from where to where its content goes."""
    count = 0
    while start + 8 <= end:
        size, name, head = int.from_bytes(video[start : start + 4]), video[start + 4 : start + 8], 8
        if size == 1:
            size, head = int.from_bytes(video[start + 8 : start + 16]), 16
        elif size == 0:
            size = end - start
        count += 1
        if size < head or start + size > end or count > MOST_BOXES:
            raise ValueError(f"box {name!r} of {size} bytes does not fit")
        yield name, (start + head, start + size)
        start += size


def _field(video: bytes, form: str, at: int, end: int, length: int) -> int:
    if at + length > end:
        raise ValueError("a header box is too short")
    found: int = unpack_from(form, video, at)[0]
    return found


def _duration_s(video: bytes, start: int, end: int) -> float:
    long = _field(video, ">B", start, end, 1) == 1  # version 1 has times of 64 bits
    at = start + (20 if long else 12)
    scale = _field(video, ">I", at, end, 4)
    length = _field(video, ">Q" if long else ">I", at + 4, end, 8 if long else 4)
    if not scale:
        raise ValueError("a time scale of 0")
    return length / scale


def _size(video: bytes, track: tuple[int, int]) -> tuple[int, int]:
    for name, (start, end) in _boxes(video, *track):
        if name == b"tkhd":
            at = start + (88 if _field(video, ">B", start, end, 1) == 1 else 76)
            return _field(video, ">H", at, end, 4), _field(video, ">H", at + 4, end, 4)  # 16.16 fixed point
    return 0, 0
