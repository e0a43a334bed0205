"""Granian with the Flask app in each of its workers: `python -m service.web.serve`, settings from the environment."""

from __future__ import annotations

import gc
import resource
import sys
from typing import Any

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from service import settings, wiring
from service.processes import die_with_parent
from service.web.app import create_app
from service.web.shedding import shedding

CONNECTIONS = 1_024  # of one worker, each with one request at most that waits; refusing them all takes some 30 ms
OWN_FILES = 256  # of journals, outbox, metrics, probes, and connections to Redis
COLLECTED_AFTER = 10_000  # objects more than before; a request makes some dozens and leaves no circles
SWITCH_S = 0.0005  # a request that waits for the thread that fetches weights waits no longer


def application() -> Any:
    """The WSGI app of one worker; called once in each."""
    die_with_parent()
    chosen = settings.read({})
    wiring.say(chosen)
    app = shedding(create_app(wiring.web(chosen)).wsgi_app, chosen, wiring.elapsed)
    gc.collect()
    gc.freeze()  # what is there now stays: no collection inside a request goes through it again
    gc.set_threshold(COLLECTED_AFTER)
    sys.setswitchinterval(SWITCH_S)
    return app


def _most_connections() -> int:
    """Of one worker: as many as it may have files open, less its own; first raises that as far as allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + OWN_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:  # systemd's 1,024 are for the sake of `select`
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return CONNECTIONS if soft == resource.RLIM_INFINITY else max(1, min(CONNECTIONS, soft - OWN_FILES))


def main() -> None:
    """Serve until told to stop."""
    chosen = settings.read({})
    wiring.say(chosen)
    Granian(
        "service.web.serve:application",
        address=chosen.host,
        port=chosen.port,
        interface=Interfaces.WSGI,
        workers=chosen.workers,
        backlog=CONNECTIONS,
        backpressure=_most_connections(),
        blocking_threads=1,  # more only wait for the interpreter lock, and p99 rises
        respawn_failed_workers=True,
        respawn_interval=0.1,
        workers_kill_timeout=1,  # idle connections would hold it up longer
        factory=True,
        websockets=False,
        log_level=LogLevels.warning,
    ).serve()


if __name__ == "__main__":
    main()
