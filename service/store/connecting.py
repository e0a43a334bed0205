"""Clients of the store: of one server, of a Cluster, or of the master that Sentinels name.

They open nothing before their first command and send none twice. A fault is waited for as long as TIMEOUT_S, and where
another server may have taken over, a connection that is not made at once is given up: the next command looks again.
"""

from __future__ import annotations

from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel

from service.store.addresses import parse
from service.store.cluster import Cluster

TIMEOUT_S = 2.0  # longest wait for an answer; the request path never waits for one
CONNECT_S = 1.0  # longest wait for a connection to one of several servers, TLS included
ASK_S = 0.5  # longest wait for a Sentinel's answer; one after the other is asked


def client(url: str) -> Any:
    """A client of the store at a URL: redis.Redis, or what has its commands. Raises ValueError as addresses.parse."""
    address = parse(url)
    if address.kind == "sentinel":
        asking = {**address.sentinel_options, **_patience(ASK_S, CONNECT_S)}
        options = {**address.options, **_patience(TIMEOUT_S, CONNECT_S)}
        sentinels: Any = Sentinel
        return sentinels(address.hosts, sentinel_kwargs=asking).master_for(address.service, **options)
    if address.kind == "cluster":
        options = {**address.options, **_patience(TIMEOUT_S, CONNECT_S)}
        return Cluster(address.hosts, lambda host, port: redis.Redis(host=host, port=port, **options))
    one = {**address.options, **_patience(TIMEOUT_S, TIMEOUT_S)}
    for host, port in address.hosts:
        one |= {"host": host, "port": port}
    return redis.Redis(**one)


def _patience(answer_s: float, connect_s: float) -> dict[str, Any]:
    return {
        "retry": Retry(NoBackoff(), 0),
        "socket_timeout": answer_s,
        "socket_connect_timeout": connect_s,
    }
