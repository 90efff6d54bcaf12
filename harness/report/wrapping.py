"""Paragraphs for a terminal of a known width."""

from __future__ import annotations

import textwrap

__all__ = ["wrapped"]


def wrapped(text: str, width: int, first: int, others: int) -> list[str]:
    """Lines, the first one and the others indented by so many blanks; words stay whole."""
    return textwrap.wrap(
        text,
        width,
        initial_indent=" " * first,
        subsequent_indent=" " * others,
        break_long_words=False,
        break_on_hyphens=False,
    )
