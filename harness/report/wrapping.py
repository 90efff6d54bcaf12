"""Paragraphs for a terminal of a known width."""

from __future__ import annotations

import re
import textwrap

__all__ = ["KEPT", "wrapped"]

KEPT = "\N{NO-BREAK SPACE}"  # stands for a blank where no line ends
BEFORE_UNIT = re.compile(r"(?<=[0-9]) (?=(?:%|ns|µs|ms|s|MB|GB|B|CPUs?|req/s)(?![A-Za-z]))")
SECOND_HALF = "\ue000"  # stands for the second column of a wide character; never printed


def wrapped(text: str, width: int, first: int, others: int, *, breaking: bool = False) -> list[str]:
    """Wrap ``text``, indenting the first line and the others; words and figures stay whole.

    With ``breaking``, words longer than a line are broken, such as the names of clients.
    """
    lines = textwrap.wrap(
        BEFORE_UNIT.sub(KEPT, _counted(text)),
        width,
        initial_indent=" " * first,
        subsequent_indent=" " * others,
        break_long_words=breaking,
        break_on_hyphens=False,
    )
    return [line.replace(KEPT, " ").replace(SECOND_HALF, "") for line in lines]


def _counted(text: str) -> str:
    """Return a text with as many characters as ``text`` takes columns."""
    if text.isascii():
        return text
    from rich.cells import get_character_cell_size  # noqa: PLC0415  dear to import

    return "".join(letter + SECOND_HALF * (get_character_cell_size(letter) - 1) for letter in text)
