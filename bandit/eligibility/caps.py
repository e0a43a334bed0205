"""Frequency caps: how often one user is shown an ad within a rolling window."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

LONGEST_H = 31 * 24.0  # of a window


class Cap(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """At most `impressions` for one user in any `hours` hours; of whatever it stands at."""

    impressions: Annotated[int, Meta(ge=1, le=100)]
    hours: Annotated[float, Meta(gt=0.0, le=LONGEST_H)]
