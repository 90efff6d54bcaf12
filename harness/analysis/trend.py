"""Runs over time: lines of points, what is followed on each, and its steps. Pure.

A line is one competitor, as it was measured, on one machine. Versions do not end it: they are what
may explain a step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from statistics import fmean
from typing import Literal

from harness.analysis.comparison import HIGHER_IS_BETTER, LOAD_METRICS
from harness.analysis.series import (
    FEWEST_FOR_STEPS,
    STRICT_LEVEL,
    Scatter,
    Step,
    scatter,
    smallest_step,
    steps,
)
from harness.analysis.statistics import estimate
from harness.records.conditions import labelled
from harness.records.model import Metric
from harness.records.trend import Ratio, TrendPoint

__all__ = [
    "NEWEST",
    "Change",
    "Direction",
    "Event",
    "Line",
    "Rounds",
    "Track",
    "anchored",
    "failing",
    "lines",
    "moment",
]

Rounds = Mapping[tuple[str, str], Mapping[int, Mapping[Metric, float]]]  # by run and label, round
Direction = Literal["better", "worse", "mixed"]

USUAL: tuple[Metric, ...] = ("throughput", "cpu_per_request")
SAME_PLACE = 2  # points: steps of several metrics so close are one event
NEWEST = 10  # runs of a line, in which a step fails a build
ENDED_AFTER = timedelta(days=30)  # without a run, while the machine had others
CHANGES: Mapping[str, str] = {
    "client_version": "client",
    "python_version": "Python",
    "kernel": "kernel",
    "commit": "commit",
    "baseline_version": "baseline",
}
# Keys of all versions: also of libraries that a client uses, and of the target. What is told of them,
# and what else that is told has changed them already.
KEYS: Mapping[str, tuple[str, frozenset[str]]] = {
    "software": ("other software", frozenset({"client", "Python"})),
    "baseline_software": (
        "other software of the baseline",
        frozenset({"baseline", "Python", "other software"}),
    ),
}


@dataclass(frozen=True)
class Track:
    """One figure along a line, and its steps; ``Step.at`` is the number of a point of the line."""

    metric: Metric
    relative_to: str | None  # label of the other competitor; None: the value itself
    values: tuple[float | None, ...]  # one per point of the line: a ratio, or in 1/s, ns, bytes
    intervals: tuple[Ratio | None, ...]  # of ratios, likewise
    used: tuple[int, ...]  # numbers of the points that count
    steps: tuple[Step, ...]
    level: float | None  # geometric mean since the last step
    noise: Scatter | None
    visible: float | None  # the smallest step that would be found soon, as a share
    missing: int  # usable runs without which no step is looked for

    @property
    def is_weak(self) -> bool:
        """Say whether it depends on what else the machine does: times and rates by themselves."""
        return self.relative_to is None and self.metric in LOAD_METRICS

    def direction(self, step: Step) -> Direction:
        """Say whether it is better after a step."""
        return "better" if (step.ratio > 1) == (self.metric in HIGHER_IS_BETTER) else "worse"


@dataclass(frozen=True)
class Change:
    """One thing that is not the same before and after a step; None: not known."""

    what: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Event:
    """Steps of one or more figures of a line at about the same place, the surest first."""

    before: TrendPoint  # the last usable one, and then the first
    after: TrendPoint
    parts: tuple[tuple[Track, Step], ...]
    changes: tuple[Change, ...]

    @property
    def direction(self) -> Direction:
        """Say whether the competitor is better after it."""
        found = {track.direction(step) for track, step in self.parts}
        return found.pop() if len(found) == 1 else "mixed"


@dataclass(frozen=True)
class Line:
    """One competitor on one machine, run by run, oldest first."""

    name: str  # its newest name or, where a run has several of that name, label
    points: tuple[TrendPoint, ...]
    tracks: tuple[Track, ...]  # the most reliable first
    events: tuple[Event, ...]
    has_ended: bool  # no run for long, while the machine had others

    @property
    def newest(self) -> TrendPoint:
        """Return the last point."""
        return self.points[-1]

    @property
    def usable(self) -> int:
        """Return the number of points that count."""
        return sum(not point.unused for point in self.points)


def lines(
    points: Sequence[TrendPoint],
    metric: Metric | None = None,
    is_asked: Callable[[TrendPoint], bool] = lambda _: True,
) -> list[Line]:
    """Return the lines of the points that are asked for; that of the newest run first.

    ``points`` are in order of time. ``metric`` is followed instead of the usual ones.
    """
    newest: dict[str, datetime] = {}
    for point in points:
        newest[point.machine] = moment(point.started_at)
    metrics = USUAL if metric is None else (metric,)
    found = [
        _line(name, of_line, metrics, newest[of_line[-1].machine])
        for name, of_line in _grouped(filter(is_asked, points))
    ]
    return sorted(found, key=lambda line: line.newest.started_at, reverse=True)


def moment(text: str) -> datetime:
    """Return a stored time; raises ValueError for what is none."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _grouped(points: Iterable[TrendPoint]) -> Iterator[tuple[str, list[TrendPoint]]]:
    """Yield the points of each line with its name: its label, where a run has several of a name."""
    of_name: dict[tuple[str, str, str], list[TrendPoint]] = {}
    for point in points:
        of_name.setdefault((point.machine, point.series, point.name), []).append(point)
    for (_, _, name), found in of_name.items():
        if len({point.run_id for point in found}) == len(found):
            yield name, found
            continue
        of_label: dict[str, list[TrendPoint]] = {}
        for point in found:
            of_label.setdefault(point.label, []).append(point)
        yield from of_label.items()


