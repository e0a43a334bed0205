"""What shops send, for the tests of this folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from bandit.profiles.activity import LOG, Activity, ActivityEntry
from bandit.profiles.codec import decode
from service.access.signing import Signer
from service.activity.collecting import Collector
from service.activity.mappings.told import Mapped
from service.outbox.shared import Outbox
from service.schemas import ActivityAnswer

NOW_S = 1_800_000_000.0
SIGNER = Signer(b"s" * 32)
Json = dict[str, Any]


def message(**fields: object) -> Json:
    """One activity, a view unless told otherwise."""
    return {"id": "a1", "type": "view", "user": {"key": "u"}, **fields}


class Desk:
    """A collector over an outbox in memory."""

    def __init__(self, currency: str | None = "EUR") -> None:
        self.outbox = Outbox(Path(":memory:"))
        self.collector = Collector(self.outbox, SIGNER, lambda: currency)

    def tell(self, *messages: Json, now: float = NOW_S) -> ActivityAnswer:
        return self.collector.accept(enumerate(map(msgspec.json.encode, messages)), now)

    def take(self, mapped: Mapped) -> ActivityAnswer:
        return self.collector.take(mapped, NOW_S)

    def written(self) -> list[ActivityEntry]:
        rows = self.outbox.after(0, 9_999)
        assert {row.policy for row in rows} <= {LOG}
        return [decode(row.entry) for row in rows]

    def did(self) -> list[Activity]:
        return [entry for entry in self.written() if isinstance(entry, Activity)]
