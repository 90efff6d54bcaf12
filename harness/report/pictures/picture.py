"""The form of every picture: a name, a heading, what it is drawn of, and the table beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from harness.report.answer.facts import Facts
from harness.report.cells import Cells
from harness.report.pictures.sheet import Sheet, Style, style

__all__ = ["Missing", "Picture", "Table", "styles_of"]


class Missing(NamedTuple):
    """A picture that cannot be drawn."""

    why: str  # a sentence


@dataclass(frozen=True)
class Table:
    """Rows of text for a reader."""

    headings: Cells
    rows: Sequence[Cells]
    caption: str = ""
    texts: Sequence[int] = (0,)  # numbers of the columns that are no figures


@dataclass(frozen=True)
class Picture:
    """One picture and its table."""

    name: str  # of its file, and of its place in the page
    title: str
    lead: str  # how to read it
    find: Callable[[Facts], Any]  # what is drawn, or ``Missing``
    draw: Callable[[Any, Sheet], None]
    tables: Callable[[Facts], list[Table]]


def styles_of(facts: Facts) -> dict[str, Style]:
    """Return the look of each entry by its name, the same in all pictures and conditions."""
    names = dict.fromkeys(one.name for one in facts.summaries)
    return {name: style(number) for number, name in enumerate(names)}
