"""Next commands after a run: at most two, each with its purpose as a shell comment. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import NamedTuple

from harness.analysis.trust import Trust
from harness.option_names import option
from harness.records.model import RunRecord
from harness.report.listings import SHORT_ID
from harness.report.wrapping import KEPT, wrapped
from harness.text import visible

__all__ = ["Command", "commands", "pasted"]

FINE = 0.05  # half width of intervals that is precise enough for most purposes
CONTINUED = " \\"  # tells the shell that the command goes on in the next line


class Command(NamedTuple):
    """A command as the words that a shell would read, already quoted, and its purpose."""

    words: tuple[str, ...]
    purpose: str


def commands(run: RunRecord, trust: Trust, program: str, database: str | None) -> Iterator[Command]:
    """Yield what can be typed; ``database``: the path as typed, if not the usual one."""
    named = (option("database"), shlex.quote(database)) if database else ()
    shown = (program, "results", "show", run.id[:SHORT_ID], option("details"), *named)
    yield Command(shown, "every figure")
    if trust.resolution is None:
        return
    if run.selftest is None:
        yield Command((program, "selftest", *named), "2 min; this machine has none yet")
    elif trust.resolution > FINE and not run.scenario.get("precision"):
        yield Command(("…", option("precision"), "3%"), "intervals of ± 3 %")


def pasted(command: Command, width: int) -> list[str]:
    """Return lines of at most ``width`` columns that can be pasted into a shell as they are.

    The command is broken between its words only, and the comment never without a mark of its own.
    """
    text = " ".join(visible(word).replace(" ", KEPT) for word in command.words)
    lines = wrapped(text, width, 0, 0)
    if len(lines) > 1:
        *firsts, last = wrapped(text, width - len(CONTINUED), 0, 0)
        lines = [*(line + CONTINUED for line in firsts), last]
    comment = f"  # {command.purpose}"
    if len(lines[-1]) + len(comment) <= width:
        return [*lines[:-1], lines[-1] + comment]
    return [*lines, *(f"# {line}" for line in wrapped(command.purpose, width - 2, 0, 0))]
