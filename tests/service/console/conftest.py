"""The console over a real store, asked as a browser asks it."""

from __future__ import annotations

import html
import re
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import msgspec
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bandit.links import ANY
from service import embedded
from service.access import keys
from service.access.gate import Access
from service.access.signing import Signer
from service.catalogs import Catalogs
from service.products.reading import Products
from service.store.commands import Store
from service.web.app import create_app

CATALOG = {
    "policies": [{"id": "home", "horizon_s": 5, "learning": {"bits": 12}}],
    "placements": [{"id": "hero", "page_type": "home"}, {"id": "rail", "features": {"height": 2}}],
    "campaigns": [
        {
            "id": "summer",
            "starts_at": "2026-06-01T00:00:00+02:00",
            "ends_at": "2026-09-01T00:00:00Z",
            "targeting": {"country": "DE", "device": ["mobile"], "any": [{"query": "shoes"}]},
            "caps": [{"impressions": 2, "hours": 24}],
            "price": {"per": "mille", "amount": {"value": 4.5, "currency": "EUR"}},
            "budget": {"daily": {"value": 100, "currency": "EUR"}},
        },
        {"id": "winter", "status": "paused"},
    ],
    "templates": [
        {
            "id": "sale",
            "campaign": "summer",
            "features": {"tone": "loud", "discount": 0.3},
            "creative": {"title": "Sale <now> & here", "link": "https://shop.example/sale?a=1&b=2"},
            "grammar": {
                "headlines": ["Sale", "Last days"],
                "proposed": [
                    {"kind": "headline", "text": "Come in"},
                    {"kind": "headline", "text": "The best", "flags": ["superlative"]},
                ],
            },
        },
        {"id": "plain"},
    ],
}


class Console:
    """The pages, with forms sent as they were shown."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.now = 1_800_000_000.0
        self.store, self.folder = store, folder
        self.catalogs = Catalogs(store)
        self.access = Access(folder, "127.0.0.1", 1, lambda: self.now)
        self.web = MagicMock(
            clock=lambda: self.now,
            elapsed=lambda: self.now,
            access=self.access,
            signer=Signer(b"s" * 32),
            store=store,
            catalogs=self.catalogs,
            outboxes=(),
            products=Products(folder),
            hosts=ANY,
        )
        self.app = create_app(self.web)
        self.client: FlaskClient = self.app.test_client()

    def anew(self) -> None:
        """Nobody was here, there is no key, and CATALOG is in force."""
        self.store.client.flushall()
        (self.folder / keys.NAME).unlink(missing_ok=True)
        self.access.__init__(self.folder, "127.0.0.1", 1, lambda: self.now)  # type: ignore[misc]
        self.catalogs.__init__(self.store)  # type: ignore[misc]
        self.catalogs.replace(msgspec.json.encode(CATALOG), if_match=None)
        self.client, self.now = self.app.test_client(), self.now + 86_400.0
        self.web.reset_mock()

    def get(self, path: str, status: int = 200, **headers: str) -> str:
        answer = self.client.get(f"/console{path}", headers=headers)
        assert answer.status_code == status, answer.text
        return answer.text

    def post(self, path: str, given: dict[str, Any], *, token: str | None = None) -> TestResponse:
        """A form with the word of this session."""
        word = self.token() if token is None else token
        return self.client.post(f"/console{path}", data={"token": word, **given})

    def token(self) -> str:
        found = re.search(
            r'name="token" value="(\w+)"', self.client.get("/console/nothing", follow_redirects=True).text
        )
        assert found
        return found[1]

    def upload(self, path: str, name: str, content: bytes) -> TestResponse:
        """A file sent in a form."""
        return self.client.post(f"/console{path}", data={"token": self.token(), "feed": (BytesIO(content), name)})

    def go_away(self) -> None:
        """Nobody is there any more to be asked for a catalog."""
        self.web.catalogs._store = self.catalogs._store = Store("unix:///nowhere/at/all.sock")

    def form(self, path: str) -> dict[str, Any]:
        """What the form of a page would send untouched."""
        return filled(self.get(path))

    def change(self, path: str, **given: str) -> TestResponse:
        """The form of an item with some inputs written anew; `__` stands for the dot in a name."""
        texts = {name.replace("__", "."): text for name, text in given.items()}
        return self.client.post(f"/console{path}", data=self.form(path) | texts)

    def item(self, kind: str, item_id: str) -> Any:
        return next((one for one in getattr(self.catalogs.current(), kind) if one.id == item_id), None)

    def key(self, role: keys.Role) -> str:
        """A new key, in force."""
        text, key = keys.make(role, created_at="2026-11-23T00:00:00+00:00", name=f"a {role}")
        keys.change(self.folder, lambda others: others | {key.id: key})
        self.access.look()
        return text

    def revoke(self) -> None:
        keys.change(self.folder, lambda _: {})
        self.access.look()


def filled(page: str) -> dict[str, Any]:
    """What a browser would send of the form of an item."""
    form = page[page.index('class="item"') :]
    form = form[: form.index("</form>")]
    found: dict[str, Any] = {}

    def add(name: str, value: str) -> None:
        found.setdefault(html.unescape(name), []).append(html.unescape(value))

    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r' name="([^"]*)"', tag), re.search(r' value="([^"]*)"', tag)
        if name and ("checkbox" not in tag or " checked" in tag):
            add(name[1], value[1] if value else "on")
    for name, text in re.findall(r'<textarea[^>]* name="([^"]*)"[^>]*>\n(.*?)</textarea>', form, re.DOTALL):
        add(name, text)
    for name, options in re.findall(r'<select[^>]* name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        add(name, chosen[1] if chosen else re.findall(r'value="([^"]*)"', options)[0])
    return found


@pytest.fixture(scope="package")
def only_console(valkey_server: embedded.EmbeddedValkey, tmp_path_factory: pytest.TempPathFactory) -> Console:
    return Console(Store(valkey_server.url), tmp_path_factory.mktemp("console"))


@pytest.fixture
def console(only_console: Console) -> Console:
    """With CATALOG in force and nothing else."""
    only_console.anew()
    return only_console
