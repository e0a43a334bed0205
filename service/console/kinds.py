"""What the console says of each kind of item: the sections of its form, the columns of its list, what it refers to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from bandit.catalog import Campaign, Placement, Template
from bandit.config import Policy
from service.console.forms.fields import Field, fields_of, without

Struct = type[msgspec.Struct]

# Fields that no form changes, by their words: a model is made for one way of learning, and proposals are approved or
# declined one by one, and when a product was added is known.
APART = frozenset({"Policy.learning", "Grammar.proposed", "Product.added"})


class Section(NamedTuple):
    """Fields that belong together under a heading."""

    name: str
    fields: tuple[str, ...]
    folded: bool = False  # shown when asked for


class Kind(NamedTuple):
    """One kind of item of the catalog."""

    name: str
    struct: Struct
    sections: tuple[Section, ...]
    columns: tuple[str, ...]
    pauses: bool = False  # whether it has a status

    @property
    def fields(self) -> tuple[Field, ...]:
        """All that the form changes."""
        return without(fields_of(self.struct), APART)

    def grouped(self) -> list[tuple[Section, Sequence[Field]]]:
        """The fields under their headings; what no section names comes last."""
        named = {name for section in self.sections for name in section.fields}
        rest = Section("more", tuple(field.name for field in self.fields if field.name not in named), folded=True)
        by_name = {field.name: field for field in self.fields}
        found = [
            (section, [by_name[name] for name in section.fields if name in by_name])
            for section in (*self.sections, rest)
        ]
        return [(section, fields) for section, fields in found if fields]


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "campaigns",
            Campaign,
            (
                Section("about", ("id", "status", "advertiser", "priority")),
                Section("flight", ("starts_at", "ends_at")),
                Section("money", ("price", "budget")),
                Section("audience", ("targeting", "keywords")),
                Section("safety", ("avoids", "rivals")),
                Section("frequency", ("caps",)),
            ),
            ("id", "state", "advertiser", "flight", "priority", "templates"),
            pauses=True,
        ),
        Kind(
            "templates",
            Template,
            (
                Section("about", ("id", "campaign", "status")),
                Section("creative", ("creative",)),
                Section("variants", ("grammar",)),
                Section("filling", ("filling",)),
                Section("where", ("placements", "formats", "labels")),
                Section("frequency", ("caps",)),
                Section("learning", ("features",)),
            ),
            ("id", "status", "title", "campaign", "variants"),
            pauses=True,
        ),
        Kind(
            "placements",
            Placement,
            (
                Section("about", ("id", "kind", "page_type", "format")),
                Section("size", ("width", "height")),
                Section("safety", ("refuses",)),
                Section("frequency", ("caps",)),
                Section("learning", ("features",)),
            ),
            ("id", "kind", "page_type", "format", "size"),
        ),
        Kind(
            "policies",
            Policy,
            (
                Section("about", ("id", "placements", "currency", "language", "horizon_s")),
                Section("knowing", ("profiles", "profile_detail", "fatigue")),
                Section("exploration", ("exploration",)),
                Section("reward", ("reward",)),
                Section("holdout", ("holdout",)),
            ),
            ("id", "exploration", "horizon", "holdout", "knows"),
        ),
    )
}

# Fields that name items of a kind, by the word of the field.
REFERENCES = {
    "Template.campaign": "campaigns",
    "Template.placements": "placements",
    "Policy.placements": "placements",
    "Baseline.template": "templates",
    "Baseline.placement": "placements",
}
