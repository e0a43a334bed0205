"""What the routes are given to work with."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from bandit.links import Hosts
from service.accepting import Acceptor
from service.access.gate import Access
from service.access.signing import Signer
from service.activity.collecting import Collector
from service.books.people import People
from service.catalogs import Catalogs
from service.deciding.decider import Decider
from service.outbox.journal import JournalWriter
from service.outbox.shared import Outbox
from service.products.reading import Products
from service.serving import Serving
from service.store.commands import Store


class Web(NamedTuple):
    decider: Decider
    acceptor: Acceptor
    collector: Collector
    signer: Signer
    serving: Serving
    catalogs: Catalogs
    store: Store
    products: Products  # this host's copy
    outboxes: tuple[JournalWriter, Outbox]  # of this worker and of this host
    people: People
    clock: Callable[[], float]  # seconds since 1970
    elapsed: Callable[[], float]  # seconds that never step
    access: Access
    hosts: Hosts  # where links may lead
