"""A Valkey of the tests' own, behind a proxy: it can be stopped, and started without what it wrote last."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import redis

from service import embedded
from tests.running import eventually


class Server:
    """One folder, one server after another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running = embedded.start(folder)
        self.url = self._running.url

    @property
    def socket(self) -> Path:
        return Path(self.url.removeprefix("unix://"))

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url, socket_timeout=5.0)

    def kill(self) -> None:
        os.kill(self._running.pid, signal.SIGKILL)
        eventually(lambda: self._running.poll() is not None)

    def start(self) -> None:
        """After `kill`: with all that its append-only file holds."""
        self._running = embedded.start(self.folder)

    def stop(self) -> None:
        self._running.stop()

    def pause(self, seconds: float) -> None:
        """As if the machine had stood still."""
        os.kill(self._running.pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(self._running.pid, signal.SIGCONT)

    def forget_last(self, seconds: float) -> None:
        """Kill it, and have it come back as it was `seconds` ago: what `everysec` and a power cut leave."""
        before = {path: path.stat().st_size for path in self._files()}
        time.sleep(seconds)
        self.kill()
        for path in self._files():
            os.truncate(path, before.get(path, path.stat().st_size))
        self.start()

    def _files(self) -> list[Path]:
        return list(self.folder.glob("appendonlydir/*.incr.aof"))
