"""A Cluster as one server: each command goes to the master of its key's slot.

Not redis-py's own client, which on a fault asks node after node where the slots are, each with its time-out, before it
answers, on a web worker's only thread. Here one command asks one node at
most where the slots are; who was asked in vain is asked last. Only what a server refused to do is sent on to another.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import redis
from redis.commands import CoreCommands
from redis.crc import key_slot
from redis.exceptions import AskError, ClusterDownError, MovedError, ReadOnlyError

Node = tuple[str, int]  # host, port

_SCRIPTS = ("EVAL", "EVALSHA")
_SENDS = 4  # of one command: as told, and where it was sent on to
_STRAYED = (redis.ConnectionError, redis.TimeoutError, ClusterDownError, ReadOnlyError)


class Cluster(CoreCommands):
    """The commands of redis.Redis on one key, or on several in one slot. Opens nothing before the first one."""

    _event_dispatcher: Any = None  # of subscriptions, which there are none of

    def __init__(self, nodes: Sequence[Node], connect: Callable[[str, int], Any]) -> None:
        """
        nodes    some of the cluster; the others are found
        connect  a redis.Redis of one node, that opens nothing yet
        """
        self._given = tuple(nodes)
        self._connect = connect
        self._asked = list(nodes)  # whom to ask where the slots are, the next one first
        self._clients: dict[Node, Any] = {}  # Any: its stubs answer str | bytes | None for everything
        self._masters: list[tuple[int, int, Node]] = []  # first slot, last slot, who has them; empty: not known
        self._lock = threading.Lock()

    def execute_command(self, *words: Any, **options: Any) -> Any:
        """Answer of the master concerned. Raises redis.RedisError."""
        node, asking = self._master(words), False
        for _ in range(_SENDS):
            try:
                return self._send(node, words, options, asking)
            except AskError as told:  # MovedError is one
                asking = not isinstance(told, MovedError)
                node = (told.host or node[0], told.port)
                if not asking:
                    self._forget(ask_first=node)
            except _STRAYED:
                self._forget(ask_last=node)
                raise
        raise redis.ConnectionError("the nodes of the cluster do not agree on who has a slot")

    def with_master(self, key: str, use: Callable[[Any], Any]) -> Any:
        """What `use` answers, given a client of the node that has a key. Raises redis.RedisError."""
        node = self._master(("GET", key))
        try:
            return use(self._client(node))
        except (*_STRAYED, AskError):
            self._forget(ask_last=node)
            raise

    def masters(self) -> list[tuple[int, Node, Any]]:
        """(last slot, master, a client of it) of each range of slots, asked anew. Raises redis.RedisError."""
        return [(last, node, self._client(node)) for _, last, node in self._ask()]

    def parted(self, keys: Sequence[str]) -> list[list[int]]:
        """Places of the keys that one master has, for each. Raises redis.RedisError."""
        places: dict[Node, list[int]] = {}
        for place, key in enumerate(keys):
            places.setdefault(self._master(("GET", key)), []).append(place)
        return list(places.values())

    def close(self) -> None:
        for client in list(self._clients.values()):
            client.close()

    def _send(self, node: Node, words: tuple[Any, ...], options: dict[str, Any], asking: bool) -> Any:
        if not asking:
            return self._client(node).execute_command(*words, **options)
        with self._client(node).pipeline(transaction=False) as pipeline:
            pipeline.execute_command("ASKING")
            pipeline.execute_command(*words, **options)
            return pipeline.execute()[1]

    def _master(self, words: tuple[Any, ...]) -> Node:
        place = 3 if words[0] in _SCRIPTS else 1
        key = words[place] if len(words) > place else b""  # PING and the like: any node
        slot = key_slot(key if isinstance(key, bytes) else str(key).encode())
        for first, last, node in self._masters or self._ask():
            if first <= slot <= last:
                return node
        self._masters = []
        raise ClusterDownError(f"no node has slot {slot}")

    def _ask(self) -> list[tuple[int, int, Node]]:
        """Who has which slot, by the node whose turn it is."""
        with self._lock:
            asked = self._asked[0]
            self._asked = [*self._asked[1:], asked]  # should it not answer, another is asked the next time
        found = self._client(asked).execute_command("CLUSTER SLOTS")
        slots = [(int(first), int(last), [_node(one, asked) for one in nodes]) for first, last, *nodes in found]
        known = [node for _, _, nodes in slots for node in nodes]
        with self._lock:
            kept = [node for node in self._asked if node in known or node in self._given]
            self._asked = list(dict.fromkeys([*kept, *known]))
        masters = [(first, last, nodes[0]) for first, last, nodes in slots]
        self._masters = masters
        return masters

    def _forget(self, *, ask_first: Node | None = None, ask_last: Node | None = None) -> None:
        """Ask anew who has which slot before the next command."""
        with self._lock:
            others = [node for node in self._asked if node not in (ask_first, ask_last)]
            self._asked = [*filter(None, [ask_first]), *others, *filter(None, [ask_last])]
        self._masters = []

    def _client(self, node: Node) -> Any:
        with self._lock:
            if node not in self._clients:
                self._clients[node] = self._connect(*node)
            return self._clients[node]


def _node(described: Sequence[Any], asked: Node) -> Node:
    """Host and port; a node that does not know its own name is where it was asked.

    >>> _node([b"", 6379], ("10.0.0.1", 7000))
    ('10.0.0.1', 6379)
    """
    host = described[0].decode() if described[0] else ""
    return (host if host not in ("", "?") else asked[0]), int(described[1])
