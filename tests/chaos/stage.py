"""A running service with all that can be done to it: its processes, its Redis, its clock, the points it can die at."""

from __future__ import annotations

import os
import random
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from service import embedded
from tests.chaos.ledger import Ledger
from tests.chaos.load import CATALOG, POLICIES
from tests.chaos.proxy import Proxy
from tests.chaos.reread import Bystander
from tests.chaos.server import Server
from tests.running import Running, eventually

INJECTED = Path(__file__).parent / "injected"
FIRED_WITHIN_S = 20.0


class Stage:
    """One service. `server` and `proxy` are there if its Redis is the tests' own, else it is embedded."""

    def __init__(
        self, folder: Path, service: Running, server: Server | None, proxy: Proxy | None, chance: random.Random
    ) -> None:
        self.folder = folder
        self.service = service
        self._server, self._proxy = server, proxy
        self.chance = chance
        self.lull = threading.Event()  # while it is set shoppers do not ask
        self.lulled_until = 0.0  # seconds that never step
        self.ledger = Ledger()
        self.direct_url = server.url if server else embedded.socket_url(service.data / "valkey")
        self.bystander = Bystander(self.direct_url, POLICIES)

    @property
    def server(self) -> Server:
        assert self._server, "the embedded server is not ours to control"
        return self._server

    @property
    def proxy(self) -> Proxy:
        assert self._proxy, "the embedded server has no proxy before it"
        return self._proxy

    @property
    def has_own_server(self) -> bool:
        return self._server is not None

    # Processes

    def pid(self, name: str) -> int:
        """Process id of `learner`, `shipper`, `valkey`, `worker`, `web` or `supervisor`."""
        if name == "supervisor":
            return self.service.process.pid
        found: int = eventually(lambda: self.service.children().get(name))
        return found

    def kill(self, name: str) -> None:
        """kill -9; the supervisor starts it again."""
        os.kill(self.pid(name), signal.SIGKILL)

    def kill_supervisor(self) -> None:
        """All go with it; then start anew."""
        family = self.service.children()
        self.service.process.kill()
        self.service.process.wait()
        eventually(lambda: not [pid for pid in family.values() if Path(f"/proc/{pid}/exe").exists()])
        self.service.start()

    def freeze(self, name: str, seconds: float) -> None:
        """SIGSTOP, and SIGCONT some time later."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(pid, signal.SIGCONT)

    @contextmanager
    def second(self, name: str) -> Iterator[subprocess.Popen[bytes]]:
        """A second `learner` or `shipper` beside the first, with the same environment; killed at the end."""
        given = Path(f"/proc/{self.pid(name)}/environ").read_bytes().decode().split("\0")
        environment = dict(line.split("=", 1) for line in given if "=" in line)
        words = [sys.executable, "-m", "service.run", name]
        with (self.folder / f"second-{name}.log").open("ab") as log:
            process = subprocess.Popen(words, env=environment, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    # Points of the code

    def arm(self, point: str, moment: str, deed: str, call: int = 1) -> None:
        """Have whoever calls `point` next do `deed` there: see injected/sitecustomize.py."""
        (self.folder / "fired").unlink(missing_ok=True)
        draft = self.folder / "armed.draft"
        draft.write_text(f"{point} {moment} {deed} {call} {time.monotonic()}")
        draft.replace(self.folder / "armed")

    def fired(self) -> int:
        """Wait until it was done; the process it was done to. Raises Late."""
        fired = self.folder / "fired"
        eventually(
            lambda: fired.exists() and fired.read_text() != "" and "service." not in fired.read_text(), FIRED_WITHIN_S
        )
        return int(fired.read_text())

    def disarm(self) -> None:
        (self.folder / "armed").unlink(missing_ok=True)

    # What it says of itself

    def verified(self) -> list[str]:
        """What `adbandit verify` finds that is not as it must be, from archive and Redis alone."""
        environment = {**os.environ, **({"ADBANDIT_REDIS_URL": self.direct_url} if self.has_own_server else {})}
        words = [sys.executable, "-m", "service.cli", "verify", "--data", str(self.service.data)]
        done = subprocess.run(
            words, env={**environment, "COLUMNS": "300"}, capture_output=True, text=True, timeout=120, check=False
        )
        if done.returncode == 0:
            return []
        told = [line.strip() for line in done.stdout.splitlines() if "differ" in line or "does not hold" in line]
        return [f"adbandit verify ended with {done.returncode}: {line}" for line in told or [done.stderr[-500:]]]

    # The clock

    def shift_clock(self, seconds: float) -> None:
        """What all Python processes of the service take for now; that of Redis, which numbers the log, stays."""
        with (self.folder / "clock").open("r+b") as file:
            file.write(struct.pack("<d", seconds))


@contextmanager
def staged(
    seed: int, points: Sequence[str] = (), *, own_server: bool, workers: int = 1, **environment: str
) -> Iterator[Stage]:
    """A service on a folder of its own, for as long as the block lasts."""
    with tempfile.TemporaryDirectory(prefix="chaos-", dir="/tmp") as name:
        folder = Path(name)
        (folder / "clock").write_bytes(struct.pack("<d", 0.0))
        server = Server(folder / "redis") if own_server else None
        proxy = Proxy(folder / "proxy.sock", server.socket).__enter__() if server else None
        chosen = {
            "PYTHONPATH": os.pathsep.join([str(INJECTED), *filter(None, [os.environ.get("PYTHONPATH")])]),
            "CHAOS_FOLDER": str(folder),
            "CHAOS_POINTS": ",".join(points),
            "ADBANDIT_COMMIT_S": "0.1",
            "ADBANDIT_ARCHIVE_S": "0.5",
            "ADBANDIT_WORKERS": str(workers),
            **({"ADBANDIT_REDIS_URL": proxy.url} if proxy else {}),
            **environment,
        }
        service = Running(folder / "data", CATALOG, **chosen)
        stage = Stage(folder, service, server, proxy, random.Random(seed))
        try:
            with stage.bystander.reading():
                yield stage
        finally:
            with suppress(subprocess.TimeoutExpired):  # where processors are short; how it stops is judged elsewhere
                service.stop()
            service.process.kill()
            service.process.wait()
            if proxy:
                proxy.__exit__(None, None, None)
            if server:
                server.stop()
