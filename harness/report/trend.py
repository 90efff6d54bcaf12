"""Runs over time, as people read them: a block for each line, its steps, then the answer. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.analysis.series import FEWEST_FOR_STEPS, SOON, Step
from harness.analysis.trend import Change, Line, Track, failing
from harness.option_names import option
from harness.records.model import Metric
from harness.records.trend import TrendPoint
from harness.report import cells, figures
from harness.report.cells import cell
from harness.report.listings import SHORT_ID
from harness.report.sparkline import HOLLOW, sparkline
from harness.report.wrapping import wrapped
from harness.text import one_line, split_url

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = [
    "COMMIT",
    "HEADINGS",
    "answer",
    "day",
    "event_sentences",
    "figure_name",
    "heading",
    "is_decided",
    "moments",
    "notes",
    "row",
    "screen",
    "time",
    "value",
]

METRIC_NAMES: dict[Metric, str] = {
    "throughput": "throughput",
    "cpu_per_request": "CPU per request",
    "p50": "p50",
    "p99": "p99",
    "peak_memory": "peak memory",
}
HEADINGS = ("figure", "now", "run by run", "scatter", "seen from")
# What saves room in a narrow window, in this order.
SAVING: tuple[cells.Step, ...] = (*(("fold", "figure"), ("drop", "run by run")),)
BLOCKS = 24  # of a sparkline on 80 columns
NARROW = 80  # columns
MOST_BLOCKS = 3  # lines with a block each, unless a client is named
LARGE = 2.0  # ratios from here on are written as such, not in percent
COMMIT = 10  # digits


def screen(lines: Sequence[Line], width: int, *, in_full: bool) -> Iterator[RenderableType]:
    """Yield what a terminal shows, in ``width`` columns; the answer comes last.

    Many lines are a table, unless they are wanted ``in_full``.
    """
    same = {name for name, number in Counter(line.name for line in lines).items() if number > 1}
    if in_full or len(lines) <= MOST_BLOCKS:
        for line in lines:
            yield from _block(line, width, with_key=line.name in same)
            yield ""
    else:
        yield _overview(lines, width)
        yield ""
        told = [f"{line.name}: {text}" for line in lines for text in event_sentences(line)]
        for text in told:
            yield from map(cell, wrapped(one_line(text), width, 0, 2, breaking=True))
        yield from [""] if told else []
    for text in answer(lines):
        yield from map(cell, wrapped(text, width, 0, 2, breaking=True))


def _block(line: Line, width: int, *, with_key: bool) -> Iterator[RenderableType]:
    blocks = BLOCKS + max(0, width - NARROW)
    yield from map(cell, wrapped(heading(line, with_key=with_key), width, 0, 2, breaking=True))
    rows = [row(line, track, blocks) for track in line.tracks]
    yield cells.fitted(HEADINGS, rows, SAVING, right={"now", "scatter", "seen from"}, width=width)
    for text in (*event_sentences(line), *notes(line)):
        yield from map(cell, wrapped(text, width, 0, 2, breaking=True))


def _overview(lines: Sequence[Line], width: int) -> RenderableType:
    rows = [
        (line.name, str(line.usable), *row(line, line.tracks[0], BLOCKS // 2)) for line in lines
    ]
    headings = ("line", "runs", *HEADINGS)
    saving: tuple[cells.Step, ...] = (("fold", "line"), *SAVING, ("drop", "scatter"))
    right = {"runs", "now", "scatter", "seen from"}
    return cells.fitted(headings, rows, saving, right=right, width=width)


def heading(line: Line, *, with_key: bool) -> str:
    """Return the competitor, what was measured, how often, when, and where."""
    newest = line.newest
    parts = (
        f"{newest.http_method or '?'} {_path(newest)}",
        None if newest.concurrency is None else f"{newest.concurrency} in flight",
        f"{line.usable} of {len(line.points)} {figures.plural('run', len(line.points))} usable",
        " to ".join(moments(line.points[0], newest)),
        newest.machine,
        f"series {newest.series}" if with_key else None,
        "ended" if line.has_ended else None,
    )
    return one_line(f"{line.name}: {', '.join(filter(None, parts))}")


def _path(point: TrendPoint) -> str:
    """Return what was requested: the path on a target of ours, else the whole URL."""
    if point.target == "url":
        return point.url
    parts = split_url(point.url)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def day(point: TrendPoint) -> str:
    """Return the date of a run (UTC)."""
    return point.started_at[:10]


def moments(first: TrendPoint, last: TrendPoint) -> tuple[str, str]:
    """Return when two runs began (UTC): their dates, or within a day their times as well."""
    if day(first) != day(last):
        return day(first), day(last)
    return f"{day(first)} {time(first)}", time(last)


def time(point: TrendPoint) -> str:
    """Return the hour and minute at which a run began (UTC)."""
    return point.started_at[11:16]


def figure_name(track: Track) -> str:
    """Return the name of a figure, with what it is relative to."""
    name = METRIC_NAMES[track.metric]
    if track.relative_to is not None:
        return f"{name} ÷ {track.relative_to}"
    return f"{name} (weak)" if track.is_weak else name


def row(line: Line, track: Track, blocks: int) -> tuple[str, ...]:
    """Return the row of a figure, with the columns ``HEADINGS``."""
    edges = {step.at for step in track.steps}
    return (
        one_line(figure_name(track)),
        value(track, track.level),
        sparkline(track.values, set(track.used), edges, blocks),
        figures.NOTHING if track.noise is None else percent(track.noise.deviation),
        figures.NOTHING if track.visible is None else percent(track.visible),
    )


def value(track: Track, number: float | None) -> str:
    """Write a value of a figure with its unit."""
    if number is None:
        return figures.NOTHING
    if track.relative_to is not None:
        return f"{figures.significant(number)}{figures.TIMES}"
    if track.metric == "throughput":
        return f"{figures.significant(number)}/s"
    if track.metric == "peak_memory":
        return f"{figures.megabytes(number)} MB"
    return figures.with_unit(number)


def percent(share: float) -> str:
    """Write a share with two digits; what is below a thousandth of a percent is 0."""
    return f"{figures.significant(100 * round(share, 5), 2)} %"


def event_sentences(line: Line) -> Iterator[str]:
    """Yield a sentence for each event: when, how large, and what changed with it."""
    for event in line.events:
        parts = ", ".join(_part(track, step) for track, step in event.parts)
        changes = ", ".join(map(_change, event.changes))
        told = changes or "no version, kernel or commit changed"
        where = f"between {' and '.join(moments(event.before, event.after))}"
        run = f"run {event.after.run_id[:SHORT_ID]}"
        yield one_line(f"step {where} ({run}), {event.direction}: {parts}; {told}")


def _part(track: Track, step: Step) -> str:
    ends = f"{_change_of(step.low)} to {_change_of(step.high)}"
    return f"{figure_name(track)} {_change_of(step.ratio)} ({ends})"


def _change_of(ratio: float) -> str:
    """Write a ratio as a change in percent, or as a multiple if it is large."""
    if ratio >= LARGE or ratio <= 1 / LARGE:
        return f"{figures.significant(ratio, 2)}{figures.TIMES}"
    sign = "+" if ratio >= 1 else "\N{MINUS SIGN}"
    return f"{sign}{figures.significant(100 * abs(ratio - 1), 2)} %"


def _change(change: Change) -> str:
    before, after = (
        None if text is None else text[:COMMIT] if change.what == "commit" else text
        for text in (change.before, change.after)
    )
    return f"{change.what} {before or '?'} → {after or '?'}"


def notes(line: Line) -> Iterator[str]:
    """Yield which runs do not count, and what could have been seen."""
    unused = [point for point in line.points if point.unused]
    if unused:
        number = len(unused)
        yield f"not used ({HOLLOW}): {number} {figures.plural('run', number)}: {_why(unused)}"
    yield one_line(seen(line.tracks[0]))


def _why(unused: Sequence[TrendPoint]) -> str:
    """Return how many points do not count for which reason."""
    reasons = Counter(point.unused[0] for point in unused)
    return ", ".join(f"{number} {reason}" for reason, number in reasons.most_common())


def seen(track: Track) -> str:
    """Say which step could have been seen, or how many runs are missing."""
    name = figure_name(track)
    if track.missing or track.noise is None or track.visible is None:
        number = track.missing
        runs = f"{number} more usable {figures.plural('run', number)}"
        return f"{name}: steps are looked for from {FEWEST_FOR_STEPS} usable runs on; {runs} needed"
    deviation, visible = percent(track.noise.deviation), percent(track.visible)
    return (
        f"{name}: runs scatter by {deviation}; a step of {visible} would be seen within {SOON} runs"
    )


def answer(lines: Sequence[Line]) -> Iterator[str]:
    """Yield the result: the newest step of each line, or what could have been seen."""
    told = [_newest_step(line) for line in lines if line.events]
    yield from (f"trend  {one_line(text)}" for text in told or [_nothing(lines)])


def _newest_step(line: Line) -> str:
    event = line.events[-1]
    track, step = event.parts[0]
    mark = f"; fails with {option('fail_on')} step" if event in failing(line) else ""
    size = f"{figure_name(track)} {_change_of(step.ratio)}"
    return f"{line.name}: {event.direction} since {day(event.after)}: {size}{mark}"


def _nothing(lines: Sequence[Line]) -> str:
    """Return what could have been seen in the figure of each line that is followed most closely."""
    closest = [
        min((track for track in line.tracks if track.visible), key=_visible, default=None)
        for line in lines
    ]
    followed = [track for track in closest if track is not None]
    if not followed:
        return _too_few(min(lines, key=lambda line: line.tracks[0].missing))
    least = max(followed, key=_visible)
    size = percent(_visible(least))
    where = "" if len(lines) == 1 else " in each line"
    return f"no step; one of {size} in {figure_name(least)} would be seen{where} within {SOON} runs"


def _too_few(line: Line) -> str:
    """Say how many runs are missing in the line that lacks the fewest, and which do not count."""
    number = line.tracks[0].missing
    runs = f"{number} more usable {figures.plural('run', number)}"
    unused = [point for point in line.points if point.unused]
    found = f"{line.usable} of {len(line.points)} count"
    why = f" ({_why(unused)})" if unused else ""
    return f"too few runs: {found}{why}; {runs} of the same machine and settings needed"


def is_decided(lines: Sequence[Line]) -> bool:
    """Say whether a step could have been seen in any of the lines."""
    return any(track.visible for line in lines for track in line.tracks)


def _visible(track: Track) -> float:
    return track.visible or 0.0
