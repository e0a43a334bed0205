"""The commands `adbandit creatives measure|generate|review`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bandit.catalog import Template
from bandit.creatives import media, proposals
from bandit.creatives.slots import Grammar, Proposal, ProposalKind
from bandit.errors import BadInput
from bandit.products.product import Product
from service import settings, wiring
from service.catalogs import Catalogs
from service.commanding import installation, refusals
from service.creatives import generating, measuring
from service.creatives.contract import MOST
from service.creatives.editing import Edit, edit_templates
from service.creatives.fetching import fetch
from service.products.reading import Products
from service.settings import Settings

app = typer.Typer(no_args_is_help=True, add_completion=False)
creatives = typer.Typer(no_args_is_help=True, help="Pictures measured, texts generated and approved.")
app.add_typer(creatives, name="creatives")

Data = Annotated[Path | None, typer.Option(help="Folder for everything kept on this machine.")]
Some = Annotated[list[str] | None, typer.Option("--template", help="Only this one; may be given again.")]
Id = Annotated[str, typer.Option(help="Whose texts.")]
Texts = Annotated[list[str] | None, typer.Option(help="A text proposed; may be given again.")]


@creatives.command("measure")
def measure(
    *,
    template: Some = None,
    folder: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Files to take instead, by the URLs' last part.")
    ] = None,
    allow_private: Annotated[bool, typer.Option(help="Fetch from this machine and its networks, too.")] = False,
    data: Data = None,
) -> None:
    """Look at templates' pictures and videos and write what they are like among their features.

    Exit status 0: all could be looked at. 1: the others are written. 2: nothing is.
    """
    with _catalogs(data) as (chosen, catalogs):
        read = partial(
            fetch,
            hosts=settings.hosts_of(chosen),
            most_bytes=media.MOST_BYTES,
            elapsed=wiring.elapsed,
            private=allow_private,
        )
        wanted = [one for one in catalogs.current().templates if template is None or one.id in template]
        edits, refused = _measured(wanted, measuring.from_folder(folder, read) if folder else read)
        edit_templates(catalogs, edits)
    seen = sum(bool(one.creative.image_url or one.creative.video_url) for one in wanted)
    typer.echo(f"{seen - refused} templates measured, {refused} refused")
    if refused:
        raise typer.Exit(1)


def _measured(templates: list[Template], read: measuring.Read) -> tuple[dict[str, Edit], int]:
    edits, refused = dict[str, Edit](), 0
    for one in templates:
        try:
            found = measuring.features(one, read)
        except BadInput as fault:
            refused += 1
            typer.echo(f"{one.id}: {fault}", err=True)
            continue
        edits[one.id] = partial(measuring.with_features, found=found)
    return edits, refused


@creatives.command("generate")
def generate(
    *,
    template: Id,
    count: Annotated[int, typer.Option(min=1, max=MOST, help="Headlines, and calls to action, to ask for.")] = 5,
    url: Annotated[str | None, typer.Option(help="The generator; default: ADBANDIT_GENERATOR_URL.")] = None,
    language: Annotated[list[str] | None, typer.Option(help="Default: en; may be given again.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed, the same texts, where the generator can.")] = 0,
    words: Annotated[
        Path | None, typer.Option(help="Forbidden words, one a line; default: ADBANDIT_FORBIDDEN_WORDS.")
    ] = None,
    approve: Annotated[bool, typer.Option("--approve", help="Put what moderation lets pass in force at once.")] = False,
    data: Data = None,
) -> None:
    """Ask a generator for texts of a template. They wait for approval, here, with `review` or in the console."""
    with _catalogs(data, generator_url=url, forbidden_words=words) as (chosen, catalogs):
        if not chosen.generator_url:
            raise BadInput("#/settings/generator_url", "unknown", "no generator: give --url or ADBANDIT_GENERATOR_URL")
        found = _template(catalogs, template)
        some = _some_products(chosen.data) if found.filling else []
        wanted = generating.brief(found, some, count=count, seed=seed, languages=tuple(language or ["en"]))
        made = generating.ask(chosen.generator_url, wanted, wiring.elapsed)
        new = generating.proposals(made, wanted, settings.forbidden_words(chosen))
        edit_templates(catalogs, {template: partial(proposals.proposed, found=new)})
        if approve:
            passed = [(one.kind, one.text) for one in _waiting(catalogs, template) if not one.flags]
            edit_templates(catalogs, {template: partial(_approved, texts=passed)})
        _show(_template(catalogs, template))


def _some_products(data: Path) -> list[Product]:
    """Those that the host keeps; none where there are none yet."""
    with closing(Products(data)) as held:
        return held.page("", generating.PRODUCTS)


@creatives.command("review")
def review(*, template: Id, approve: Texts = None, decline: Texts = None, data: Data = None) -> None:
    """Show the texts proposed for a template, after approving or declining some."""
    with _catalogs(data) as (_, catalogs):
        kinds = {one.text: one.kind for one in _waiting(catalogs, template)}

        def edit(found: Template) -> Template:
            for text in decline or ():
                found = proposals.declined(found, _kind(kinds, text), text)
            return _approved(found, [(_kind(kinds, text), text) for text in approve or ()])

        edit_templates(catalogs, {template: edit})
        _show(_template(catalogs, template))


def _approved(template: Template, texts: list[tuple[ProposalKind, str]]) -> Template:
    for kind, text in texts:
        template = proposals.approved(template, kind, text)
    return template


def _kind(kinds: dict[str, ProposalKind], text: str) -> ProposalKind:
    if text not in kinds:
        raise BadInput("#/grammar/proposed", "unknown", f"{text!r} is not among the texts proposed")
    return kinds[text]


def _template(catalogs: Catalogs, template_id: str) -> Template:
    for one in catalogs.current().templates:
        if one.id == template_id:
            return one
    raise BadInput("#/template", "unknown", f"no template is called {template_id!r}")


def _waiting(catalogs: Catalogs, template_id: str) -> tuple[Proposal, ...]:
    return (_template(catalogs, template_id).grammar or Grammar()).proposed


def _show(template: Template) -> None:
    grammar = template.grammar or Grammar()
    table = Table("kind", "text", "status", "flags")
    for text in grammar.headlines:
        table.add_row("headline", _plain(text), "approved", "")
    for text in grammar.calls_to_action:
        table.add_row("call_to_action", _plain(text), "approved", "")
    for one in grammar.proposed:
        table.add_row(one.kind, _plain(one.text), "pending", ", ".join(one.flags))
    Console(markup=False).print(table)


def _plain(text: str) -> str:
    """As a terminal may show it: nothing in it is a command to one."""
    return "".join(one if one.isprintable() else "?" for one in text)


@contextmanager
def _catalogs(data: Path | None, **given: object) -> Iterator[tuple[Settings, Catalogs]]:
    with refusals(), installation(data, **given) as (chosen, store):
        yield chosen, Catalogs(store, settings.hosts_of(chosen))


if __name__ == "__main__":
    app()
