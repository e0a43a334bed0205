"""Imported at the start of every Python process of a service under test: it lets one die or stop at a chosen point.

    CHAOS_FOLDER  folder of the files below
    CHAOS_POINTS  functions that a plan may name, `service.store.commands:Store.ship`, with commas between

    <folder>/armed  the plan, `service.store.commands:Store.ship after kill 3`: at the third call from now on, when the
                    real one has returned, kill this process
    <folder>/fired  what `armed` becomes when it is done, so that it is done once; holds the process id
    <folder>/clock  float64: seconds that are added to what `time.time()` says

The log is trimmed some seconds late, so that whoever reads it along misses nothing.

Moments are `before` and `after` the real call, and `sent`: its first command went to Redis and no answer was read.
Deeds are `kill`, `stop`, and `sleep` for a second.
"""

import functools
import importlib.machinery
import mmap
import os
import signal
import struct
import sys
import threading
import time

FOLDER = os.environ.get("CHAOS_FOLDER", "")
POINTS = [point for point in os.environ.get("CHAOS_POINTS", "").split(",") if point]
SENDS = "redis.connection:AbstractConnection.send_packed_command"
TRIMS = "service.store.commands:Store.trim"
TRIMMED_LATE_S = 3.0
ARMED, FIRED, CLOCK = (os.path.join(FOLDER, name) for name in ("armed", "fired", "clock"))

_calls = {}  # plan -> calls of its point since it was armed
_under_way = threading.local()  # `deed` that is due once something was sent


def _due(point, moment):
    """The deed that is due at this call, or None; counts calls at `before`."""
    try:
        with open(ARMED) as file:
            plan = file.read()
    except FileNotFoundError:
        return None
    planned, when, deed, number = plan.split()[:4]
    if planned != point:
        return None
    if moment == "before":
        _calls[plan] = _calls.get(plan, 0) + 1
    return deed if when == moment and _calls.get(plan) == int(number) else None


def _do(deed):
    try:
        os.rename(ARMED, FIRED)
    except FileNotFoundError:  # another process was first
        return
    with open(FIRED, "w") as file:
        file.write(str(os.getpid()))
    if deed == "sleep":
        time.sleep(1.0)
    else:
        os.kill(os.getpid(), signal.SIGKILL if deed == "kill" else signal.SIGSTOP)


def _watched(point, real):
    @functools.wraps(real)
    def call(*given, **named):
        if deed := _due(point, "before"):
            _do(deed)
        _under_way.deed = _due(point, "sent")
        answer = real(*given, **named)
        if deed := _due(point, "after"):
            _do(deed)
        return answer

    return call


def _sending(real):
    @functools.wraps(real)
    def call(*given, **named):
        answer = real(*given, **named)
        if deed := getattr(_under_way, "deed", None):
            _under_way.deed = None
            _do(deed)
        return answer

    return call


def _trimming(real):
    wanted = {}  # policy -> (when, position), the first came first

    @functools.wraps(real)
    def call(self, policy, needed_from):
        now = time.monotonic()
        waiting = wanted.setdefault(policy, [])
        waiting.append((now, needed_from))
        due = [position for when, position in waiting if when + TRIMMED_LATE_S <= now]
        del waiting[: len(due)]
        if due:
            real(self, policy, due[-1])

    return call


def _wrap(module):
    for point, around in WRAPS:
        name, _, path = point.partition(":")
        if name == module.__name__:
            *owners, last = path.split(".")
            owner = functools.reduce(getattr, owners, module)
            setattr(owner, last, around(vars(owner)[last]))


WRAPS = [*((point, functools.partial(_watched, point)) for point in POINTS), (SENDS, _sending), (TRIMS, _trimming)]


class _Finder:
    """Finds the modules of the points as Python does, and wraps the functions once they are there."""

    def __init__(self):
        self.wanted = {point.partition(":")[0] for point, _ in WRAPS}

    def find_spec(self, name, path=None, target=None):
        if name not in self.wanted:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is None:
            return None
        real = spec.loader.exec_module

        def exec_module(module):
            real(module)
            _wrap(module)

        spec.loader.exec_module = exec_module
        return spec


def _shift_clock():
    with open(CLOCK, "rb") as file:
        shift = mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ)
    real = time.time
    time.time = lambda: real() + struct.unpack_from("<d", shift)[0]


if FOLDER:
    sys.meta_path.insert(0, _Finder())
    if os.path.exists(CLOCK):
        _shift_clock()
