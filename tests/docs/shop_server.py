"""A shop's web server as the quickstart has it: a page, a route `/ad`, and some paths handed on to the service."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

import urllib3


class ShopServer:
    """Serves `page`, a decision of policy `home` under `/ad`, and hands on what begins with one of `handed_on`."""

    def __init__(self, page: str, service_url: str, handed_on: Sequence[str]) -> None:
        pool = urllib3.PoolManager(retries=False)

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path.startswith(tuple(handed_on)):
                    self.pass_on()
                elif self.path == "/ad?placement=hero":
                    asked = {"policy": "home", "placements": ["hero"]}
                    answer = pool.request("POST", f"{service_url}/v1/decisions", json=asked)
                    self.reply(200, [("Content-Type", "application/json")], answer.data)
                else:
                    self.reply(200, [("Content-Type", "text/html")], page.encode())

            def do_POST(self) -> None:
                self.pass_on()

            def pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                kind = {"Content-Type": self.headers["Content-Type"]} if self.headers["Content-Type"] else {}
                answer = pool.request(self.command, service_url + self.path, body=body, headers=kind, redirect=False)
                kept = [item for item in answer.headers.items() if item[0].lower() in ("content-type", "location")]
                self.reply(answer.status, kept, answer.data)

            def reply(self, status: int, headers: Sequence[tuple[str, str]], body: bytes) -> None:
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *words: object) -> None:
                """Silence."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
