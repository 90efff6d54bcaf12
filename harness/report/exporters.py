"""Which exporter a file name asks for. An exporter turns (run, trials) into text, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from harness.errors import UsageError
from harness.model import RunRecord, TrialSummary
from harness.report.json_document import to_json
from harness.report.tables import to_csv, to_markdown
from harness.report.terminal import to_text

__all__ = ["EXPORTERS", "Exporter", "for_path"]


class Exporter(Protocol):
    """Makes the text of a file."""

    def __call__(
        self, run: RunRecord, trials: Sequence[TrialSummary], *, with_matrix: bool = False
    ) -> str:
        """On demand with every competitor against every other, but for CSV."""


EXPORTERS: dict[str, Exporter] = {
    ".json": to_json,
    ".csv": to_csv,
    ".md": to_markdown,
    ".txt": to_text,
}


def for_path(path: str | Path) -> Exporter:
    """The exporter for a file name's suffix, in any case; raises UsageError for an unknown one."""
    exporter = EXPORTERS.get(Path(path).suffix.lower())
    if exporter is None:
        raise UsageError(
            f"--output {str(path)!r}: the name must end in one of {', '.join(EXPORTERS)}"
        )
    return exporter
