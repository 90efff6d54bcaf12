"""Prepares a process, then runs a program: ``python -I -S shim.py PARENT CPUS ACCOUNT PROGRAM …``.

It does what only the process itself can do: it moves to its CPUs (``0,1``; ``-``: any), raises its
limit of file descriptors, changes its user (``UID:GID``; ``-``: keep), and asks the kernel to end
it with its parent (prctl(2), Linux). It uses the standard library only.
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
    with contextlib.suppress(ValueError, OSError):  # some systems refuse infinity
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if account != "-":  # before prctl below, which a change of user resets
        _become(*map(int, account.split(":")))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != int(parent):  # the parent was gone before prctl took effect
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
