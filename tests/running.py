"""A real service for tests: `adbandit up` in its own process, and calls to it over HTTP."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import urllib3

from bandit.errors import AdbanditError

Json = dict[str, Any]


class Late(AdbanditError):
    """What was waited for did not come in time."""


def eventually(condition: Callable[[], Any], within_s: float = 15.0, every_s: float = 0.05) -> Any:
    """The condition's first true value. Raises Late."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(every_s)
    raise Late(f"nothing within {within_s} s")


class Running:
    """`adbandit up` on a data folder."""

    def __init__(self, data: Path, catalog: Json | None = None, **environment: str) -> None:
        self.data = data
        self.environment = environment
        self.catalog = data.parent / f"{data.name}-catalog.json"
        if catalog is not None:
            self.catalog.write_text(json.dumps(catalog))
        self.pool = urllib3.PoolManager(maxsize=8, retries=False, timeout=10.0)
        self.start()

    def start(self) -> None:
        """Start, and wait until it answers."""
        ready = self.data.parent / f"{self.data.name}-ready.json"
        ready.unlink(missing_ok=True)
        catalog = ["--catalog", str(self.catalog)] if self.catalog.exists() else []
        words = ["up", "--data", str(self.data), "--ready-file", str(ready), *catalog]
        self.log = self.data.parent / f"{self.data.name}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "service.cli", *words],
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=log,
            )
        eventually(lambda: ready.exists() or self.process.poll() is not None, 60.0)
        assert self.process.poll() is None, self.log.read_text()
        self.url: str = json.loads(ready.read_text())["url"]

    def stop(self) -> None:
        """As Ctrl-C does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(10)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Json]:
        """Status and JSON of one call; bytes are sent as they are."""
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        given = {"Content-Type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
        answer = self.pool.request(method, self.url + path, body=content, headers=given, redirect=False)
        return answer.status, json.loads(answer.data) if answer.data else {}

    def decide(self, **request: Any) -> Json:
        status, answer = self.call("POST", "/v1/decisions", request)
        assert status == 200, answer
        return answer

    def tell(self, *events: Json) -> Json:
        status, answer = self.call("POST", "/v1/events", {"events": list(events)})
        assert status == 202, answer
        return answer

    def report(self, policy: str) -> Json:
        status, answer = self.call("GET", f"/v1/policies/{policy}/report")
        assert status == 200, answer
        return answer

    def children(self) -> dict[str, int]:
        """Process id by name: valkey, learner, shipper, web, and worker for one that web forked."""
        found: dict[str, int] = {}
        for pid, parent, command in _descendants(self.process.pid):
            name = next((name for name, mark in _MARKS.items() if mark in command), "")
            name = "worker" if name == "web" and parent == found.get("web") else name
            found.setdefault(name, pid)
        return found


_MARKS = {
    "valkey": "valkey-server",
    "learner": "service.run learner",
    "shipper": "service.run shipper",
    "bookkeeper": "service.run bookkeeper",
    "web": "service.web.serve",
}


def _descendants(root: int) -> list[tuple[int, int, str]]:
    """(process id, its parent's, command line), parents first."""
    parents: dict[int, int] = {}
    commands: dict[int, str] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                commands[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
            except (FileNotFoundError, ProcessLookupError):
                continue
    family, found = {root}, []
    for pid in sorted(parents):
        if parents[pid] in family:
            family.add(pid)
            found.append((pid, parents[pid], commands[pid]))
    return found
