"""What a picture or a video is like, as features a model can learn from: measured once, of the file's bytes.

Pictures are decoded by Pillow at reduced size; of a video only the headers of an MP4 file are read, nothing is decoded.
Whatever is broken, too large, or would grow too large when decoded is refused before it is decoded.
"""

from __future__ import annotations

import io
import warnings
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from bandit.errors import BadInput
from bandit.features import Feature

MOST_BYTES = 10_000_000
MOST_PIXELS = 25_000_000  # 100 MB decoded; no banner has so many
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_SIDE = 512  # pixels of the longer side that is looked at: text of a banner is still legible

Floats = npt.NDArray[np.float64]

# The basic colour words as readers use them, in sRGB, and compared in CIELAB, where distances are as seen.
COLOURS = {
    "black": ((0, 0, 0),),
    "white": ((255, 255, 255),),
    "grey": ((128, 128, 128), (75, 75, 75), (195, 195, 195)),
    "red": ((214, 28, 32), (140, 10, 20)),
    "orange": ((245, 130, 20),),
    "yellow": ((250, 220, 30),),
    "green": ((40, 150, 60), (15, 80, 30), (120, 215, 110)),
    "blue": ((30, 80, 200), (10, 15, 110), (110, 170, 240)),
    "purple": ((120, 40, 150),),
    "pink": ((245, 130, 175), (255, 200, 212)),
    "brown": ((120, 72, 36),),
}


class MediaFeatures(NamedTuple):
    """One picture."""

    width: int  # pixels
    height: int
    colours: tuple[tuple[str, float], ...]  # up to three of COLOURS with their share of the pixels, most first
    brightness: float  # mean lightness, 0 black to 1 white
    contrast: float  # standard deviation of lightness, 0 to .5
    saturation: float  # mean, 0 grey to 1
    text: float  # share of the picture that looks like lettering, 0 to 1
    animated: bool

    @property
    def aspect(self) -> float:
        """Width by height."""
        return self.width / self.height

    def features(self) -> dict[str, Feature]:
        """As a template's features: words rather than numbers, since no model here is linear in them.

        >>> MediaFeatures(300, 250, (("red", .9),), .4, .1, .8, .0, False).features()["image.aspect"]
        'square'
        """
        return {
            "image.aspect": _aspect(self.aspect),
            "image.colour": self.colours[0][0],
            "image.brightness": _level(self.brightness, 0.35, 0.7, "dark", "medium", "light"),
            "image.contrast": _level(self.contrast, 0.1, 0.25, "low", "medium", "high"),
            "image.saturation": _level(self.saturation, 0.15, 0.45, "grey", "soft", "vivid"),
            "image.text": _level(self.text, 0.03, 0.15, "none", "some", "much"),
            "image.animated": self.animated,
        }


