"""Runs over time as files: JSON and CSV for programs, Markdown and text for people. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from harness.analysis.series import LEVEL, SOON, STRICT_LEVEL, Step
from harness.analysis.trend import NEWEST, Event, Line, Track, failing
from harness.errors import UsageError
from harness.report import documents, trend
from harness.report.csv_file import csv_value
from harness.report.exporters import has_sign
from harness.report.markdown import bullet_lines, table_lines
from harness.text import LINES, visible

__all__ = ["FACTS", "FORMATS", "OF_LINE", "for_path", "is_report", "to_json"]

WIDTH = 100  # columns of a text file
BLOCKS = 24  # of a sparkline in Markdown
# What a point has beside its values.
FACTS = (
    *("run_id", "run_name", "started_at", "label", "client_version", "python_version", "kernel"),
    *("commit", "branch", "dirty", "baseline", "baseline_version", "rounds"),
)
OF_LINE = (
    *("machine", "series", "client_library", "client_type", "condition"),
    *("http_method", "url", "concurrency", "target"),
)


def _content(lines: Sequence[Line]) -> dict[str, Any]:
    """Return everything as plain values, unrounded."""
    return {
        "level": LEVEL,
        "strict_level": STRICT_LEVEL,
        "newest_runs": NEWEST,
        "within_runs": SOON,
        "lines": [_plain_line(line) for line in lines],
    }


def to_json(lines: Sequence[Line]) -> str:
    """Return the document of the kind ``trend``."""
    return documents.to_json("trend", _content(lines))


def _plain_line(line: Line) -> dict[str, Any]:
    fails = failing(line)
    return {
        "name": line.name,
        **{name: getattr(line.newest, name) for name in OF_LINE},
        "has_ended": line.has_ended,
        "usable_runs": line.usable,
        "points": [
            {name: getattr(point, name) for name in FACTS}
            | {"used": not point.unused, "unused_because": list(point.unused)}
            for point in line.points
        ],
        "figures": [_plain_track(track) for track in line.tracks],
        "events": [_plain_event(line, event) | {"fails": event in fails} for event in line.events],
    }


def _plain_track(track: Track) -> dict[str, Any]:
    return {
        "figure": _key(track),
        "metric": track.metric,
        "relative_to": track.relative_to,
        "weak": track.is_weak,
        "values": list(track.values),
        "intervals": [None if one is None else [one.low, one.high] for one in track.intervals],
        "now": track.level,
        "scatter": None if track.noise is None else track.noise.deviation,
        "likeness": None if track.noise is None else track.noise.likeness,
        "seen_from": track.visible,
        "missing_runs": track.missing,
        "steps": [asdict(step) | {"direction": track.direction(step)} for step in track.steps],
    }


def _plain_event(line: Line, event: Event) -> dict[str, Any]:
    return {
        "direction": event.direction,
        "before": {"run_id": event.before.run_id, "started_at": event.before.started_at},
        "after": {"run_id": event.after.run_id, "started_at": event.after.started_at},
        "steps": [_plain_step(track, step) for track, step in event.parts],
        "changes": [asdict(change) for change in event.changes],
    }


def _plain_step(track: Track, step: Step) -> dict[str, Any]:
    return {"figure": _key(track), "direction": track.direction(step)} | asdict(step)


def _key(track: Track) -> str:
    return track.metric if track.relative_to is None else f"{track.metric}_ratio"


def to_csv(lines: Sequence[Line]) -> str:
    """Return a row per run of each line, unrounded; a figure that a line lacks is empty."""
    rows = [row for line in lines for row in _rows(line)]
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: csv_value(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _rows(line: Line) -> Iterator[dict[str, Any]]:
    for number, point in enumerate(line.points):
        yield {
            "line": line.name,
            **{name: getattr(point, name) for name in (*OF_LINE, *FACTS)},
            "used": int(not point.unused),
            "unused_because": ", ".join(point.unused),
            **{
                f"{_key(track)}{suffix}": value
                for track in line.tracks
                for suffix, value in _cells(track, number)
            },
        }


def _cells(track: Track, number: int) -> Iterator[tuple[str, Any]]:
    """Yield value, ends and step of a figure at a point."""
    yield _unit(track), track.values[number]
    if track.relative_to is not None:
        interval = track.intervals[number]
        yield "_low", None if interval is None else interval.low
        yield "_high", None if interval is None else interval.high
    step = next((one for one in track.steps if one.at == number), None)
    yield "_step", None if step is None else step.ratio


def _unit(track: Track) -> str:
    """Return the unit as it ends the name of a column."""
    if track.relative_to is not None:
        return ""
    return {"throughput": "_per_second", "peak_memory": "_bytes"}.get(track.metric, "_ns")


def to_markdown(lines: Sequence[Line]) -> str:
    """Return the answer, then a table for each line."""
    parts = bullet_lines(trend.answer(lines))
    for line in lines:
        rows = [trend.row(line, track, BLOCKS) for track in line.tracks]
        parts += ["", *bullet_lines([trend.heading(line, with_key=True)]), ""]
        parts += [*table_lines(trend.HEADINGS, rows), ""]
        parts += bullet_lines([*trend.event_sentences(line), *trend.notes(line)])
    return "\n".join(parts) + "\n"


def to_text(lines: Sequence[Line]) -> str:
    """Return what a terminal of 100 columns shows."""
    from rich.console import Console  # noqa: PLC0415  dear to import

    text = io.StringIO()
    # A height must be given: else rich reads it from the environment, which may hold anything.
    console = Console(file=text, width=WIDTH, height=1, color_system=None, legacy_windows=False)
    for part in trend.screen(lines, WIDTH, in_full=True):
        console.print(part, markup=False)
    shown = [line.rstrip() for line in text.getvalue().splitlines()]
    return visible("\n".join(shown), LINES) + "\n"


def to_html(lines: Sequence[Line]) -> str:
    """Return a page with a picture of each line. Raises UnusableError without matplotlib."""
    from harness.report.html.trend import to_trend_page  # noqa: PLC0415  brings jinja2

    return to_trend_page(lines)


Writer = Callable[[Sequence[Line]], str]


class Format(NamedTuple):
    """A kind of file."""

    write: Writer
    sign: re.Pattern[bytes]  # every file of this kind matches it


FORMATS: Mapping[str, Format] = {
    ".json": Format(to_json, re.compile(rb'\A\{\s*"schema": ?"clientbench/trend/')),
    ".csv": Format(to_csv, re.compile(rb"\Aline,machine,series,")),
    ".md": Format(to_markdown, re.compile(rb"\A- trend ")),
    ".txt": Format(to_text, re.compile(rb"^trend  ", re.MULTILINE)),
    ".html": Format(to_html, re.compile(rb'<meta name="generator" content="clientbench report">')),
}


def for_path(path: str | Path) -> Writer:
    """Return what makes a file of this name. Raises UsageError for an unknown ending."""
    found = FORMATS.get(Path(path).suffix.lower())
    if found is None:
        raise UsageError(
            f"the name must end in one of {', '.join(FORMATS)}", "output", value=repr(str(path))
        )
    return found.write


def is_report(path: Path, name: str) -> bool:
    """Say whether the file is empty or was made for ``name``; it may be a link. Raises OSError."""
    known = FORMATS.get(Path(name).suffix.lower())
    return known is not None and has_sign(path, known.sign)
