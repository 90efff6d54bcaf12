"""Paragraphs for a terminal of a known width."""

from __future__ import annotations

import re
import textwrap

__all__ = ["wrapped"]

KEPT = "\N{NO-BREAK SPACE}"
BEFORE_UNIT = re.compile(r"(?<=[0-9])(?= (?:%|ns|µs|ms|s|MB|GB|B|CPUs?|req/s)(?![A-Za-z]))")


def wrapped(text: str, width: int, first: int, others: int) -> list[str]:
    """Lines, the first one and the others indented by so many blanks; words and figures stay whole."""
    lines = textwrap.wrap(
        BEFORE_UNIT.sub(r"\g<0>" + KEPT, text).replace(KEPT + " ", KEPT),
        width,
        initial_indent=" " * first,
        subsequent_indent=" " * others,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(KEPT, " ") for line in lines]
