"""Pictures as files of ``--output``: the name of a file says which picture it is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import UsageError
from harness.records.model import RunRecord, TrialSummary
from harness.report.answer.facts import Facts
from harness.report.pictures.sheet import check_installed

if TYPE_CHECKING:
    from harness.report.pictures.picture import Picture

__all__ = ["SIGNS", "check", "check_installed", "drawn", "each"]

SIGNS = {
    ".svg": re.compile(rb"\A<\?xml [^>]*>\s*<!-- a picture of a run, made by clientbench -->"),
    ".png": re.compile(rb"\A\x89PNG.{0,600}a picture of a run, made by clientbench", re.DOTALL),
}
EACH = "*"  # the name that stands for all pictures


def each(name: str) -> list[str]:
    """Return the names of all pictures for ``plots/*.svg``; of any other name itself."""
    path = Path(name)
    if path.suffix.lower() not in SIGNS or path.stem != EACH:
        return [name]
    return [str(path.with_stem(one)) for one in _pictures()]


def check(path: Path) -> None:
    """Raise UsageError if a file is named after no picture, UnusableError without matplotlib."""
    if path.stem != EACH:
        _named_after(path)
    check_installed()


def drawn(path: Path, run: RunRecord, trials: Sequence[TrialSummary]) -> str | bytes:
    """Return the content of a file. Raises UnusableError if its picture cannot be drawn."""
    from harness.report.pictures.catalogue import to_png, to_svg  # noqa: PLC0415

    picture, facts = _named_after(path), Facts.of(run, trials)
    return to_svg(picture, facts) if path.suffix.lower() == ".svg" else to_png(picture, facts)


def _pictures() -> Mapping[str, Picture]:
    """Return every picture by its name: modules that a run without pictures begins without."""
    from harness.report.pictures.catalogue import PICTURES  # noqa: PLC0415

    return PICTURES


def _named_after(path: Path) -> Picture:
    found = _pictures().get(path.stem.lower())
    if found is None:
        raise UsageError(
            f"a picture is named {', '.join(_pictures())}, or {EACH} for each of them",
            "output",
            value=repr(str(path)),
        )
    return found
