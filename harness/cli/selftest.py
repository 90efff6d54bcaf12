"""``selftest``: whether measurements on this machine can be believed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from rich.console import Console

from harness import interrupts
from harness.cli.screen import say
from harness.report import selftest as report
from harness.selftest import parts
from harness.selftest.lengths import FULL, STANDARD
from harness.settings import database_path, from_environment
from harness.store import Store

__all__ = ["run"]

WIDEST = 112  # longer lines are hard to read
NOT_VALID = 4


def run(typed_database: str | None, *, full: bool, as_json: bool) -> int:
    """Test, print and store; the exit code."""
    database = database_path(typed_database, from_environment(os.environ), Path.cwd())
    Store.check(database)
    _tell(f"this takes about {'ten' if full else 'two'} minutes; leave the machine alone meanwhile")
    with interrupts.deferred():
        found = parts.run(FULL if full else STANDARD, lambda part: _tell(f"{part} …"))
    if as_json:
        say(report.to_json(found), end="")
    else:
        for line in report.lines(found, min(Console().width, WIDEST)):
            say(line)
    with Store.open(database) as store:
        store.save_selftest(found)
    if not as_json:
        say(f"results: {database} (self-test {found.id})")
    return 0 if found.passed else NOT_VALID


def _tell(text: str) -> None:
    say(text, sys.stderr)
