"""What every figure is, and what all figures have in common."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

Json = dict[str, Any]

# Told apart by eyes that see no red, no green or no blue, and each at least 3:1 on white and on the page's dark ground.
PALETTE = ("#2a78c0", "#d55e00", "#00a37a", "#d170b0", "#7a4fd0")
DASHES = ("solid", "dash", "dot", "dashdot")  # a second, third and fourth turn through the palette
QUIET = "#7d858e"  # of what others are measured by
INK, RULE = "#1b2127", "#dde1e6"
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', Arial, sans-serif"


class Figure(NamedTuple):
    """One figure: drawn by Plotly, told to those who do not see it, explained below it."""

    name: str  # of its file and its place in the page: letters, digits, - and _
    title: str
    alt: str  # one sentence with what it shows
    caption: str  # units, how many, what a band or bar is
    plot: Json  # `data` and `layout`, as Plotly has them


class Line(NamedTuple):
    """How one policy is drawn, in every figure alike."""

    colour: str
    dash: str


def lines(names: list[str]) -> dict[str, Line]:
    """A look for each name, in their order; those that others are measured by are grey.

    >>> lines(["a", "uniform"])["uniform"].colour == QUIET
    True
    """
    quiet = {"uniform": Line(QUIET, "solid"), "oracle": Line(QUIET, "dot")}
    loud = [name for name in names if name not in quiet]
    found = {name: Line(PALETTE[i % 5], DASHES[i // 5 % 4]) for i, name in enumerate(loud)}
    return {name: found.get(name) or quiet[name] for name in names}


def layout(title: str, x: Json, y: Json, **more: Any) -> Json:
    """A layout in black on white, for print; the page draws it in its own colours.

    x, y  what is special about the axes
    """
    return {
        "title": {"text": text(title), "x": 0.0, "xref": "container", "xanchor": "left", "pad": {"l": 12}},
        "font": {"family": _FONT, "size": 13, "color": INK},
        "paper_bgcolor": "white",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 12, "r": 18, "t": 48, "b": 12, "pad": 2},
        "xaxis": _axis(x),
        "yaxis": _axis(y),
        "legend": {"orientation": "h", "x": 0.0, "xanchor": "left", "y": -0.22, "yanchor": "top"},
        "hoverlabel": {"bgcolor": "#22272e", "bordercolor": QUIET, "font": {"color": "#ffffff"}},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": QUIET, "activecolor": PALETTE[0], "orientation": "h"},
        "height": 360,
        **more,
    }


def text(words: str) -> str:
    """Words as Plotly draws them: it would take < and & for markup, and draw links.

    >>> text("<a href=x>")
    '&lt;a href=x&gt;'
    """
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def file_name(*words: str) -> str:
    """A name for a figure of these words.

    >>> file_name("reward", "shop: drifting")
    'reward-shop-drifting'
    """
    return re.sub(r"[^A-Za-z0-9_]+", "-", "-".join(words)).strip("-")


def see_through(colour: str, share: float = 0.16) -> str:
    """A colour that lets others be seen behind it.

    >>> see_through("#2a78c0")
    'rgba(42,120,192,0.16)'
    """
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share:g})"


def _axis(special: Json) -> Json:
    common = {"gridcolor": RULE, "linecolor": RULE, "zeroline": False, "automargin": True, "ticks": ""}
    words = special.pop("title", None) if (special := dict(special)) else None
    named = {"title": {"text": words, "standoff": 8}} if words else {}
    return {**common, **named, **special}
