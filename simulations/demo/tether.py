"""Runs a command that is told to stop as soon as the process that wanted it is gone, however that one ends.

    python tether.py WANTED_BY_PID COMMAND...

Standard library only, run as a plain script: it execs the command, and the kernel keeps the wish over exec.
SIGTERM, not SIGKILL: the command has children of its own to stop.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def tethered(command: list[str]) -> list[str]:
    """The command, changed so that it is stopped with this process. Start it from the main thread.

    The kernel takes the end of the *thread* that started a process for the end of its parent.
    """
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *command]


def main(wanted_by: int, command: list[str]) -> None:
    """Become the command. Raises OSError if the kernel refuses or there is no such program."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != wanted_by:  # it ended before the wish was made, so no signal will come
        sys.exit("the process that wanted this is gone")
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
