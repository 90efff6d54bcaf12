"""Tells the user that a command waits for a database that another program has locked."""

from __future__ import annotations

import sys
from pathlib import Path

from harness.cli.screen import say
from harness.store import LockNotice

__all__ = ["lock_notice"]


def lock_notice(database: Path) -> LockNotice:
    """Return a notice that is printed once, on standard error, while we wait."""
    return LockNotice(database, lambda line: say(line, sys.stderr))
