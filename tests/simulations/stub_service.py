"""A tiny service over real HTTP that keeps what it was sent, and can drop what it should acknowledge."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Answering(BaseHTTPRequestHandler):
    """Answers in JSON, and says nothing of it."""

    protocol_version = "HTTP/1.1"

    def answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class StubService(ThreadingHTTPServer):
    """Answers each decision with the request's first pair, and takes events.

    drop_every  every so many events calls one is taken in and cut off before its acknowledgement; 0: none
    """

    daemon_threads = True
    request_queue_size = 128  # all shoppers connect at once

    def __init__(self, pairs: dict[str, list[str]], drop_every: int = 0) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pairs = pairs
        self.drop_every = drop_every
        self.lock = threading.Lock()
        self.decisions: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.calls = 0
        self.dropped = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A cut connection is meant."""


class _Handler(Answering):
    server: StubService

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/v1/decisions":
            self.answer(200, self._decide(sent))
        else:
            self._take(sent["events"])

    def _decide(self, request: dict[str, Any]) -> dict[str, Any]:
        with self.server.lock:
            self.server.decisions.append(request)
            number = len(self.server.decisions)
        template, placement = self.server.pairs[request["placements"][0]]
        ad = {"slot": 0, "template": template, "placement": placement}
        return {"decision_id": f"d-{number}", "arm": "learned", "ads": [ad]}

    def _take(self, events: list[dict[str, Any]]) -> None:
        with self.server.lock:
            self.server.calls += 1
            self.server.events += events
            drop = self.server.drop_every and self.server.calls % self.server.drop_every == 0
            self.server.dropped += bool(drop)
        if drop:
            self.close_connection = True
        else:
            self.answer(202, {"accepted": len(events), "duplicates": 0, "rejected": []})
