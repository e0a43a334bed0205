"""What a campaign may be shown for, as typed rules: data, never text that is run."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from bandit.config import Label

Rule = dict[str, object]  # replaced by a union of tagged structs


class Targeting(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Stands in for the rules until they are written."""

    devices: Annotated[tuple[Label, ...], Meta(max_length=100)] = ()
