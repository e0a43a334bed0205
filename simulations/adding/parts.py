"""The parts that are left out in turn, and what stands in for each."""

from __future__ import annotations

from typing import NamedTuple


class Parts(NamedTuple):
    """What a variant has. Whatever it lacks, it shows the same templates to the same shoppers.

    Without products a template that shows one is filled all the same, with an even draw of those that fit it: its own
    text would be another ad, of which nobody could say how well it does.
    """

    profiles: bool = True  # what shoppers did before is told the model
    products: bool = True  # templates are filled with products that match the shopper
    fatigue: bool = True  # how often and how lately she saw each ad is told the model


ALL = Parts()
VARIANTS: dict[str, Parts] = {
    "all": ALL,
    "without profiles": Parts(profiles=False),
    "without products": Parts(products=False),
    "without fatigue": Parts(fatigue=False),
    "none of them": Parts(False, False, False),
}
ADDED = {  # what each comparison says
    "profiles": "without profiles",
    "products": "without products",
    "fatigue": "without fatigue",
    "all three": "none of them",
}
