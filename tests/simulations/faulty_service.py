"""A tiny service over real HTTP that does to each request what it is told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from http.server import ThreadingHTTPServer
from typing import Any

from tests.simulations.stub_service import Answering


class FaultyService(ThreadingHTTPServer):
    """Shows each request the first pair of `pairs` whose placement it asks for, and has learned all at once.

    decisions, events  what to do with the first ones: a status to answer, or `cut` the line, or `late`; those after
                       are answered as they should be
    """

    daemon_threads = True

    def __init__(
        self, catalog: dict[str, Any], *, decisions: Iterable[int | str] = (), events: Iterable[int | str] = ()
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.catalog = catalog
        self.faults = {"/v1/decisions": list(decisions), "/v1/events": list(events)}
        self.answered = 0
        self.clicks: dict[str, int] = {}  # event id -> times it came
        self.learned: list[int] = []  # decisions answered when somebody looked whether they were learned

    def __enter__(self) -> FaultyService:
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(Answering):
    wbufsize = 65_536  # an answer in one piece: two would wait for each other
    server: FaultyService

    def do_GET(self) -> None:
        if self.path == "/v1/catalog":
            self.answer(200, self.server.catalog)
        elif self.path == "/readyz":
            self.answer(200, {"policies": {"demo": {"model_version": self.server.answered}}})
        else:
            self.server.learned.append(self.server.answered)
            arms = {"learned": {"decisions": self.server.answered}}
            self.answer(200, {"model_version": self.server.answered, "open": 0, "arms": arms})

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        faults = self.server.faults[self.path]
        fault = faults.pop(0) if faults else None
        if fault == "cut":
            self.close_connection = True
        elif isinstance(fault, int):
            self.answer(fault, {"detail": "as it was told to"})
        elif self.path == "/v1/events":
            for event in sent["events"]:
                self.server.clicks[event["id"]] = self.server.clicks.get(event["id"], 0) + 1
            self.answer(202, {"accepted": 1, "late": fault == "late", "rejected": []})
        else:
            self.server.answered += 1
            template, placement = self.server.catalog["templates"][0]["id"], sent["placements"][0]
            ad = {"slot": 0, "template": template, "placement": placement, "propensity": 0.5}
            ads = [] if fault == "empty" else [ad]
            self.answer(200, {"decision_id": f"d-{self.server.answered}", "arm": "learned", "ads": ads})
