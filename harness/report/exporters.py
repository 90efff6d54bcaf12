"""The exporter for a file name, and the recognition of files that an exporter has made.

An exporter turns (run, trials) into text, and does nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from harness.errors import UsageError
from harness.records.model import RunRecord, TrialSummary
from harness.report.csv_file import to_csv
from harness.report.gate_files import to_junit
from harness.report.json_document import to_json
from harness.report.markdown import to_markdown
from harness.report.text_file import to_text
from harness.report.tracked_benchmarks import to_action_benchmark, to_bencher

__all__ = ["FORMATS", "JUNIT", "Exporter", "Format", "for_path", "has_sign", "is_report"]


class Exporter(Protocol):
    """A function that makes the text of a file."""

    def __call__(
        self, run: RunRecord, trials: Sequence[TrialSummary], *, with_matrix: bool = False
    ) -> str:
        """Make the text, on demand with every pair compared (not in CSV)."""


class Format(NamedTuple):
    """A kind of file."""

    write: Exporter
    sign: re.Pattern[bytes]  # every file of this kind matches it


MEASURED_AT = re.compile(rb"^(- )?measured at: .* UTC \(run ", re.MULTILINE)
JUNIT = ".junit.xml"
FORMATS = {
    ".json": Format(
        to_json,
        re.compile(
            rb'\A\{\s*("schema": ?"clientbench/run/\d+",\s*)?"schema_version": ?\d+,\s*"run": ?\{\s*"id":'
        ),
    ),
    ".csv": Format(to_csv, re.compile(rb"\Arun_id[,\n]")),
    ".md": Format(to_markdown, MEASURED_AT),
    ".txt": Format(to_text, MEASURED_AT),
    JUNIT: Format(to_junit, re.compile(rb'<testsuites>\s*<testsuite name="clientbench"')),
    ".gab.json": Format(
        to_action_benchmark,
        re.compile(rb'\A\[(\]|\s*\{\s*"name": "[^"]*: CPU per request")'),
    ),
    ".bmf.json": Format(
        to_bencher,
        re.compile(rb'\A\{(\}|[^{]*\{\s*"(throughput|cpu-per-request|peak-memory)":)'),
    ),
}
MAX_BYTES = 64 * 2**20  # a larger file is not a report


def for_path(path: str | Path) -> Exporter:
    """Return the exporter for a file name's suffix, in any case; raises UsageError if unknown."""
    ending = _ending(Path(path))
    if ending is None:
        raise UsageError(
            f"the name must end in one of {', '.join(FORMATS)}", "output", value=repr(str(path))
        )
    return FORMATS[ending].write


def _ending(path: Path) -> str | None:
    """Return the longest ending of a format that the name has; None if it has none."""
    found = [one for one in FORMATS if path.name.lower().endswith(one) and path.suffix]
    return max(found, key=len, default=None)


def is_report(path: Path, name: str) -> bool:
    """Say whether the file is empty or a report as made for ``name``; it may be a link.

    Raises OSError.
    """
    ending = _ending(Path(name))
    return has_sign(path, None if ending is None else FORMATS[ending].sign)


def has_sign(path: Path, sign: re.Pattern[bytes] | None) -> bool:
    """Say whether the file is empty or has the sign of a kind of file, likewise."""
    if path.stat().st_size > MAX_BYTES:
        return False
    content = path.read_bytes()
    return not content or (sign is not None and sign.search(content) is not None)
