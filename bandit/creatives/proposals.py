"""Generated texts on their way into a template's grammar: proposed, then approved or declined by somebody."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from bandit.catalog import Template
from bandit.creatives.slots import Grammar, Proposal, ProposalKind
from bandit.errors import BadInput

MOST = 100  # proposals of one template, as Grammar.proposed says
MOST_APPROVED = 20  # headlines, and calls to action, of one template


def proposed(template: Template, found: Iterable[Proposal]) -> Template:
    """The template with what is new among the texts found; the oldest proposals make room beyond 100."""
    grammar = template.grammar or Grammar()
    known = {("headline", text) for text in grammar.headlines}
    known |= {("call_to_action", text) for text in grammar.calls_to_action}
    kept = {(one.kind, one.text): one for one in grammar.proposed}
    kept |= {(one.kind, one.text): one for one in found if (one.kind, one.text) not in known}
    return _with(template, msgspec.structs.replace(grammar, proposed=tuple(kept.values())[-MOST:]))


def approved(template: Template, kind: ProposalKind, text: str) -> Template:
    """The template with a proposed text among what it shows.

    Raises BadInput if nothing like it is proposed, moderation has flagged it, or there is no room.
    """
    grammar, one = _found(template, kind, text)
    if one.flags:
        raise BadInput("#/grammar/proposed", "moderation", f"flagged: {', '.join(one.flags)}")
    name = "headlines" if kind == "headline" else "calls_to_action"
    texts = tuple(dict.fromkeys((*getattr(grammar, name), text)))
    if len(texts) > MOST_APPROVED:
        raise BadInput(f"#/grammar/{name}", "bound", f"at most {MOST_APPROVED} {name}; remove one first")
    return _with(template, msgspec.structs.replace(_without(grammar, one), **{name: texts}))


def declined(template: Template, kind: ProposalKind, text: str) -> Template:
    """The template without a proposed text. Raises BadInput if nothing like it is proposed."""
    grammar, one = _found(template, kind, text)
    return _with(template, _without(grammar, one))


def _found(template: Template, kind: ProposalKind, text: str) -> tuple[Grammar, Proposal]:
    grammar = template.grammar or Grammar()
    for one in grammar.proposed:
        if (one.kind, one.text) == (kind, text):
            return grammar, one
    raise BadInput("#/grammar/proposed", "unknown", f"no {kind} of this text is proposed for {template.id!r}")


def _without(grammar: Grammar, one: Proposal) -> Grammar:
    return msgspec.structs.replace(grammar, proposed=tuple(other for other in grammar.proposed if other != one))


def _with(template: Template, grammar: Grammar) -> Template:
    return msgspec.structs.replace(template, grammar=grammar)
