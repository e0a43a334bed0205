"""A template with a grammar as the variants it stands for, each a candidate with features of its own."""

from __future__ import annotations

from itertools import product

from msgspec.structs import replace

from bandit.catalog import CALL_TO_ACTION, HEADLINE, Creative, Template
from bandit.features import Feature


def expand(template: Template) -> tuple[Template, ...]:
    """One template a headline and call to action, headline by headline; itself where there is no grammar.

    Each has the id of the template, a creative with its own `title` and `call_to_action`, and features that name
    them. Where one of the two lists is empty, that text is the creative's own and is no feature: it tells no variant
    from another.

    >>> from bandit.creatives.slots import Grammar
    >>> two = Grammar(headlines=("Sale", "Last days"), calls_to_action=("Buy",))
    >>> [one.features for one in expand(Template(id="t", grammar=two))]
    [{'headline': 'Sale', 'call_to_action': 'Buy'}, {'headline': 'Last days', 'call_to_action': 'Buy'}]
    """
    grammar = template.grammar
    if grammar is None:
        return (template,)
    pairs = product(grammar.headlines or (None,), grammar.calls_to_action or (None,))
    return tuple(_variant(template, headline, call) for headline, call in pairs)


def _variant(template: Template, headline: str | None, call: str | None) -> Template:
    creative: Creative = template.creative
    features: dict[str, Feature] = {**template.features}
    if headline is not None:
        creative, features[HEADLINE] = replace(creative, title=headline), headline
    if call is not None:
        creative, features[CALL_TO_ACTION] = replace(creative, call_to_action=call), call
    return replace(template, creative=creative, features=features)
