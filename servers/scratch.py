"""Temporary folders that are locked as long as their process lives: those of killed ones can be removed.

The lock is on the folder itself, so there is no instant at which the folder of a killed process could not be
told from one in use.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

__all__ = ["CERTIFICATES", "TARGET", "WORKERS", "make"]

# What the names of folders begin with.
WORKERS, CERTIFICATES, TARGET = ("clientbench-worker-", "clientbench-tls-", "clientbench-target-")


def make(prefix: str) -> tuple[Path, int]:
    """A new folder that only this user can look into, and the descriptor that keeps it while it is open.

    What killed processes have left is removed before.
    """
    _sweep()
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix))
        descriptor = _locked(folder)
        if descriptor is not None:
            return folder, descriptor


def _sweep() -> None:
    """That of a target may be needed to end what its host has started: it goes with the host's record.

    Only one that is empty has none, because its host was killed before it had written it.
    """
    temporary = Path(tempfile.gettempdir())
    for prefix in (WORKERS, CERTIFICATES, TARGET):
        remove = Path.rmdir if prefix == TARGET else shutil.rmtree
        for folder in temporary.glob(f"{prefix}*"):
            descriptor = _locked(folder)
            if descriptor is not None:
                with contextlib.suppress(OSError):
                    remove(folder)
                os.close(descriptor)


def _locked(folder: Path) -> int | None:
    """A descriptor with the lock; None if another has it, or has removed the folder before we had it."""
    descriptor = -1
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(descriptor), folder.lstat()):
            return descriptor
    except OSError:  # in use, another user's, or gone
        pass
    if descriptor >= 0:
        os.close(descriptor)
    return None
