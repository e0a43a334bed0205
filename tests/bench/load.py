"""Load from `wrk`, and Flask apps to hold against ours: on Granian, with the options our own service runs with."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import urllib3

from tests.running import eventually

ROOT = Path(__file__).parents[2]
OPTIONS = ["--interface", "wsgi", "--workers", "1", "--blocking-threads", "1", "--no-ws", "--log-level", "warning"]
SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [==[{body}]==]
{request}
done = function(summary, latency)
  io.write(string.format("RESULT %d %.1f %.4f %.4f %d\\n", summary.requests, summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.timeout))
end
"""


# For a body that names a user: "USER" is another one in each request.
MANY_USERS = """
local said = 0
request = function()
  said = said + 1
  return wrk.format(nil, nil, nil, (wrk.body:gsub("USER", "u-" .. said % {users})))
end
"""


class Server(NamedTuple):
    """One web worker that answers decision requests."""

    url: str
    worker: int  # process id


class Figure(NamedTuple):
    """One measurement."""

    per_s: float
    p50_ms: float
    p99_ms: float
    errors: int
    worker_us: float  # processor time of the worker, a request


def wrk(server: Server, body: str, folder: Path, connections: int, seconds: int, users: int = 0) -> Figure:
    """Post the same decision request over and over.

    folder  where wrk's script may lie
    users   how many stand for "USER" in the body, in turn
    """
    script = folder / "post.lua"
    request = MANY_USERS.replace("{users}", str(users)) if users else ""
    script.write_text(SCRIPT.replace("{body}", body).replace("{request}", request))
    words = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "-s", str(script), f"{server.url}/v1/decisions"]
    began = _processor_s(server.worker)
    out = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    spent_s = _processor_s(server.worker) - began
    found = re.search(r"RESULT (\d+) (\S+) (\S+) (\S+) (\d+)", out)
    assert found, out
    requests, per_s, p50_ms, p99_ms, errors = map(float, found.groups())
    return Figure(per_s, p50_ms, p99_ms, int(errors), spent_s / requests * 1e6)


def _processor_s(pid: int) -> float:
    """Of all its threads, since it started."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def flask_app(module: str, body: str, **environment: str) -> Iterator[Server]:
    """An app of this folder, while it runs.

    body  what it answers with 200 once it is up
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    granian = str(Path(sys.executable).parent / "granian")
    command = [granian, *OPTIONS, "--port", str(port), f"tests.bench.{module}:app"]
    server = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment)
    try:
        url = f"http://127.0.0.1:{port}"
        eventually(lambda: _answers(url, body))
        yield Server(url, _only_child(server.pid))
    finally:
        server.terminate()
        server.wait()


def apart(workers: Iterable[int]) -> None:
    """Give web workers processor 0, and everything else that this process starts or has started the others.

    workers  process ids; each is measured while the others are idle
    """
    others = os.sched_getaffinity(0) - {0}
    if others:
        for pid in _family(os.getpid()):
            _pin(pid, others)
        for pid in workers:
            _pin(pid, {0})


def _family(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from _family(int(child))


def _pin(pid: int, processors: set[int]) -> None:
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), processors)


def _only_child(pid: int) -> int:
    (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(child)


def _answers(url: str, body: str) -> bool:
    try:
        answer = urllib3.request("POST", f"{url}/v1/decisions", body=body, retries=False)
    except urllib3.exceptions.HTTPError:
        return False
    return answer.status == 200
