"""Pictures measured, on pictures drawn here whose properties are known; and what must never be decoded, refused."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from bandit.creatives.media import COLOURS, MOST_BYTES, measure
from bandit.errors import BadInput
from tests.entries import laws

SIZE = (300, 200)


def stored(image: Image.Image, kind: str = "PNG", **how: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **how)
    return file.getvalue()


def flat(colour: object) -> Image.Image:
    return Image.new("RGB", SIZE, colour)  # type: ignore[arg-type]


def lettered(lines: int, height: int, ink: str = "black", paper: str = "white") -> Image.Image:
    image = Image.new("RGB", (600, 400), paper)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(height)
    for line in range(lines):
        draw.text((10, 10 + line * height * 1.4), "Summer sale on all the shoes", font=font, fill=ink)
    return image


def gradient() -> Image.Image:
    down, across = np.mgrid[:400, :600]
    return Image.fromarray(np.stack([across * 255 // 600, down * 255 // 400, down // 4], -1).astype(np.uint8))


def photograph() -> Image.Image:
    noise = np.random.default_rng(0).integers(0, 255, (100, 150, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((600, 400), Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(3))


def shapes() -> Image.Image:
    image = Image.new("RGB", (600, 400), "navy")
    for i in range(9):
        ImageDraw.Draw(image).ellipse([i * 60, i * 30, i * 60 + 90, i * 30 + 90], fill=(200, 20 * i, 40))
    return image


@pytest.mark.parametrize("name", COLOURS)
def test_a_flat_picture_is_of_its_colour(name: str) -> None:
    assert measure(stored(flat(COLOURS[name][0]))).colours == ((name, 1.0),)


@pytest.mark.parametrize(
    ("shade", "name"),
    [((250, 5, 5), "red"), ((0, 0, 128), "blue"), ((0, 128, 0), "green"), ((255, 165, 0), "orange"),
     ((240,) * 3, "white"), ((100, 60, 30), "brown"), ((255, 192, 203), "pink"), ((20, 20, 20), "black"),
     ((150, 150, 150), "grey")],
)  # fmt: skip
def test_a_shade_is_named_as_people_do(shade: tuple[int, int, int], name: str) -> None:
    assert measure(stored(flat(shade))).colours[0][0] == name


def test_black_and_white_by_halves_have_the_greatest_contrast() -> None:
    image = flat("white")
    image.paste("black", (0, 0, 150, 200))
    found = measure(stored(image))
    assert (found.brightness, found.contrast) == pytest.approx((0.5, 0.5), abs=0.01)


def test_saturation_is_none_in_grey_and_whole_in_a_pure_colour() -> None:
    assert measure(stored(flat((90, 90, 90)))).saturation == 0.0
    assert measure(stored(flat((0, 0, 255)))).saturation == 1.0


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_says_the_same_in_every_format(kind: str) -> None:
    found = measure(stored(flat((214, 28, 32)), kind))
    assert (found.width, found.height, found.colours[0][0], found.animated) == (300, 200, "red", False)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_what_moves_is_told(kind: str) -> None:
    frames = [flat("red"), flat("blue")]
    assert measure(stored(frames[0], kind, save_all=True, append_images=frames[1:])).animated


def test_what_is_transparent_shows_a_white_page() -> None:
    assert measure(stored(Image.new("RGBA", SIZE, (0, 0, 0, 0)))).colours[0][0] == "white"


@pytest.mark.parametrize(
    "image",
    [
        lettered(3, 24),
        lettered(8, 14),
        lettered(4, 40),
        lettered(4, 30, "white", "navy"),
        lettered(4, 28, "red", "black"),
    ],
)
def test_lettering_is_seen(image: Image.Image) -> None:
    assert measure(stored(image)).text > 0.05


@pytest.mark.parametrize("image", [flat("red"), gradient(), photograph(), shapes()])
def test_and_is_not_seen_where_there_is_none(image: Image.Image) -> None:
    assert measure(stored(image)).text < 0.03


def test_more_lettering_is_more() -> None:
    few, many = (measure(stored(lettered(lines, 24))).text for lines in (2, 8))
    assert many > 2 * few


def test_the_features_are_words() -> None:
    found = measure(stored(lettered(8, 30))).features()
    assert (found["image.aspect"], found["image.colour"], found["image.text"]) == ("wide", "white", "much")


def bomb(width: int, height: int) -> bytes:
    """A PNG of few bytes that says it is large."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(9_999))) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("sides", [(6_000, 6_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1), (0, 5)])
def test_a_picture_that_would_grow_too_large_is_not_decoded(sides: tuple[int, int]) -> None:
    with pytest.raises(BadInput):
        measure(bomb(*sides))


@pytest.mark.parametrize(
    "file",
    [b"", b"x", b"<svg/>", bytes(MOST_BYTES + 1), stored(flat("red"), "BMP"), stored(flat("red"), "TIFF"),
     stored(photograph())[:2_000]],
    ids=["empty", "short", "svg", "long", "bmp", "tiff", "cut off"],
)  # fmt: skip
def test_what_is_no_whole_picture_of_a_known_format_is_refused(file: bytes) -> None:
    with pytest.raises(BadInput):
        measure(file)


@laws(40)
@given(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF"]), st.integers(0, 2_000), st.binary(min_size=1, max_size=8))
def test_a_damaged_picture_is_measured_or_refused(kind: str, at: int, wrong: bytes) -> None:
    whole = stored(lettered(1, 20).resize((60, 40)), kind)
    at %= len(whole)
    try:
        found = measure(whole[:at] + wrong + whole[at + len(wrong) :])
    except BadInput:
        return
    assert np.isfinite([found.brightness, found.contrast, found.saturation, found.text]).all()
