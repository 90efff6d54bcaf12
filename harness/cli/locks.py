"""What a user is told while a database is locked by another program."""

from __future__ import annotations

import sys
from pathlib import Path

from harness.cli.screen import say
from harness.store import LockNotice

__all__ = ["lock_notice"]


def lock_notice(database: Path) -> LockNotice:
    """Says on standard error, once, that it is waited for."""
    return LockNotice(database, lambda line: say(line, sys.stderr))
