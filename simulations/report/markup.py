"""A page's HTML. All that is not our own text is escaped."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from importlib.resources import files
from typing import NamedTuple

from simulations.report.figure import Figure, Json, Line, file_name, lines
from simulations.report.sections import Section

# Nothing may be asked for, from anywhere: a page that is passed on says the same tomorrow, and tells nobody it is read.
ALONE = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
_DASHED = {"solid": "", "dash": "7 4", "dot": "2 3", "dashdot": "7 3 2 3"}


class About(NamedTuple):
    """What stands at the top of a page."""

    title: str = "Report"
    command: str | None = None  # what made the page
    version: str | None = None  # of adbandit
    date: str | None = None  # as it is to be read


def told(about: About) -> list[tuple[str, str]]:
    """What is known of how the page was made, each with its name."""
    known = {"command": about.command, "adbandit": about.version, "date": about.date}
    return [(name, words) for name, words in known.items() if words]


def page(
    title: str,
    told: Sequence[tuple[str, str]],
    groups: Mapping[str, Sequence[Section]],
    policies: Sequence[str],
    plotly: str,
) -> str:
    """The whole page.

    told      what was run, each with its name
    groups    sections by their common heading; empty ones are left out
    policies  of simulations, in the order of their colours; one legend switches them in all figures
    plotly    the library
    """
    full = {name: sections for name, sections in groups.items() if sections}
    figures = [figure for sections in full.values() for section in sections for figure in section.figures]
    drawn = {figure.name: _in_page(figure) for figure in figures}
    own = files("simulations.report")
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>',
            f'<meta http-equiv="Content-Security-Policy" content="{ALONE}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<style>{(own / 'page.css').read_text()}</style></head><body>",
            f"<header><h1>{escape(title)}</h1>{_facts(told)}{_contents(full)}</header><main>",
            "<noscript><p>Figures need JavaScript; all their numbers are in the tables.</p></noscript>",
            *(part for name, sections in full.items() for part in _group(name, sections, policies)),
            f'</main><script type="application/json" id="figures">{_json(drawn)}</script>',
            f"<script>{plotly}</script>",
            f"<script>{(own / 'page.js').read_text()}</script></body></html>\n",
        ]
    )


def _facts(told: Sequence[tuple[str, str]]) -> str:
    rows = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(words)}</dd></div>" for name, words in told)
    return f"<dl>{rows}</dl>" if rows else ""


def _contents(groups: Mapping[str, Sequence[Section]]) -> str:
    links = [
        f'<li><a href="#{_id(name, number)}">{escape(section.title)}</a></li>'
        for name, sections in groups.items()
        for number, section in enumerate(sections, 1)
    ]
    return f'<nav aria-label="Contents"><ul>{"".join(links)}</ul></nav>' if len(links) > 1 else ""


def _group(name: str, sections: Sequence[Section], policies: Sequence[str]) -> Iterator[str]:
    yield f"<section><h2>{escape(name)}</h2>"
    if name == "Simulations":
        yield _legend(policies)
    for number, section in enumerate(sections, 1):
        yield f'<section id="{_id(name, number)}"><h3>{escape(section.title)}</h3>{section.before}'
        yield f'<div class="figures">{"".join(map(_figure, section.figures))}</div>{section.after}</section>'
    yield "</section>"


def _legend(policies: Sequence[str]) -> str:
    looks = lines(list(policies))
    buttons = (
        f'<button type="button" aria-pressed="true" data-policy="{escape(name)}">{_stroke(looks[name])}'
        f"{escape(name)}</button>"
        for name in policies
    )
    return f'<div class="policies" role="group" aria-label="Policies shown">{"".join(buttons)}</div>'


def _stroke(line: Line) -> str:
    dash = f' stroke-dasharray="{_DASHED[line.dash]}"' if _DASHED[line.dash] else ""
    drawn = f'<line x1="0" y1="5" x2="28" y2="5" stroke="{line.colour}" stroke-width="3"{dash}/>'
    return f'<svg width="28" height="10" aria-hidden="true">{drawn}</svg>'


def _figure(figure: Figure) -> str:
    name, height = escape(figure.name), figure.plot["layout"]["height"]
    return (
        f'<figure><h4 id="{name}-title">{escape(figure.title)}</h4>'
        f'<div class="plot" id="{name}" role="img" aria-label="{escape(figure.alt)}" style="height:{height}px"></div>'
        f"<figcaption>{escape(figure.caption)}</figcaption></figure>"
    )


def _in_page(figure: Figure) -> Json:
    """A figure without its title, which stands above it, and without a legend if all share the page's."""
    layout = {name: value for name, value in figure.plot["layout"].items() if name != "title"}
    shared = any("legendgroup" in trace for trace in figure.plot["data"])
    layout |= {"margin": {**layout["margin"], "t": 16}} | ({"showlegend": False} if shared else {})
    return {"data": figure.plot["data"], "layout": layout}


def _json(drawn: Json) -> str:
    """JSON that ends no script."""
    return json.dumps(drawn, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


def _id(group: str, number: int) -> str:
    return file_name(group, str(number))
