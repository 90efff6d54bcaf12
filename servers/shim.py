"""Becomes a program: ``python -I -S shim.py PARENT CPUS ACCOUNT PROGRAM …`` (standard library only).

Before that it does what only the process itself can do: it moves to its CPUs (``0,1``; ``-``: any), takes all
the file descriptors it may have, becomes another user (``UID:GID``; ``-``: none), and asks the kernel to be
ended when its parent is gone (prctl(2), Linux).
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Prepare, and exec."""
    parent, cpus, account, *command = sys.argv[1:]
    if cpus != "-" and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, map(int, cpus.split(",")))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):  # some systems take no infinity
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if account != "-":  # before the wish below, which the kernel forgets when the user changes
        _become(*map(int, account.split(":")))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != int(parent):  # it was gone before it could be noticed
            sys.exit(1)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.exit(f"{command[0]} cannot be run: {error.strerror}")


def _become(user: int, group: int) -> None:
    os.setgroups(())
    os.setgid(group)
    os.setuid(user)


if __name__ == "__main__":
    main()
