"""What the routes are given to work with."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from bandit.links import Hosts
from service.accepting import Acceptor
from service.access.gate import Access
from service.access.signing import Signer
from service.catalogs import Catalogs
from service.deciding import Decider
from service.outbox.journal import JournalWriter
from service.outbox.shared import Outbox
from service.serving import Serving
from service.store.commands import Store


class Web(NamedTuple):
    decider: Decider
    acceptor: Acceptor
    signer: Signer
    serving: Serving
    catalogs: Catalogs
    store: Store
    outboxes: tuple[JournalWriter, Outbox]  # of this worker and of this host
    clock: Callable[[], float]  # seconds since 1970
    elapsed: Callable[[], float]  # seconds that never step
    access: Access
    hosts: Hosts  # where links may lead
