"""Figures as files for print: PNG or SVG, black on white, drawn by Plotly in a browser of this machine."""

from __future__ import annotations

import math
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from simulations.report.figure import Figure

Format = Literal["png", "svg"]

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
WIDTH = 720  # pixels; a PNG has three times as many, so that it prints well
LEGEND = 30  # pixels that four names in a legend take


class CannotDraw(Exception):
    """Something that images need is not installed. The message says what, and how to get it."""


def write_images(figures: Sequence[Figure], folder: Path, format: Format) -> list[Path]:
    """Each figure as `<name>.<format>` in a folder, which is made.

    Raises CannotDraw without kaleido, Plotly or a Chromium that works.
    """
    try:
        import kaleido  # noqa: PLC0415
        import plotly  # noqa: F401, PLC0415
    except ModuleNotFoundError:
        raise CannotDraw("figures as files need Plotly and kaleido: pip install 'adbandit[report]'") from None
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise CannotDraw(
            "figures as files need Chromium or Chrome, and none is installed (Debian: apt install chromium)"
        )
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{figure.name}.{format}" for figure in figures]
    wanted = [
        {"fig": figure.plot, "path": path, "opts": {"format": format, **_size(figure, format)}}
        for figure, path in zip(figures, paths, strict=True)
    ]
    # Else kaleido fetches MathJax from the network.
    offline = {"path": browser, "mathjax": False}
    try:
        kaleido.write_fig_from_object_sync(wanted, cancel_on_error=True, kopts=offline)
    except RuntimeError as fault:  # the browser did not start, or ended
        raise CannotDraw(f"{browser} did not draw the figures: {fault.args[0]}") from None
    return paths


def _size(figure: Figure, format: Format) -> dict[str, float]:
    names = sum(trace.get("showlegend", True) for trace in figure.plot["data"])
    height = figure.plot["layout"]["height"] + LEGEND * math.ceil(names / 4)
    return {"width": WIDTH, "height": height, "scale": 3.0 if format == "png" else 1.0}
