"""TLS before servers that have none: certificates of an authority of the tests, and a door that speaks it.

The embedded server is built without TLS. A door stands before it and takes both: what begins like TLS is unwrapped, all
else, such as what servers say to each other, goes through as it is.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_HANDSHAKE = b"\x16"  # first byte of a ClientHello


class Authority:
    """Signs certificates. All it makes are PEM files in its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / "ca.pem"
        self._key = folder / "ca.key"
        _openssl("req", "-x509", *_NEW_KEY, self._key, "-out", self.file, "-subj", "/CN=tests", "-days", "2")

    def sign(self, name: str, holder: str) -> Path:
        """A file with key and certificate for a holder, such as `IP:127.0.0.1` or `DNS:shop.test`."""
        request, key, made = (self.folder / f"{name}.{kind}" for kind in ("csr", "key", "crt"))
        extension = self.folder / f"{name}.ext"
        extension.write_text(f"subjectAltName={holder}\n")
        _openssl("req", *_NEW_KEY, key, "-out", request, "-subj", f"/CN={name}")
        _openssl(
            "x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self._key, "-CAcreateserial",
            "-out", made, "-days", "2", "-extfile", extension,
        )  # fmt: skip
        both = self.folder / f"{name}.pem"
        both.write_text(key.read_text() + made.read_text())
        return both


_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout")


def _openssl(*words: str | Path) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


@contextmanager
def door(certificate: Path, server_port: int, *, port: int = 0, clients: Path | None = None) -> Iterator[int]:
    """A port of loopback that leads to a server's, over TLS or plain.

    clients  authority whose certificate a TLS client must have
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=clients)
    context.load_cert_chain(certificate)
    if clients:
        context.verify_mode = ssl.CERT_REQUIRED
    listener = socket.create_server(("127.0.0.1", port), backlog=64)
    listener.setblocking(False)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=_serve, args=(loop, listener, context, server_port), daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        listener.close()


def _serve(loop: asyncio.AbstractEventLoop, listener: socket.socket, context: ssl.SSLContext, server_port: int) -> None:
    loop.set_exception_handler(lambda *_: None)  # a refused handshake is what some tests are about
    pending: set[asyncio.Task[None]] = set()

    async def accept() -> None:
        while True:
            taken, _ = await loop.sock_accept(listener)
            task = loop.create_task(_pass_on(loop, taken, context, server_port))
            pending.add(task)
            task.add_done_callback(pending.discard)

    accepting = loop.create_task(accept())
    loop.run_forever()
    for task in (accepting, *pending):
        task.cancel()
    loop.run_until_complete(asyncio.gather(accepting, *pending, return_exceptions=True))
    loop.run_until_complete(asyncio.sleep(0.01))  # closed transports say so in the round after
    loop.close()


async def _pass_on(
    loop: asyncio.AbstractEventLoop, taken: socket.socket, context: ssl.SSLContext, server_port: int
) -> None:
    reader = asyncio.StreamReader(loop=loop)
    protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
    ends: list[asyncio.StreamWriter] = []
    try:
        secured = await _first_byte(taken) == _HANDSHAKE
        transport, _ = await loop.connect_accepted_socket(lambda: protocol, taken, ssl=context if secured else None)
        ends.append(asyncio.StreamWriter(transport, protocol, reader, loop))
        there, back = await asyncio.open_connection("127.0.0.1", server_port)
        ends.append(back)
        await asyncio.gather(_pump(reader, back), _pump(there, ends[0]))
    except OSError:
        pass  # either side may leave at any time
    finally:
        for end in ends:
            end.transport.abort()
        if not ends:
            taken.close()


async def _first_byte(taken: socket.socket) -> bytes:
    while True:
        try:
            return taken.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            await asyncio.sleep(0.001)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(65536):
            writer.write(chunk)
            await writer.drain()
        writer.close()
