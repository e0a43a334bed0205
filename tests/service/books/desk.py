"""Logs written by hand over a real Valkey, and bookkeepers that are killed in the middle of what they write."""

from __future__ import annotations

import random
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bandit.codec import encode
from bandit.profiles import codec
from bandit.profiles.activity import LOG, Activity, Joined
from bandit.profiles.profile import UserState
from bandit.profiles.stored import decode
from bandit.records import Entry
from service.books.bookkeeper import Bookkeeper, Terms
from service.books.states import States
from service.catalogs import Catalogs
from service.store.books import Books, Change
from service.store.commands import Store, StoreAway
from tests.entries import CATALOG, START_S, decision, event

USERS = tuple(bytes([number]) * 16 for number in range(4))


class Killed(Books):
    """Writes some of what it is told, and dies."""

    left = 10**9  # writes until then

    def put_states(self, changes: Sequence[Change]) -> list[bool]:
        some = changes[: self.left]
        self.left -= len(some)
        done = super().put_states(some)
        if len(some) < len(changes):
            raise StoreAway("killed")
        return done


class Desk:
    """A store with a catalog, two logs, and whoever keeps their books."""

    def __init__(self, url: str, folder: Path, *, keep_log: bool = False) -> None:
        self.keep_log = keep_log
        self.store, self.archive, self.now = Store(url), folder / uuid.uuid4().hex, 0.0
        self.store.client.flushall()
        Catalogs(self.store).replace_if_other(CATALOG)
        self.ms = round(START_S * 1000)
        self.hire()

    def hire(self) -> None:
        """Somebody new, from whom nothing of the one before is to be had."""
        self.store.client.delete("{~books}:lease")
        self.books = Killed(self.store)
        terms = Terms(self.archive, archive_s=0.5, keep_days=90, keep_log=self.keep_log)
        self.keeper = Bookkeeper(
            self.store, Catalogs(self.store), terms, lambda: START_S + self.now, lambda: self.now,
            uuid.uuid4().hex, States(self.books, 90),
        )  # fmt: skip

    def write(self, entry: Entry | Activity | Joined, *, later_ms: int = 1) -> str:
        """Append to the log that the entry is of."""
        self.ms += later_ms
        activity = isinstance(entry, Activity | Joined)
        stored = codec.encode(entry) if activity else encode(entry)  # type: ignore[arg-type]
        position = f"{self.ms}-0"
        self.store.client.xadd(f"{{{LOG if activity else 'home'}}}:log", {"e": stored}, id=position)
        return position

    def work(self) -> bool:
        """A round; false where the bookkeeper was killed in it."""
        self.now += 0.4
        try:
            self.keeper.look()
            self.keeper.round()
        except StoreAway:
            return False
        return True

    def all_taken(self) -> dict[bytes, UserState]:
        """States of all users once everything is taken in."""
        for _ in range(4):
            while not self.work():
                self.hire()
        self.keeper.finish()
        return self.states()

    def states(self) -> dict[bytes, UserState]:
        found = zip(USERS, self.books.states(USERS), strict=True)
        return {name: decode(stored) for name, stored in found if stored}

    def forget(self) -> None:
        """Keep the logs, and nothing that came of them."""
        for key in self.store.client.keys("*:books") + self.store.client.keys("{u:*"):
            self.store.client.delete(key)
        self.archive = self.archive.with_name(uuid.uuid4().hex)
        self.hire()


def happening(chance: random.Random, number: int) -> list[Entry | Activity | Joined]:
    """Something that users do, or that is shown to them and seen."""
    user, other, at = chance.choice(USERS), chance.choice(USERS), START_S + number
    match chance.choice("aaajdd"):
        case "a":
            product = chance.choice("pq")
            return [Activity(f"a{number}", user, "view", at, at, product=product, category=product)]
        case "j":
            return [Joined(f"j{number}", other, user, at)]
    shown = msgspec.structs.replace(decision(number, at), user=user)
    return [shown, event(f"i{number}", number, at, kind="impression")]


@contextmanager
def a_desk(url: str, *, keep_log: bool = False) -> Iterator[Desk]:
    """A desk whose server does not sync what it writes, and trims as far as it may, not by the hundred."""
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(url, Path(folder), keep_log=keep_log)
        was = {"appendfsync": "always", "stream-node-max-entries": 100}
        for name, value in {"appendfsync": "no", "stream-node-max-entries": 1}.items():
            desk.store.client.config_set(name, value)
        yield desk
        for name, value in was.items():
            desk.store.client.config_set(name, value)
