"""Keeps a family of processes running: starts them in order, restarts what dies, stops them in reverse order.

Nobody is left behind: a child dies with the supervisor even if that is killed (`processes.tied`), and leads a
process group of its own, which is killed before the child is started again or given up. Grandchildren that
must not outlive a killed supervisor call `processes.die_with_parent`.
"""

import os
import select
import signal
import socket
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType, TracebackType
from typing import Self

import structlog

from service.processes import tied

STOP_WITHIN_S = 4.0  # all children together; the rest of the promised 5 s is for reaping and leaving
_FIRST_DELAY_S = 0.1
_LONGEST_DELAY_S = 2.0
_STEADY_AFTER_S = 10.0  # a child that lived so long failed for a new reason
_READY_POLL_S = 0.05
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_log = structlog.get_logger(__name__)


class NotReady(RuntimeError):
    """A child did not become ready in time; everything has been stopped again."""


@dataclass(frozen=True, kw_only=True)
class Child:
    """One process to keep running."""

    name: str  # in log lines
    argv: Sequence[str]  # must stay in the foreground
    env: Mapping[str, str] | None = None  # its whole environment; None: the supervisor's
    ready: Callable[[], bool] | None = None  # asked at every start-up before the next child starts; answers at once
    stop_grace_s: float = 2.0  # from SIGTERM to SIGKILL
    last_words: Callable[[], str] | None = None  # shown if it does not become ready


def restart_delay_s(previous_s: float, lived_s: float) -> float:
    """How long to wait before a child that lived `lived_s` is started again.

    previous_s  delay before its last start, 0 at the first

    >>> [restart_delay_s(previous_s, lived_s=1.0) for previous_s in (0.0, 0.1, 1.6)]
    [0.1, 0.2, 2.0]
    >>> restart_delay_s(2.0, lived_s=10.0)
    0.1
    """
    if lived_s >= _STEADY_AFTER_S:
        return _FIRST_DELAY_S
    return min(max(2 * previous_s, _FIRST_DELAY_S), _LONGEST_DELAY_S)


class Supervisor:
    """Runs children, in the order given, until SIGINT, SIGTERM or SIGHUP.

    clock           seconds, monotonic
    ready_within_s  time each child has to become ready at start-up, its restarts included
    """

    def __init__(self, children: Sequence[Child], *, clock: Callable[[], float], ready_within_s: float = 30.0) -> None:
        self._slots = [_Slot(child) for child in children]
        self._clock = clock
        self._ready_within_s = ready_within_s

    def run(self, on_ready: Callable[[], None] = lambda: None) -> None:
        """Start all, call `on_ready`, and return when a signal came and all are gone, within 5 s of it.

        Only from the main thread: signals arrive there, and children die with the thread that started them.
        Raises NotReady.
        """
        with _Signals() as signals:
            try:
                self._start_all(signals)
                if not signals.stopping:
                    on_ready()
                while not signals.stopping:
                    self._turn(signals)
            finally:
                self._stop_all(signals)

    def _start_all(self, signals: "_Signals") -> None:
        for slot in self._slots:
            if signals.stopping:
                return
            slot.start(self._clock())
            give_up_at = self._clock() + self._ready_within_s
            while not signals.stopping and not slot.is_ready():
                if self._clock() >= give_up_at:
                    raise NotReady(slot.why_not_ready(self._ready_within_s))
                self._turn(signals, _READY_POLL_S)

    def _turn(self, signals: "_Signals", longest_s: float | None = None) -> None:
        """Start what is due, then wait for a signal, the end of a child or the next start that is due."""
        for slot in self._slots:
            slot.keep_running(self._clock())
        due = [slot.start_at - self._clock() for slot in self._slots if slot.start_at is not None]
        waits = due if longest_s is None else [*due, longest_s]
        signals.wait(max(min(waits), 0.0) if waits else None)

    def _stop_all(self, signals: "_Signals") -> None:
        give_up_at = self._clock() + STOP_WITHIN_S
        for slot in reversed(self._slots):
            kill_at = min(self._clock() + slot.child.stop_grace_s, give_up_at)
            slot.terminate()
            while slot.is_alive() and self._clock() < kill_at:
                signals.wait(kill_at - self._clock())
            slot.finish()


