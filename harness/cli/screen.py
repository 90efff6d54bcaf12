"""Printing: all output passes through here, so that no foreign text controls the terminal.

The stream and the usual variables (``COLUMNS``, ``NO_COLOR``, ``FORCE_COLOR``, ``TERM``, ``CI``)
decide the width, the colours and whether a line may be redrawn.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from harness.input.command_line_secrets import redactor
from harness.text import LINES, one_line, shortened, visible

if TYPE_CHECKING:
    from rich.console import Console

__all__ = [
    "as_shown",
    "columns",
    "complain",
    "console_for",
    "has_colours",
    "is_live",
    "say",
    "say_exactly",
    "say_json",
    "write_lines",
]

LONGEST_COMPLAINT = 1000  # characters
USUAL_COLUMNS = 80  # if the width is unknown
FEWEST_COLUMNS, MOST_COLUMNS = 40, 1000  # room for figures; a limit for rows of blanks
ROWS = 25  # nothing we print depends on it, but rich would read it from the environment
SHORT_NUMBER = re.compile("[0-9]{1,9}")
NO = frozenset({"", "0", "false"})  # values that leave a variable's feature off


def console_for(stream: TextIO) -> Console:
    """Return a console for tables with the width and colours of ``stream``."""
    from rich.console import Console

    return Console(
        file=stream,
        width=columns(),
        height=ROWS,
        force_terminal=stream.isatty(),
        color_system="standard" if has_colours(stream) else None,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
    )


def columns() -> int:
    """Return the width for tables and paragraphs: COLUMNS, else the terminal's, within limits."""
    wanted = os.environ.get("COLUMNS", "")
    found = int(wanted) if SHORT_NUMBER.fullmatch(wanted) else 0
    for descriptor in (1, 2, 0):
        if not found and os.isatty(descriptor):
            found = os.get_terminal_size(descriptor).columns
    return max(FEWEST_COLUMNS, min(found or USUAL_COLUMNS, MOST_COLUMNS))


def has_colours(stream: TextIO) -> bool:
    """Say whether text may be coloured: on a terminal, or with FORCE_COLOR; never with NO_COLOR."""
    if os.environ.get("NO_COLOR"):
        return False
    return os.environ.get("FORCE_COLOR", "").lower() not in NO or is_live(stream)


def is_live(stream: TextIO) -> bool:
    """Say whether ``stream`` is a person's terminal that obeys escapes. In CI it never is."""
    in_ci = os.environ.get("CI", "").lower() not in NO
    can_obey = os.environ.get("TERM", "") not in {"", "dumb", "unknown"}
    return stream.isatty() and can_obey and not in_ci


def as_shown(text: str, stream: TextIO) -> str:
    """Return ``text`` as ``stream`` shows it: characters that its encoding lacks are replaced."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, stream.errors or "strict").decode(encoding)


def say(text: str, stream: TextIO | None = None, end: str = "\n") -> None:
    """Print text, which may have several lines, on standard output or ``stream``."""
    print(visible(text, LINES), end=end, file=stream, flush=True)


def say_exactly(text: str) -> None:
    """Print a part of a document: unchanged for programs, all characters visible on a terminal."""
    stream = sys.stdout
    if stream.isatty():
        say(text, end="")
    else:
        stream.write(text)


def say_json(kind: str, content: Mapping[str, Any]) -> None:
    """Print plain values as one JSON document of a kind of ``harness.report.documents``."""
    from harness.report.documents import to_json

    say(to_json(kind, content), end="")


def write_lines(console: Console, lines: Sequence[str]) -> None:
    """Print lines. On a terminal they wrap between words; for other programs they stay whole."""
    from rich.text import Text

    text = Text(visible("\n".join(lines), LINES))
    console.print(text, soft_wrap=not console.is_terminal)


def complain(error: object, words: Iterable[str]) -> None:
    """Print an error on one line, without secrets from the ``words`` of the command line."""
    text = redactor(words).scrub(str(error))
    say(f"clientbench: {shortened(one_line(text), LONGEST_COMPLAINT)}", sys.stderr)
