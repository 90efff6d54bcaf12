"""Printing: whatever a command says goes through here, so that nothing foreign steers the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from harness.input.command_line_secrets import redactor
from harness.text import LINES, json_text, one_line, shortened, visible

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["complain", "say", "say_exactly", "say_json", "write_lines"]

LONGEST_COMPLAINT = 1000  # characters


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
