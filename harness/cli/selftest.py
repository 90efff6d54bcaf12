"""``selftest``: test how far measurements on this machine can be trusted."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from harness import interrupts
from harness.cli.exit_codes import DONE, NOT_VALID, UNUSABLE
from harness.cli.screen import columns, say
from harness.input.settings import database_path, from_environment
from harness.report import selftest as report
from harness.selftest import parts
from harness.selftest.lengths import FULL, STANDARD
from harness.store import Keeper

__all__ = ["run"]

WIDEST = 112  # longer lines are hard to read


def run(typed_database: str | None, *, full: bool, as_json: bool) -> int:
    """Test, print and store. Return the exit code."""
    database = database_path(typed_database, from_environment(os.environ), Path.cwd())
    keeper = Keeper(database, _tell)
    keeper.check()
    _tell(f"this takes about {'ten' if full else 'two'} minutes; run nothing else meanwhile")
    with interrupts.deferred(), keeper:
        found = parts.run(FULL if full else STANDARD, lambda part: _tell(f"{part} …"))
        keeper.save_selftest(found)
    if as_json:
        say(report.to_json(found), end="")
    else:
        for line in report.lines(found, min(columns(), WIDEST)):
            say(line)
        say(f"results: {keeper.kept.place} (self-test {found.id})")
    if keeper.kept.remedy is not None:
        _tell(f"clientbench: {keeper.kept.remedy}")
        return UNUSABLE if found.passed else NOT_VALID
    return DONE if found.passed else NOT_VALID


def _tell(text: str) -> None:
    say(text, sys.stderr)
