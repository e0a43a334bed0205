"""What the routes are given to work with."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from bandit.links import Hosts
from service.accepting import Acceptor
from service.access import Access
from service.catalogs import Catalogs
from service.deciding import Decider
from service.journal import JournalWriter
from service.outbox import Outbox
from service.serving import Serving
from service.signing import Signer
from service.store import Store


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
