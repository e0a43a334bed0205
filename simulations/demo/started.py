"""A service of our own: `adbandit up` as a child process that ends with us, and what it says over HTTP."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
import urllib3

from simulations.demo.reports import Health, Pacing, Report
from simulations.demo.tether import tethered
from simulations.environments.base import Json

READY_WITHIN_S = 60.0  # a first start compiles the kernels
STOPPED_WITHIN_S = 8.0  # `up` promises 5

_POLL_S = 0.05
_LAST_WORDS = 6  # lines of its log shown when it fails
_CHANGED_WITHIN_S = 10.0
_LONGEST_WORD = 300  # characters of each; a traceback in a JSON line can fill a screen
_AS_IT_IS: Mapping[str, str] = MappingProxyType({})


class NotStarted(Exception):
    """`adbandit up` did not become ready. The message holds the end of its log."""


class NotTaken(Exception):
    """The service will not have its products or its catalog changed. The message says why."""


class Service:
    """A running service."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = urllib3.PoolManager(timeout=2.0, retries=False)

    def report(self, policy: str) -> Report | None:
        """The policy's report; None while it cannot be had."""
        body = self._get(f"/v1/policies/{policy}/report", wanted=(200,))
        return msgspec.json.decode(body, type=Report) if body is not None else None

    def health(self) -> Health | None:
        """What /readyz says; None while there is no answer."""
        body = self._get("/readyz", wanted=(200, 503))
        return msgspec.json.decode(body, type=Health) if body is not None else None

    def catalog(self) -> Json | None:
        """The catalog in force; None while it cannot be had."""
        body = self._get("/v1/catalog", wanted=(200,))
        return msgspec.json.decode(body, type=dict[str, Any]) if body is not None else None

    def pacing(self, campaign: str) -> Pacing | None:
        """How a campaign's money stands; None while it cannot be had."""
        body = self._get(f"/v1/campaigns/{campaign}/pacing", wanted=(200,))
        return msgspec.json.decode(body, type=Pacing) if body is not None else None

    def send(self, method: str, path: str, content: Json) -> None:
        """Change what the service has. Raises NotTaken."""
        headers = {"Content-Type": "application/json"}
        try:
            body = msgspec.json.encode(content)
            answer = self._http.request(method, self.url + path, body=body, headers=headers, timeout=_CHANGED_WITHIN_S)
        except urllib3.exceptions.HTTPError as fault:
            raise NotTaken(f"{method} {path}: {fault}") from None
        if answer.status >= 300:
            raise NotTaken(f"{method} {path} answers {answer.status}: {answer.data[:_LONGEST_WORD].decode()}")

    def close(self) -> None:
        self._http.clear()

    def _get(self, path: str, wanted: tuple[int, ...]) -> bytes | None:
        try:
            answer = self._http.request("GET", self.url + path)
        except urllib3.exceptions.HTTPError:
            return None
        return answer.data if answer.status in wanted else None


@contextmanager
def started(
    catalog: Json,
    folder: Path,
    scratch: Path,
    *,
    settings: Mapping[str, str] = _AS_IT_IS,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Service]:
    """Start `adbandit up` with this catalog, and stop it when the block ends.

    folder    its data folder
    scratch   where the catalog, the ready file and its log `up.log` go
    settings  as in its environment, beside what stands there

    Raises NotStarted.
    """
    (scratch / "catalog.json").write_bytes(msgspec.json.encode(catalog))
    ready_file = scratch / "ready.json"
    ready_file.unlink(missing_ok=True)
    with (scratch / "up.log").open("wb") as log:
        process = subprocess.Popen(
            tethered(_command(scratch / "catalog.json", folder, ready_file)),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **settings},
            process_group=0,  # so that Ctrl-C reaches us alone, and we stop it in order
        )
    try:
        service = Service(_url(process, ready_file, scratch / "up.log", clock))
        try:
            yield service
        finally:
            service.close()
    finally:
        stop(process)


def stop(process: subprocess.Popen[Any]) -> None:
    """Have a process that leads its group stop, by force if it does not in time."""
    process.terminate()
    try:
        process.wait(STOPPED_WITHIN_S)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _command(catalog: Path, folder: Path, ready_file: Path) -> list[str]:
    command = [sys.executable, "-m", "service.cli", "up", "--port", "0", "--host", "127.0.0.1", "--data", str(folder)]
    # Never the Redis that the environment may name, nor its address: a demo has no place in a shop's own.
    return [*command, "--redis-url", "", "--catalog", str(catalog), "--ready-file", str(ready_file)]


def _url(process: subprocess.Popen[Any], ready_file: Path, log: Path, clock: Callable[[], float]) -> str:
    give_up_at = clock() + READY_WITHIN_S
    while not ready_file.exists():
        if process.poll() is not None:
            raise NotStarted(f"adbandit up ended with status {process.returncode}{_end_of(log)}")
        if clock() >= give_up_at:
            raise NotStarted(f"adbandit up was not ready within {READY_WITHIN_S:.0f} s{_end_of(log)}")
        time.sleep(_POLL_S)
    return str(msgspec.json.decode(ready_file.read_bytes())["url"])


def _end_of(log: Path) -> str:
    lines = [line[:_LONGEST_WORD] for line in log.read_text(errors="replace").splitlines()[-_LAST_WORDS:]]
    return "; the end of its log:\n" + "\n".join(lines) if lines else ""