def measure(image: bytes) -> MediaFeatures:
    """Look at a picture.

    Raises BadInput if it is longer than 10 MB, has more than 25 million pixels, is of another format than PNG, JPEG,
    WebP and GIF, or is damaged.
    """
    if len(image) > MOST_BYTES:
        raise _refused(f"a picture has at most {MOST_BYTES} bytes, not {len(image)}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of large and odd files: bounds are looked at here
            return _measured(image)
    except BadInput:
        raise
    except Image.DecompressionBombError:
        raise _refused(f"a picture has at most {MOST_PIXELS} pixels") from None
    except Exception as fault:  # decoders of four formats raise what they like on damaged files
        raise _refused(f"it cannot be decoded: {type(fault).__name__}") from None


def _refused(detail: str) -> BadInput:
    return BadInput("#/image", "media", detail)


def _measured(image: bytes) -> MediaFeatures:
    with Image.open(io.BytesIO(image), formats=FORMATS) as opened:
        width, height = opened.size
        if width * height > MOST_PIXELS:
            raise _refused(f"a picture has at most {MOST_PIXELS} pixels, not {width} x {height}")
        animated = bool(getattr(opened, "is_animated", False))
        opened.seek(0)
        opened.draft("RGB", (_SIDE, _SIDE))  # JPEG is decoded at reduced size
        opened.load()
        pixels = _on_white(opened)
    lightness = _lab(pixels)[..., 0] / 100.0
    highest, lowest = pixels.max(axis=-1), pixels.min(axis=-1)
    saturation = np.divide(highest - lowest, highest, out=np.zeros_like(highest), where=highest > 0.0)
    return MediaFeatures(
        width=width,
        height=height,
        colours=_colours(pixels),
        brightness=float(lightness.mean()),
        contrast=float(lightness.std()),
        saturation=float(saturation.mean()),
        text=_text(lightness),
        animated=animated,
    )


def _on_white(opened: Image.Image) -> Floats:
    """[height, width, 3] sRGB in [0, 1], within 512 x 512; what is transparent shows a white page."""
    shown = opened.convert("RGBA")
    shown.thumbnail((_SIDE, _SIDE), Image.Resampling.BOX)
    page = Image.new("RGBA", shown.size, "white")
    page.alpha_composite(shown)
    return np.asarray(page.convert("RGB"), np.float64) / 255.0


def _lab(pixels: Floats) -> Floats:
    """CIELAB of sRGB, white point D65. Source: IEC 61966-2-1, CIE 15."""
    linear = np.where(pixels <= 0.04045, pixels / 12.92, ((pixels + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = linear @ to_xyz.T / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16.0 / 116.0)
    return np.stack(
        [116.0 * f[..., 1] - 16.0, 500.0 * (f[..., 0] - f[..., 1]), 200.0 * (f[..., 1] - f[..., 2])], axis=-1
    )


_NAMES = tuple(COLOURS)
_POINTS = _lab(np.array([point for points in COLOURS.values() for point in points], np.float64) / 255.0)
_NAMED = np.repeat(np.arange(len(_NAMES)), [len(points) for points in COLOURS.values()])  # the colour of each point


def _colours(pixels: Floats) -> tuple[tuple[str, float], ...]:
    lab = _lab(pixels[::4, ::4]).reshape(-1, 1, 3)
    nearest = _NAMED[((lab - _POINTS) ** 2).sum(axis=-1).argmin(axis=1)]
    shares = np.bincount(nearest, minlength=len(_NAMES)) / len(nearest)
    order = np.argsort(-shares, kind="stable")[:3]
    return tuple((_NAMES[i], round(float(shares[i]), 3)) for i in order if shares[i] > 0.0)


_BLOCK = 16  # pixels of a side; a line of text is about as high
_EDGE = 0.18  # of lightness, between two pixels next to each other


def _text(lightness: Floats) -> float:
    """Share of blocks that have strokes as lettering does: many sharp edges, upright and level, of few lightnesses.

    A heuristic. Flat areas and gradients have no edges, photographs few sharp ones, noise has them everywhere.
    """
    rows, columns = (side // _BLOCK * _BLOCK for side in lightness.shape)
    if not rows or not columns:
        return 0.0
    upright = np.abs(np.diff(lightness, axis=1, append=lightness[:, -1:])) > _EDGE
    level = np.abs(np.diff(lightness, axis=0, append=lightness[-1:])) > _EDGE
    across, down = _shares(upright[:rows, :columns]), _shares(level[:rows, :columns])
    lettered = (across > 0.07) & (across < 0.5) & (down > 0.04) & (down < 0.5)
    return float(lettered.mean())


def _shares(edges: npt.NDArray[np.bool_]) -> Floats:
    """[blocks down, blocks across] share of each block's pixels that are edges."""
    rows, columns = edges.shape
    shares: Floats = edges.reshape(rows // _BLOCK, _BLOCK, columns // _BLOCK, _BLOCK).mean(axis=(1, 3))
    return shares


def _aspect(ratio: float) -> str:
    return _level(ratio, 0.8, 1.25, "tall", "square", "wide")


def _level(value: float, low: float, high: float, *names: str) -> str:
    return names[0] if value < low else names[1] if value <= high else names[2]
