"""A run as Markdown: figures for people. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from harness.records.model import RunRecord, TrialSummary
from harness.report import environments, verdicts, view
from harness.report.answer.facts import Facts
from harness.report.headline import heading
from harness.report.notes import notes, verdict_lines
from harness.text import LINES, visible

__all__ = ["bullet_lines", "table_lines", "to_markdown"]

# Backslashes, then what begins cells, emphasis, code, markup, links, entities and formulas.
SIGNS = re.compile(r"[\\|*_`<\[&~$]")
BEGINNING = re.compile(r"^(\d+(?=[.)](?:\s|$)))?([#>+=.)-])")
# A forge notifies whoever is mentioned, and links issues; a comment between ends the word.
REFERENCE = re.compile(r"(?<!\w)@(?=\w)|#(?=\d)")


def to_markdown(
    run: RunRecord, trials: Sequence[TrialSummary], *, with_matrix: bool = False
) -> str:
    """Return heading and tables for a README or an issue, then failures, machine, date, notes."""
    titles = view.headings(run)
    rule = ["---"] * 3 + ["---:"] * (len(titles) - 3)
    lines = [_line(heading(run, trials))]
    for section in view.sections(run, trials):
        if section.title is not None:
            lines += ["", f"**{_escaped(section.title)}**"]
        lines += ["", *_markdown_table(titles, rule, section.rows)]
    for ratios in view.other_ratios(run, trials):
        lines += ["", *_ratios_table(*ratios)]
    pairs = view.matrix_of(run, trials) if with_matrix else ()
    for of_metric in verdicts.by_metric(pairs):
        square = verdicts.matrix_headings(of_metric), verdicts.matrix_cells(of_metric)
        lines += ["", *_ratios_table(*square)]
    said = verdict_lines(run, trials, with_matrix=with_matrix)
    facts = Facts.of(run, trials)
    answer = [*facts.results(), f"trust: {facts.trust_line()}"]
    listed = [
        *answer,
        *said,
        *view.troubles(trials),
        *environments.lines(run),
        *notes(run, trials),
    ]
    lines += ["", *bullet_lines(listed)]
    return "\n".join(lines) + "\n"


def _ratios_table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return _markdown_table(titles, ["---", *["---:"] * len(titles[1:])], rows)


def _markdown_table(
    titles: Sequence[str], rule: Sequence[str], rows: Sequence[Sequence[str]]
) -> list[str]:
    ruled = f"| {' | '.join(rule)} |"
    return [_markdown_row(titles), ruled, *map(_markdown_row, rows)]


def table_lines(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a table of texts as lines of Markdown; whatever they hold, they stay texts."""
    return _markdown_table(titles, ["---"] * len(titles), rows)


def bullet_lines(texts: Iterable[str]) -> list[str]:
    """Return a list of texts as lines of Markdown, likewise."""
    return [f"- {_line(text)}" for text in texts]


def _markdown_row(values: Sequence[str]) -> str:
    return f"| {' | '.join(map(_escaped, values))} |"


def _line(text: str) -> str:
    """Return a paragraph, or what follows a bullet: its beginning is no heading, list or quote."""
    return BEGINNING.sub(r"\1\\\2", _escaped(text))


def _escaped(text: str) -> str:
    """Return text as Markdown that shows it, and that names nobody and no issue on a forge."""
    text = SIGNS.sub(r"\\\g<0>", " ".join(visible(text, LINES).split()))
    return REFERENCE.sub(r"\g<0><!-- -->", text)
