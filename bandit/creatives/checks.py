"""Whether a template can be filled as it says: looked at when a catalog is checked, so that no request finds out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bandit.creatives import placeholders
from bandit.creatives.slots import Filling, Grammar
from bandit.errors import BadInput

# Controls and line ends, which a button does not show, and marks that turn the direction of what follows.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def check_slots(
    texts: Mapping[str, str],
    filling: Filling | None,
    grammar: Grammar | None,
    formats: Sequence[str] | None,
    *,
    at: str,
) -> None:
    """Raises BadInput, with a pointer below `at`, for placeholders, slots and calls to action that cannot be shown.

    texts    of the template's creative: title, description, call_to_action
    formats  that the template fits; None: every one
    at       JSON pointer to the template
    """
    fills = filling is not None
    placeholders.check(texts, at=f"{at}/creative", product=fills)
    _check_call(texts["call_to_action"], at=f"{at}/creative/call_to_action")
    for i, call in enumerate(grammar.calls_to_action if grammar else ()):
        _check_call(call, at=f"{at}/grammar/calls_to_action/{i}")
        _check_variant(texts, "call_to_action", call, fills, at=f"{at}/grammar/calls_to_action/{i}")
    for i, headline in enumerate(grammar.headlines if grammar else ()):
        _check_variant(texts, "title", headline, fills, at=f"{at}/grammar/headlines/{i}")
    if filling:
        _check_filling(filling, formats, at=f"{at}/filling")


def _check_variant(texts: Mapping[str, str], name: str, text: str, fills: bool, *, at: str) -> None:
    """The template's texts with one of the grammar's in place of its own."""
    try:
        placeholders.check(
            {name: text, **{one: own for one, own in texts.items() if one != name}}, at="", product=fills
        )
    except BadInput as fault:
        raise BadInput(at, fault.code, fault.detail) from None


def _check_call(call: str, *, at: str) -> None:
    if found := _UNSEEN.search(call):
        detail = f"a call to action is one line of plain text, without U+{ord(found[0]):04X}"
        raise BadInput(at, "unsafe", detail)


def _check_filling(filling: Filling, formats: Sequence[str] | None, *, at: str) -> None:
    if len(set(filling.slots)) < len(filling.slots):
        raise BadInput(f"{at}/slots", "duplicate", "a slot stands twice")
    if filling.count == 1:
        return
    if "carousel" not in filling.slots:
        detail = f"{filling.count} products at once are shown by a carousel only: name it among the slots"
        raise BadInput(f"{at}/count", "slots", detail)
    if formats is not None and "carousel" not in formats:
        detail = f"{filling.count} products at once need the format carousel, which `formats` leaves out"
        raise BadInput(f"{at}/count", "slots", detail)
