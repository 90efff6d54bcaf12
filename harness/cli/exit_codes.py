"""The exit codes of the command line (DESIGN §8; docs/environment.md has the table)."""

from __future__ import annotations

from typing import Final

__all__ = [
    "BUG",
    "CLOSED_PIPE",
    "DONE",
    "INTERRUPTED",
    "NOT_KEPT",
    "NOT_VALID",
    "UNCLEAR",
    "UNUSABLE",
    "USAGE",
]

DONE: Final = 0
BUG: Final = 1
USAGE: Final = 2
UNUSABLE: Final = 3  # target, client, database, a file
NOT_VALID: Final = 4  # warnings with --strict; a self-test that failed
NOT_KEPT: Final = 5  # a limit that was set: --error-budget, a gate
UNCLEAR: Final = 6  # a gate that fails where it cannot decide
INTERRUPTED: Final = 130
CLOSED_PIPE: Final = 141  # as a shell reports a program that SIGPIPE has ended
