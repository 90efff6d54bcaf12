"""One HTML page of a run, or of several side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from harness.analysis.across import compare_runs
from harness.analysis.environments import StoredRun, differences
from harness.analysis.same_labels import with_labels_of
from harness.errors import UsageError
from harness.records.model import RunRecord, TrialSummary
from harness.report import across
from harness.report.answer.facts import Facts
from harness.report.html.parts import FEW_ROWS, RunPage, run_page
from harness.report.listings import SHORT_ID
from harness.report.pictures.palette import (
    BAD,
    BAND,
    DOUBT,
    GOOD,
    GRID,
    INK,
    MUTED,
    PAPER,
    dark_rules,
)
from harness.report.pictures.picture import Table
from harness.text import LINES, visible

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["POLICY", "SIGN", "check_comparable", "rendered", "to_html", "to_page"]

SIGN = '<meta name="generator" content="clientbench report">'
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
TONES = {
    "paper": PAPER,
    "ink": INK,
    "muted": MUTED,
    "grid": GRID,
    "band": BAND,
    "good": GOOD,
    "bad": BAD,
    "doubt": DOUBT,
}


def to_html(run: RunRecord, trials: Sequence[TrialSummary], *, with_matrix: bool = False) -> str:
    """Return the page of one run. Raises UnusableError without matplotlib."""
    return to_page([(run, trials)], with_matrix=with_matrix)


def to_page(stored: Sequence[StoredRun], *, with_matrix: bool = False) -> str:
    """Return the page of one run, or of several, with the ratios of each to the first.

    Raises UsageError for runs that may not be compared, as ``check_comparable`` does.
    """
    first, *others = stored
    others = [with_labels_of(first, one) for one in others]
    for other in others:
        check_comparable(first, other)
    several = bool(others)
    pages = [
        run_page(
            Facts.of(run, trials),
            prefix=f"{run.id[:SHORT_ID]}-" if several else "",
            with_matrix=with_matrix,
        )
        for run, trials in (first, *others)
    ]
    return rendered(
        "page.html",
        title=_title(pages),
        sign=SIGN,
        pages=pages,
        side_by_side=list(_side_by_side(first, others)),
        few=FEW_ROWS,
    )


def rendered(name: str, *, title: str, sign: str, **values: Any) -> str:
    """Return a template filled in; ``sign`` is markup that says which program made the page."""
    return (
        _templates()
        .get_template(name)
        .render(
            title=title,
            sign=_markup(sign),
            policy=POLICY,
            tones=TONES,
            dark_rules=_markup(dark_rules()),
            **values,
        )
    )


def check_comparable(ours: StoredRun, theirs: StoredRun) -> None:
    """Raise UsageError, with what differs, unless ``results diff`` would compare the runs."""
    found = differences(theirs, ours)
    if found:
        told = across.refusal(theirs, ours, found).rpartition(": add ")[0]
        raise UsageError(f"{told}; a report has only runs that can be compared")


def _title(pages: Sequence[RunPage]) -> str:
    if len(pages) == 1:
        return f"{pages[0].name}: {pages[0].asked}"
    return f"{len(pages)} runs: {pages[0].asked}"


def _side_by_side(
    first: StoredRun, others: Sequence[StoredRun]
) -> Iterator[tuple[Table, list[str]]]:
    """Yield the ratios of each further run to the first, and what they mean."""
    for other in others:
        compared = compare_runs(other, first)
        headings = across.headings(other, first)
        caption = across.heading(other, first, ())[0]
        texts = range(len(headings))  # verdicts in words
        table = Table(headings, across.cells(compared), caption, texts)
        yield table, across.notes(other, first, compared)


@cache
def _templates() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415

    made = Environment(
        loader=PackageLoader("harness.report.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_shown,
    )
    made.filters["picture"] = _markup
    return made


def _shown(value: Any) -> Any:
    """Make every text visible: a page shows control characters as escapes, as a terminal does."""
    return visible(value, LINES) if type(value) is str else value


def _markup(text: str) -> Any:
    from markupsafe import Markup  # noqa: PLC0415

    return Markup(text)
