"""What ties processes together and keeps them apart: death with the parent, one owner a folder.

Standard library only, and runnable as a plain script: it stands between the supervisor and every child
(`tied`), where each further import would delay every start.
"""

import ctypes
import fcntl
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing import parent_process
from pathlib import Path
from typing import NoReturn

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


class FolderInUse(RuntimeError):
    """Another process owns the folder. Nothing was touched; stop the other one or choose another folder."""

    def __init__(self, folder: Path, pid: int | None) -> None:
        owner = "another process" if pid is None else f"process {pid}"
        super().__init__(f"{folder} is in use by {owner}; stop it first or choose another folder")
        self.folder = folder
        self.pid = pid  # of the owner; None in the instant between its locking and its writing it down


def lock_folder(folder: Path) -> int:
    """Make this process the only owner of a folder, which is created (mode 0700) if it does not exist.

    Returns the file descriptor that holds the lock: it lasts until that is closed or the process is gone,
    however it ends. Children do not inherit it.

    Raises FolderInUse if there is an owner already.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise FolderInUse(folder, owner_of(folder)) from None
    with suppress(OSError):  # on a full disk the lock holds as well, and only does not say whose it is
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return lock


def owner_of(folder: Path) -> int | None:
    """Process id that last locked the folder; None if nobody did. Meaningful only while the lock is held."""
    try:
        return int((folder / "lock").read_text())
    except (FileNotFoundError, ValueError):
        return None


def boot_id() -> str:
    """Names the machine's present run: another after every start of its kernel, a power cut included."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def die_with_parent(parent_pid: int | None = None) -> None:
    """Have the kernel kill this process (SIGKILL) as soon as its parent is gone, however the parent ends.

    Call it from the main thread: the kernel forgets the wish when the calling thread ends, and takes the end
    of the *thread* that started this process for the end of the parent.

    parent_pid  whose child this is; default: what multiprocessing knows, else whoever is the parent now

    Does not return if the parent is gone already. Raises OSError if the kernel refuses.
    """
    expected = parent_pid or _multiprocessing_parent() or os.getppid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != expected:  # it died before the wish was made, so no signal will come
        os.kill(os.getpid(), signal.SIGKILL)


def tied(argv: Sequence[str]) -> list[str]:
    """The command, changed so that it dies with this process.

    By a script that execs it, not `preexec_fn`, which can deadlock once any thread runs.
    """
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *argv]


def _multiprocessing_parent() -> int | None:
    parent = parent_process()
    return parent.pid if parent else None


def _become(argv: list[str]) -> NoReturn:
    for ignored_by_python in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(ignored_by_python, signal.SIG_DFL)  # else the program would inherit the ignoring
    try:
        os.execvp(argv[0], argv)
    except OSError as error:
        sys.exit(f"cannot start {argv[0]}: {error.strerror}")


if __name__ == "__main__":
    die_with_parent(int(sys.argv[1]))
    _become(sys.argv[2:])
