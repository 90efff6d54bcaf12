"""Temporary folders, locked while their process lives; those of killed processes are removed.

The lock is on the folder itself, so a folder in use can be distinguished from that of a killed
process at any instant.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

__all__ = ["CERTIFICATES", "TARGET", "UV", "WORKERS", "made", "make"]

# The prefixes of folder names.
WORKERS, CERTIFICATES, TARGET = ("clientbench-worker-", "clientbench-tls-", "clientbench-target-")
UV = "clientbench-uv-"


def make(prefix: str) -> tuple[Path, int]:
    """Return a new folder that only this user can open, and the descriptor that holds its lock.

    Folders of killed processes are removed first.
    """
    _sweep()
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix))
        descriptor = _locked(folder)
        if descriptor is not None:
            return folder, descriptor


@contextlib.contextmanager
def made(prefix: str) -> Iterator[Path]:
    """Yield a folder as ``make`` returns it, and remove it at the end."""
    folder, descriptor = make(prefix)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def _sweep() -> None:
    """Remove the folders of killed processes, a target's folder only if it is empty.

    A target's folder is needed to stop what its host has started; it is removed with the host's
    record. Only an empty folder has no record: its host was killed before it wrote one.
    """
    temporary = Path(tempfile.gettempdir())
    for prefix in (WORKERS, CERTIFICATES, TARGET, UV):
        remove = Path.rmdir if prefix == TARGET else shutil.rmtree
        for folder in temporary.glob(f"{prefix}*"):
            descriptor = _locked(folder)
            if descriptor is not None:
                with contextlib.suppress(OSError):
                    remove(folder)
                os.close(descriptor)


def _locked(folder: Path) -> int | None:
    """Return a descriptor with the lock; None if another process has it or removed the folder."""
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
