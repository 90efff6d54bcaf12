"""The exporter for a file name, and the recognition of files that an exporter has made.

An exporter turns (run, trials) into text, and does nothing else. Of one kind a run makes several
files, whose names begin alike; others are pictures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from harness.errors import UnusableError, UsageError
from harness.records.model import RunRecord, TrialSummary
from harness.report import picture_files
from harness.report.csv_file import to_csv
from harness.report.csv_rows import Per
from harness.report.gate_files import to_junit
from harness.report.hdr_log import to_hlog
from harness.report.json_document import to_json
from harness.report.markdown import to_markdown
from harness.report.percentile_files import distributions
from harness.report.text_file import to_text
from harness.report.tracked_benchmarks import to_action_benchmark, to_bencher

__all__ = [
    "CSV",
    "FORMATS",
    "HGRM",
    "HTML",
    "JUNIT",
    "SIGNS",
    "Exporter",
    "Format",
    "check",
    "ending_of",
    "files",
    "has_sign",
    "is_report",
]


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


def _to_html(run: RunRecord, trials: Sequence[TrialSummary], *, with_matrix: bool = False) -> str:
    from harness.report.html.page import to_html  # noqa: PLC0415  seldom needed

    return to_html(run, trials, with_matrix=with_matrix)


MEASURED_AT = re.compile(rb"^(- )?measured at: .* UTC \(run ", re.MULTILINE)
CSV, HGRM, HTML, JUNIT = ".csv", ".hgrm", ".html", ".junit.xml"
FORMATS = {
    ".json": Format(
        to_json,
        re.compile(
            rb'\A\{\s*("schema": ?"clientbench/run/\d+",\s*)?"schema_version": ?\d+,\s*"run": ?\{\s*"id":'
        ),
    ),
    CSV: Format(to_csv, re.compile(rb"\Arun_id[,\n]")),
    ".md": Format(to_markdown, MEASURED_AT),
    ".txt": Format(to_text, MEASURED_AT),
    JUNIT: Format(to_junit, re.compile(rb'<testsuites>\s*<testsuite name="clientbench"')),
    ".hlog": Format(to_hlog, re.compile(rb"\A#\[clientbench run ")),
    ".gab.json": Format(
        to_action_benchmark,
        re.compile(rb'\A\[(\]|\s*\{\s*"name": "[^"]*: CPU per request")'),
    ),
    ".bmf.json": Format(
        to_bencher,
        re.compile(rb'\A\{(\}|[^{]*\{\s*"(throughput|cpu-per-request|peak-memory)":)'),
    ),
    HTML: Format(
        _to_html,
        re.compile(
            rb'\A<!DOCTYPE html>.{0,600}<meta name="generator" content="clientbench report">',
            re.DOTALL,
        ),
    ),
}
# One distribution each: how a file of this kind is recognised.
HGRM_SIGN = re.compile(rb"^#\[clientbench run ", re.MULTILINE)
SIGNS = {
    **{ending: one.sign for ending, one in FORMATS.items()},
    HGRM: HGRM_SIGN,
    **picture_files.SIGNS,
}
MAX_BYTES = 64 * 2**20  # a larger file is not a report


def files(
    path: Path,
    run: RunRecord,
    trials: Sequence[TrialSummary],
    *,
    with_matrix: bool = False,
    per: Per = "competitor",
) -> Iterator[tuple[Path, str | bytes]]:
    """Yield the files of a report with their contents: one, but for ``.hgrm``, whose files are
    called ``NAME.LABEL.METRIC.hgrm``. ``per`` applies to CSV.

    Raises UsageError for a report that this run cannot have, UnusableError for a picture that
    cannot be drawn of it, and if it has no distribution.
    """
    ending = ending_of(path)
    if ending == HGRM:
        made = list(distributions(run, trials))
        if not made:
            raise UnusableError("no request was measured", "output")
        for name, text in made:
            yield path.with_name(f"{path.name[: -len(HGRM)]}.{name}{path.suffix}"), text
    elif ending == CSV:
        yield path, to_csv(run, trials, per=per)
    elif ending in picture_files.SIGNS:
        yield path, picture_files.drawn(path, run, trials)
    else:
        yield path, FORMATS[ending].write(run, trials, with_matrix=with_matrix)


def check(name: str) -> None:
    """Raise UsageError for a name that says no kind of file, or none of the pictures.

    Raises UnusableError if what draws pictures is not installed.
    """
    ending = ending_of(name)
    if ending in picture_files.SIGNS:
        picture_files.check(Path(name))
    elif ending == HTML:
        picture_files.check_installed()


def ending_of(path: str | Path) -> str:
    """Return the longest ending of a format that the name has; raises UsageError if unknown."""
    name, suffix = Path(path).name, Path(path).suffix
    found = [one for one in SIGNS if name.lower().endswith(one) and suffix]
    if not found:
        raise UsageError(
            f"the name must end in one of {', '.join(SIGNS)}", "output", value=repr(str(path))
        )
    return max(found, key=len)


def is_report(path: Path, name: str) -> bool:
    """Say whether the file is empty or a report as made for ``name``; it may be a link.

    Raises OSError.
    """
    return has_sign(path, SIGNS[ending_of(name)])


def has_sign(path: Path, sign: re.Pattern[bytes]) -> bool:
    """Say whether the file is empty or has the sign of a kind of file, likewise."""
    if path.stat().st_size > MAX_BYTES:
        return False
    content = path.read_bytes()
    return not content or sign.search(content) is not None