@dataclass
class _Slot:
    """A child's place: its process, or when the next one is due."""

    child: Child
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0  # by the supervisor's clock
    start_at: float | None = None  # when the next process is due, after one died
    delay_s: float = 0.0  # the last wait before a start
    deaths: deque[int] = field(default_factory=lambda: deque(maxlen=5))  # last statuses, negative if by a signal

    def start(self, now: float) -> None:
        self.process = subprocess.Popen(
            tied(self.child.argv), env=self.child.env, stdin=subprocess.DEVNULL, start_new_session=True
        )
        self.started_at, self.start_at = now, None
        _log.info("child_started", child=self.child.name, pid=self.process.pid)

    def keep_running(self, now: float) -> None:
        """Notice its end, and start it again once that is due."""
        if self.process is not None and not self.is_alive():
            self._bury(now, self.process)
        if self.start_at is not None and now >= self.start_at:
            self._start_again(now)

    def is_alive(self) -> bool:
        """Whether its process runs. One that ended is left unreaped, so its id stays taken until `_end`."""
        if self.process is None:
            return False
        return os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None

    def is_ready(self) -> bool:
        return self.is_alive() and (self.child.ready is None or self.child.ready())

    def why_not_ready(self, waited_s: float) -> str:
        ends = f"; it ended with status {', '.join(map(str, self.deaths))}" if self.deaths else ""
        words = f":\n{self.child.last_words()}" if self.child.last_words else ""
        return f"{self.child.name} was not ready within {waited_s:g} s{ends}{words}"

    def terminate(self) -> None:
        if self.process is not None and self.is_alive():
            os.kill(self.process.pid, signal.SIGTERM)

    def finish(self) -> None:
        """Kill what still runs of it, for good."""
        self.start_at = None
        if self.process is not None:
            killed = self.is_alive()
            status = self._end(self.process)
            _log.info("child_stopped", child=self.child.name, status=status, killed=killed)

    def _bury(self, now: float, process: subprocess.Popen[bytes]) -> None:
        lived_s = now - self.started_at
        self.deaths.append(self._end(process))
        self._plan_start(now, lived_s)
        _log.warning(
            "child_died",
            child=self.child.name,
            pid=process.pid,
            status=self.deaths[-1],
            lived_s=round(lived_s, 3),
            restart_in_s=self.delay_s,
        )

    def _start_again(self, now: float) -> None:
        try:
            self.start(now)
        except OSError as error:  # no memory, process or descriptor to spare just now
            self._plan_start(now, lived_s=0.0)
            _log.warning("child_not_started", child=self.child.name, error=str(error), restart_in_s=self.delay_s)

    def _plan_start(self, now: float, lived_s: float) -> None:
        self.delay_s = restart_delay_s(self.delay_s, lived_s)
        self.start_at = now + self.delay_s

    def _end(self, process: subprocess.Popen[bytes]) -> int:
        # The group before the reaping: afterwards its number may be somebody else's.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        self.process = None
        return process.wait()


class _Signals:
    """Turns signals into something one can wait for, while the block lasts."""

    def __enter__(self) -> Self:
        self.stopping = False
        self._here, self._there = socket.socketpair()
        self._here.setblocking(False)
        self._there.setblocking(False)
        self._fd_before = signal.set_wakeup_fd(self._there.fileno(), warn_on_full_buffer=False)
        self._before = {number: signal.getsignal(number) for number in (*_STOP_SIGNALS, signal.SIGCHLD)}
        if self._before[signal.SIGHUP] == signal.SIG_IGN:  # by nohup: it is to survive the terminal
            del self._before[signal.SIGHUP]
        for number in self._before:
            signal.signal(number, self._note)
        return self

    def wait(self, timeout_s: float | None) -> None:
        """Wait for any signal, a child's end included, at most `timeout_s`. One that came before counts."""
        if select.select([self._here], [], [], timeout_s)[0]:
            self._here.recv(4096)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.stopping = self.stopping or number in _STOP_SIGNALS

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._fd_before)
        self._here.close()
        self._there.close()
