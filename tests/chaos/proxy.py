"""A unix socket between the service and its Redis that delays, cuts and refuses on demand."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

CHUNK = 65_536  # bytes


class Proxy:
    """Hands on what it gets. Its attributes may be set at any time and hold for all connections."""

    def __init__(self, path: Path, server: Path) -> None:
        self.url = f"unix://{quote(str(path))}"
        self.delay_s = 0.0  # of every piece of an answer
        self.refusing = False  # new connections are closed at once
        self._path, self._server = path, server
        self._left: dict[str, int | None] = {"requests": None, "answers": None}  # bytes until a cut
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self.cuts = 0

    def __enter__(self) -> Self:
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._path))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.close()
        self.cut_all()
        self._path.unlink(missing_ok=True)

    def cut_after(self, way: str, count: int) -> None:
        """Cut one connection when `count` more bytes went one way, `requests` or `answers`, the rest not handed on."""
        with self._lock:
            self._left[way] = count

    def cut_all(self) -> None:
        """Close every connection."""
        for end in list(self._open):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # closed
                return
            server = socket.socket(socket.AF_UNIX)
            try:
                if self.refusing:
                    raise ConnectionRefusedError
                server.connect(str(self._server))
            except OSError:
                client.close()
                server.close()
                continue
            self._open |= {client, server}
            for way, source, target in (("requests", client, server), ("answers", server, client)):
                threading.Thread(target=self._pump, args=(way, source, target), daemon=True).start()

    def _pump(self, way: str, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(CHUNK):
                if way == "answers" and self.delay_s:
                    time.sleep(self.delay_s)
                kept = self._kept(way, len(piece))
                target.sendall(piece[:kept])
                if kept < len(piece):
                    break
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._open.discard(source)
        source.close()

    def _kept(self, way: str, length: int) -> int:
        """How many of these bytes are handed on."""
        with self._lock:
            left = self._left[way]
            if left is None:
                return length
            if left >= length:
                self._left[way] = left - length
                return length
            self._left[way] = None
            self.cuts += 1
            return left
