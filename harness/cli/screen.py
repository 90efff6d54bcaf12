"""Printing: whatever a command says goes through here, so that nothing foreign steers the terminal.

Its width, its colours and whether a line may be drawn again follow from the stream and the usual variables:
``COLUMNS``, ``NO_COLOR``, ``FORCE_COLOR``, ``TERM`` and ``CI``.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from harness.input.command_line_secrets import redactor
from harness.text import LINES, json_text, one_line, shortened, visible

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
USUAL_COLUMNS = 80  # where nothing tells
FEWEST_COLUMNS, MOST_COLUMNS = 40, 1000  # figures need the former, and rows of blanks the latter
ROWS = 25  # nothing we print depends on it, but rich would read it from the environment
SHORT_NUMBER = re.compile("[0-9]{1,9}")
NO = frozenset({"", "0", "false"})  # of variables that switch something on


def console_for(stream: TextIO) -> Console:
    """A console for tables, as wide and as colourful as suits ``stream``."""
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
    """How wide tables and paragraphs may be, within limits: as COLUMNS says, or else the terminal."""
    wanted = os.environ.get("COLUMNS", "")
    found = int(wanted) if SHORT_NUMBER.fullmatch(wanted) else 0
    for descriptor in (1, 2, 0):
        if not found and os.isatty(descriptor):
            found = os.get_terminal_size(descriptor).columns
    return max(FEWEST_COLUMNS, min(found or USUAL_COLUMNS, MOST_COLUMNS))


def has_colours(stream: TextIO) -> bool:
    """Whether text may be coloured: on a terminal that can, or with FORCE_COLOR; never with NO_COLOR."""
    if os.environ.get("NO_COLOR"):
        return False
    return os.environ.get("FORCE_COLOR", "").lower() not in NO or is_live(stream)


def is_live(stream: TextIO) -> bool:
    """Whether a person looks at a terminal that obeys escapes. In CI nobody does, whatever the stream is."""
    in_ci = os.environ.get("CI", "").lower() not in NO
    can_obey = os.environ.get("TERM", "") not in {"", "dumb", "unknown"}
    return stream.isatty() and can_obey and not in_ci


def as_shown(text: str, stream: TextIO) -> str:
    """``text`` as it comes out of ``stream``, whose encoding may lack characters: others stand for them."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, stream.errors or "strict").decode(encoding)


def say(text: str, stream: TextIO | None = None, end: str = "\n") -> None:
    """Print text, which may have several lines, on standard output or ``stream``."""
    print(visible(text, LINES), end=end, file=stream, flush=True)


def say_exactly(text: str) -> None:
    """Print a part of a document: as it is for other programs, with all characters visible on a terminal."""
    stream = sys.stdout
    if stream.isatty():
        say(text, end="")
    else:
        stream.write(text)


def say_json(value: Any) -> None:
    """Print plain values as one JSON document."""
    say(json_text(value), end="")


def write_lines(console: Console, lines: Sequence[str]) -> None:
    """A terminal breaks lines between words; for other programs a line is a line."""
    from rich.text import Text

    text = Text(visible("\n".join(lines), LINES))
    console.print(text, soft_wrap=not console.is_terminal)


def complain(error: object, words: Iterable[str]) -> None:
    """One line about what went wrong, without the secrets that are among the ``words`` of the command line."""
    text = redactor(words).scrub(str(error))
    say(f"clientbench: {shortened(one_line(text), LONGEST_COMPLAINT)}", sys.stderr)