def _line(
    name: str, points: Sequence[TrendPoint], metrics: Sequence[Metric], newest: datetime
) -> Line:
    relative = [track for metric in metrics if (track := _ratio_track(points, metric))]
    own = [_value_track(points, metric) for metric in metrics]
    tracks = (*relative, *sorted(own, key=lambda track: track.is_weak))
    return Line(
        name=name,
        points=tuple(points),
        tracks=tracks,
        events=tuple(_events(points, tracks)),
        has_ended=newest - moment(points[-1].started_at) > ENDED_AFTER,
    )


def _ratio_track(points: Sequence[TrendPoint], metric: Metric) -> Track | None:
    """Follow the ratio to the newest baseline; runs with another have no point on it."""
    related = [point for point in points if metric in point.ratios]
    if not related:
        return None
    baseline = related[-1].baseline
    ratios = [point.ratios.get(metric) if point.baseline == baseline else None for point in points]
    values = [None if one is None else one.value for one in ratios]
    return replace(_track(points, metric, values), relative_to=baseline, intervals=tuple(ratios))


def _value_track(points: Sequence[TrendPoint], metric: Metric) -> Track:
    return _track(points, metric, [point.values.get(metric) for point in points])


def _track(points: Sequence[TrendPoint], metric: Metric, values: Sequence[float | None]) -> Track:
    known = [
        (number, math.log(value))
        for number, (point, value) in enumerate(zip(points, values, strict=True))
        if value is not None and not point.unused
    ]
    used = tuple(number for number, _ in known)
    logs = [log for _, log in known]
    found = steps(logs)
    noise = scatter(logs, found)
    since = logs[found[-1].at :] if found else logs
    enough = len(logs) >= FEWEST_FOR_STEPS
    return Track(
        metric=metric,
        relative_to=None,
        values=tuple(values),
        intervals=(None,) * len(points),
        used=used,
        steps=tuple(replace(step, at=used[step.at]) for step in found),
        level=math.exp(fmean(since)) if since else None,
        noise=noise,
        visible=smallest_step(noise, len(since)) if noise is not None and enough else None,
        missing=max(0, FEWEST_FOR_STEPS - len(logs)),
    )


def _events(points: Sequence[TrendPoint], tracks: Sequence[Track]) -> Iterator[Event]:
    """Yield the events of a line in order of time."""
    every = sorted(
        ((track, step) for track in tracks for step in track.steps), key=lambda part: part[1].at
    )
    groups: list[list[tuple[Track, Step]]] = []
    for part in every:
        if groups and part[1].at - groups[-1][0][1].at <= SAME_PLACE:
            groups[-1].append(part)
        else:
            groups.append([part])
    for group in groups:
        surest = sorted(group, key=lambda part: (part[0].is_weak, part[1].p))
        track, step = surest[0]
        before = points[track.used[track.used.index(step.at) - 1]]
        after = points[step.at]
        yield Event(before, after, tuple(surest), tuple(_changes(before, after)))


def _changes(before: TrendPoint, after: TrendPoint) -> Iterator[Change]:
    found = set()
    for field, what in CHANGES.items():
        ours, theirs = getattr(before, field), getattr(after, field)
        if ours != theirs:
            found.add(what)
            yield Change(what, ours, theirs)
    for field, (what, causes) in KEYS.items():
        ours, theirs = getattr(before, field), getattr(after, field)
        if ours != theirs and not found & causes:
            found.add(what)
            yield Change(what, ours, theirs)


def failing(line: Line) -> list[Event]:
    """Return the events because of which a build fails: steps to the worse in the newest runs.

    A step is surer than one that is only shown, and not of a weak figure. A line that has ended
    fails nothing.
    """
    return [] if line.has_ended else [event for event in line.events if _fails(event)]


def _fails(event: Event) -> bool:
    return any(
        track.direction(step) == "worse"
        and step.p < STRICT_LEVEL
        and not track.is_weak
        and step.at in track.used[-NEWEST:]
        for track, step in event.parts
    )


def anchored(points: Sequence[TrendPoint], anchor: str, rounds: Rounds) -> list[TrendPoint]:
    """Replace the ratios to each run's baseline by those to the competitor named ``anchor``.

    They are those of paired rounds; runs without it have none.
    """
    known = {(point.run_id, point.label): point for point in points}
    return [_anchored(point, anchor, rounds, known) for point in points]


def _anchored(
    point: TrendPoint,
    anchor: str,
    rounds: Rounds,
    known: Mapping[tuple[str, str], TrendPoint],
) -> TrendPoint:
    label = labelled(anchor, point.condition)
    found: dict[Metric, Ratio] = {}
    ours = rounds.get((point.run_id, point.label), {})
    theirs = rounds.get((point.run_id, label), {})
    paired = [(ours[number], theirs[number]) for number in ours if number in theirs]
    for metric in point.values if label != point.label else ():
        pairs = [
            (one[metric], other[metric])
            for one, other in paired
            if metric in one and metric in other
        ]
        if pairs:
            made = estimate(pairs)
            found[metric] = Ratio(made.ratio, made.low, made.high)
    other = known.get((point.run_id, label))
    return replace(
        point,
        baseline=label,
        baseline_version=other.client_version if other else None,
        baseline_software=other.software if other else None,
        ratios=found,
    )
