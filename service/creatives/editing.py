"""Templates changed by a function, whatever else changes in the catalog meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from bandit.catalog import Catalog, Template
from bandit.errors import BadInput, Conflict
from service.catalogs import Catalogs, Stale

Edit = Callable[[Template], Template]
ATTEMPTS = 8


def edit_templates(catalogs: Catalogs, edits: Mapping[str, Edit]) -> Catalog:
    """The catalog with some templates changed, all in one version; the one in force if nothing changes.

    edits  by the template's id

    Raises BadInput for an id that no template has, or what `edits` and the checks of a catalog raise; Conflict or
    StoreAway. Then nothing has changed.
    """
    for _ in range(ATTEMPTS):
        catalog = catalogs.current()
        if unknown := sorted(edits.keys() - {template.id for template in catalog.templates}):
            raise BadInput("#/templates", "unknown", f"no template is called {unknown[0]!r}")
        templates = tuple(edits.get(one.id, _same)(one) for one in catalog.templates)
        if templates == catalog.templates:
            return catalog
        changed = msgspec.json.encode(msgspec.structs.replace(catalog, templates=templates))
        try:
            return catalogs.replace(changed, if_match=catalog.version)
        except Stale:
            continue
    raise Conflict(f"{ATTEMPTS} other changes came between; try again")


def _same(template: Template) -> Template:
    return template
