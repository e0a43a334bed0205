"""A local web server with pictures, and what it should not give."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from PIL import Image


def png(colour: str = "red", size: tuple[int, int] = (60, 30)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


FILES = {"/red.png": png(), "/blue.png": png("blue", (30, 60)), "/no.png": b"no picture", "/long": bytes(300_000)}


class Pictures(BaseHTTPRequestHandler):
    """Whatever the path names; /moved leads on, /secret says who asked."""

    def do_GET(self) -> None:
        body = FILES.get(self.path, b"")
        self.send_response(302 if self.path == "/moved" else 200 if body else 404)
        if self.path == "/moved":
            self.send_header("Location", "/red.png")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler] = Pictures) -> Iterator[str]:
    """URL of a server that runs meanwhile."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
