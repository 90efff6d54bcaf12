"""Locks between processes, which end with the last process that has them open."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

from harness import interrupts

__all__ = ["exclusive", "locked", "shared", "unlocked"]

LOOK_S = 0.05  # interval of attempts while another process has the lock
SHARED, EXCLUSIVE = fcntl.LOCK_SH, fcntl.LOCK_EX


def exclusive(path: Path, waiting: Callable[[], None]) -> int:
    """Return a descriptor with the lock that nobody else has; calls ``waiting`` if it must wait."""
    return _waited(path, EXCLUSIVE, waiting)


def shared(path: Path, waiting: Callable[[], None]) -> int:
    """Return a descriptor with the lock that keeps others from having it exclusively."""
    return _waited(path, SHARED, waiting)


def locked(path: Path, kind: int = EXCLUSIVE) -> int | None:
    """Return a descriptor with the lock, or None if another process has it. Raises OSError."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
            # whoever removed the file meanwhile had a lock that nobody else can see any more
            if os.path.samestat(os.fstat(descriptor), path.lstat()):
                return descriptor
        except BlockingIOError:
            os.close(descriptor)
            return None
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def unlocked(descriptor: int) -> None:
    """Let go of a lock, even if a process that inherited it lives on (as servers of builds do)."""
    with contextlib.suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)


def _waited(path: Path, kind: int, waiting: Callable[[], None]) -> int:
    told = False
    while True:
        descriptor = locked(path, kind)
        if descriptor is not None:
            return descriptor
        if not told:
            waiting()
            told = True
        interrupts.check()
        time.sleep(LOOK_S)
