"""Prints a run, for ``compare``, ``load`` and ``results show``."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from harness.cli.screen import console_for, say
from harness.errors import UsageError
from harness.records.model import RunRecord, TrialSummary
from harness.report.answer import screen
from harness.report.answer.facts import Facts
from harness.report.details import details
from harness.report.json_document import to_json
from harness.report.terminal import matrix_tables

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["View", "show", "view"]

Form = Literal["answer", "details", "table", "json"]


@dataclass(frozen=True)
class View:
    """The parts of a run to print, and their form."""

    form: Form = "answer"
    with_matrix: bool = False
    normalize: float = 0  # as in ``harness.report.bins``
    database: str | None = None  # as typed


def view(
    *,
    json: bool = False,
    details: bool = False,
    quiet: bool = False,
    matrix: bool = False,
    normalize: float = 0,
    database: str | None = None,
) -> View:
    """Make a view of options. Raises ``UsageError`` for two that exclude each other."""
    asked = {"json": json, "details": details, "quiet": quiet}
    given = [name for name, is_given in asked.items() if is_given]
    if len(given) > 1:
        raise UsageError("exclude each other; expected one of them", *given)
    if quiet and normalize:
        raise UsageError(
            "one leaves out the histogram that the other draws; expected one of them",
            "quiet",
            "normalize",
        )
    forms: dict[str, Form] = {"json": "json", "details": "details", "quiet": "table"}
    return View(forms[given[0]] if given else "answer", matrix, normalize, database)


def show(run: RunRecord, trials: Sequence[TrialSummary], place: str | Path, view: View) -> None:
    """Print a run in the form of ``view``; the answer comes last. ``place`` is the database."""
    if view.form == "json":
        say(to_json(run, trials, with_matrix=view.with_matrix), end="")
        return
    console = console_for(sys.stdout)
    for part in _parts(run, trials, _from_here(place), view, console.width):
        console.print(part, soft_wrap=not console.is_terminal)


def _program() -> str:
    """Return how this command can be typed again: by its name, if that is found."""
    typed = Path(sys.argv[0])
    if typed.name != "clientbench":
        return "clientbench"
    found = shutil.which("clientbench")
    is_found = found is not None and Path(found).resolve() == typed.resolve()
    return "clientbench" if is_found else shlex.quote(_from_here(typed))


def _from_here(place: str | Path) -> str:
    """As short as it can be typed here."""
    here = Path.cwd()
    return str(Path(place).relative_to(here) if Path(place).is_relative_to(here) else place)


def _parts(
    run: RunRecord, trials: Sequence[TrialSummary], place: str, view: View, width: int
) -> Iterator[RenderableType]:
    facts = Facts.of(run, trials)
    if view.form == "table":
        yield from screen.tables(facts, width)
        if view.with_matrix:
            yield ""
            yield from matrix_tables(run, trials, width)
        yield from screen.limits(run, width)
        return
    if view.form == "details":
        yield from details(
            run, trials, width, with_matrix=view.with_matrix, normalize=view.normalize
        )
        yield ""
    elif view.with_matrix:
        yield from matrix_tables(run, trials, width)
        yield ""
    yield from screen.answer(
        facts,
        width,
        place,
        program=_program(),
        database=view.database,
        normalize=view.normalize,
    )
