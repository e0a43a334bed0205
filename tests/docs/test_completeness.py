"""Whatever can be set, called, counted or stored is in the docs, and the docs lead nowhere that is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from unittest.mock import MagicMock

import click
import msgspec
import pytest
import typer
from prometheus_client.metrics import MetricWrapperBase

import bandit.catalog
import bandit.config
import service.cli
import service.reporting
import service.schemas
import service.web.health
from bandit.archive.files import read_events, read_outcomes
from docs import make_results
from service import metrics
from service.settings import PREFIX, Settings
from service.store import commands as store
from service.web import activity, decisions, events
from service.web.app import create_app

ROOT = Path(__file__).parents[2]
PAGES = [path for path in ROOT.rglob("*.md") if not any(part.startswith(".") for part in path.relative_to(ROOT).parts)]
FOR_USERS = [path for path in PAGES if "decisions" not in path.parts]
DOCS = "\n".join(path.read_text() for path in FOR_USERS)
# What stands in code spans and blocks, word by word; `{p}:log` and `--port` are words.
WORDS = set(re.findall(r"[\w{}<>:./-]*[\w>}]", " ".join(re.findall(r"```.*?```|`[^`]+`", DOCS, re.DOTALL))))


def settings() -> Iterator[str]:
    yield from (PREFIX + field.name.upper() for field in msgspec.structs.fields(Settings))


def options() -> Iterator[str]:
    added = [found.load() for found in entry_points(group="adbandit.commands")]
    for app in (service.cli.app, *added):
        yield from _options(typer.main.get_command(app))


def _options(command: click.Command) -> Iterator[str]:
    yield from (option.opts[0] for option in command.params if option.opts[0].startswith("--"))
    for inner in getattr(command, "commands", {}).values():
        yield from _options(inner)


def routes() -> Iterator[str]:
    for kind in (decisions, events, activity):
        yield from kind.routes(MagicMock())
    for rule in create_app(MagicMock()).url_map.iter_rules():
        yield re.sub(r"<any\(.*\):kind>", "<kind>", rule.rule)


def counted() -> Iterator[str]:
    for metric in vars(metrics).values():
        if isinstance(metric, MetricWrapperBase):
            (found,) = metric.describe()
            yield found.name + ("_total" if found.type == "counter" else "")


def redis_keys() -> Iterator[str]:
    yield from re.findall(r"^ {4}(\{\S+)", store.__doc__ or "", re.MULTILINE)


def columns() -> Iterator[str]:
    for read in (read_outcomes, read_events):
        yield from read(Path("nowhere"), "p").columns


def fields() -> Iterator[str]:
    for module in (bandit.config, bandit.catalog, service.schemas, service.reporting, service.web.health):
        yield from _fields(module)


def _fields(module: ModuleType) -> Iterator[str]:
    for kind in vars(module).values():
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind.__module__ == module.__name__:
            yield from kind.__struct_encode_fields__


@pytest.mark.parametrize("source", [settings, options, routes, counted, redis_keys, columns, fields])
def test_all_of_it_is_documented(source) -> None:
    wanted = set(source())
    assert wanted
    assert not sorted(wanted - WORDS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?://)([^)#]*)(?:#([^)]*))?\)", page.read_text())
    for path, anchor in targets:
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), path
        assert not anchor or anchor in _anchors(target), anchor


def _anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_nothing_is_left_to_be_filled_in(page: Path) -> None:
    assert not re.search(r"\b(TODO|FIXME|TBD|XXX)\b", page.read_text())


def test_files_that_the_docs_name_are_there() -> None:
    named = re.findall(r"`((?:bandit|service|simulations|tests|docs)/[\w./]*)`", DOCS)
    assert not [path for path in named if not (ROOT / path).exists()]


def test_the_readme_shows_the_results_that_are_on_file() -> None:
    page = (ROOT / "README.md").read_text()
    assert make_results.readme(page) == page


def test_the_page_on_performance_shows_what_the_benchmarks_printed() -> None:
    page = (ROOT / "docs" / "performance.md").read_text()
    assert make_results.performance(page) == page
    assert all(f"<!-- {path.stem} -->" in page for path in (ROOT / "docs/results/performance").glob("*.txt"))
