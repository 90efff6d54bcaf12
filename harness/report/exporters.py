"""The exporter for a file name, and the recognition of files that an exporter has made.

An exporter turns (run, trials) into text, or a picture into bytes, and does nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from harness.errors import UsageError
from harness.records.model import RunRecord, TrialSummary
from harness.report.answer.facts import Facts
from harness.report.csv_file import to_csv
from harness.report.gate_files import to_junit
from harness.report.json_document import to_json
from harness.report.markdown import to_markdown
from harness.report.text_file import to_text
from harness.report.tracked_benchmarks import to_action_benchmark, to_bencher

__all__ = [
    "FORMATS",
    "JUNIT",
    "PICTURES",
    "Exporter",
    "Format",
    "each_picture",
    "for_path",
    "is_report",
]


class Exporter(Protocol):
    """A function that makes the content of a file."""

    def __call__(
        self, run: RunRecord, trials: Sequence[TrialSummary], *, with_matrix: bool = False
    ) -> str | bytes:
        """Make the text, on demand with every pair compared (not in CSV); bytes of a picture.

        Raises UnusableError for a picture that cannot be drawn of this run.
        """


class Format(NamedTuple):
    """A kind of file."""

    write: Exporter
    sign: re.Pattern[bytes]  # every file of this kind matches it


def _to_html(run: RunRecord, trials: Sequence[TrialSummary], *, with_matrix: bool = False) -> str:
    from harness.report.html.page import to_html  # noqa: PLC0415  seldom needed

    return to_html(run, trials, with_matrix=with_matrix)


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
    ".html": Format(
        _to_html,
        re.compile(
            rb'\A<!DOCTYPE html>.{0,600}<meta name="generator" content="clientbench report">',
            re.DOTALL,
        ),
    ),
}
# The name of such a file says which picture it is: forest.svg.
PICTURES = {
    ".svg": re.compile(rb"\A<\?xml [^>]*>\s*<!-- a picture of a run, made by clientbench -->"),
    ".png": re.compile(rb"\A\x89PNG.{0,600}a picture of a run, made by clientbench", re.DOTALL),
}
EACH = "*"  # the name that stands for all pictures
MAX_BYTES = 64 * 2**20  # a larger file is not a report


def for_path(path: str | Path) -> Exporter:
    """Return the exporter for a file name's suffix, in any case, and of a picture for its name.

    Raises UsageError if it is unknown, UnusableError if it needs what is not installed.
    """
    if Path(path).suffix.lower() in PICTURES:
        return _picture(Path(path))
    ending = _ending(Path(path))
    if ending is None:
        raise UsageError(
            f"the name must end in one of {', '.join((*FORMATS, *PICTURES))}",
            "output",
            value=repr(str(path)),
        )
    if ending == ".html":
        _check_drawing()
    return FORMATS[ending].write


def each_picture(name: str) -> list[str]:
    """Return the names of all pictures for ``plots/*.svg``; of any other name itself."""
    path = Path(name)
    if path.suffix.lower() not in PICTURES or path.stem != EACH:
        return [name]
    from harness.report.pictures import catalogue  # noqa: PLC0415

    return [str(path.with_stem(one)) for one in catalogue.PICTURES]


def _picture(path: Path) -> Exporter:
    """Return what draws the picture that a file is named after."""
    from harness.report.pictures import catalogue  # noqa: PLC0415

    _check_drawing()
    picture = catalogue.PICTURES.get(path.stem.lower())
    if picture is None:
        raise UsageError(
            f"a picture is named {', '.join(catalogue.PICTURES)}, or {EACH} for each of them",
            "output",
            value=repr(str(path)),
        )
    drawn = catalogue.to_svg if path.suffix.lower() == ".svg" else catalogue.to_png

    def write(
        run: RunRecord, trials: Sequence[TrialSummary], *, with_matrix: bool = False
    ) -> str | bytes:
        return drawn(picture, Facts.of(run, trials))

    return write


def _check_drawing() -> None:
    from harness.report.pictures.sheet import check_installed  # noqa: PLC0415

    check_installed()


def _ending(path: Path) -> str | None:
    """Return the longest ending of a format that the name has; None if it has none."""
    found = [one for one in FORMATS if path.name.lower().endswith(one) and path.suffix]
    return max(found, key=len, default=None)


def is_report(path: Path, name: str) -> bool:
    """Say whether the file is empty or a report as made for ``name``; it may be a link.

    Raises OSError.
    """
    if path.stat().st_size > MAX_BYTES:
        return False
    content = path.read_bytes()
    if not content:
        return True
    sign = PICTURES.get(Path(name).suffix.lower())
    ending = _ending(Path(name))
    if sign is None and ending is not None:
        sign = FORMATS[ending].sign
    return sign is not None and sign.search(content) is not None
