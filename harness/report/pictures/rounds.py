"""The figures of every round: how much they differ from one to the next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.analysis.comparison import metric_value
from harness.analysis.summaries import by_label
from harness.records.conditions import by_condition
from harness.records.model import Metric, TrialSummary
from harness.report import figures, verdicts
from harness.report.answer.facts import Facts
from harness.report.pictures.lines import Chart, Series, draw_series
from harness.report.pictures.picture import Missing, Picture, Table, styles_of
from harness.report.pictures.sheet import Sheet
from harness.report.pictures.ticks import tick, time_tick

__all__ = ["ROUNDS"]

MOST_PANELS = 6
MOST_TICKS = 10
UNITS: dict[Metric, str] = {"throughput": ", correct req/s"}


@dataclass(frozen=True)
class Panel:
    """One metric, round by round."""

    metric: Metric
    title: str
    every: Sequence[Series]

    @property
    def is_time(self) -> bool:
        """Say whether values are in ns, else in requests per second."""
        return self.metric != "throughput"


def find(facts: Facts) -> list[Panel] | Missing:
    """Return the figures that decide, a panel each, or the first of them in each condition."""
    numbers = {one.round for one in facts.trials}
    if len(numbers) < 2:
        return Missing("There are fewer than two rounds, so nothing can be seen to vary.")
    groups = by_condition(facts.summaries)
    decisive: Metric = facts.run.deciding_metric
    metrics: tuple[Metric, ...] = (decisive, "cpu_per_request")
    if len(groups) > 1:
        metrics = (decisive,)
    found = [
        Panel(metric, f"{condition}: {_named(metric)}" if condition else _named(metric), every)
        for condition, own in groups.items()
        for metric in metrics
        if (every := list(_series(facts, [one.label for one in own], metric)))
    ]
    return found[:MOST_PANELS] or Missing("No round has a figure.")


def _named(metric: Metric) -> str:
    return verdicts.NAMES[metric] + UNITS.get(metric, "")


def _series(facts: Facts, labels: Sequence[str], metric: Metric) -> Iterator[Series]:
    trials = by_label(facts.trials)
    names = {one.label: one.name for one in facts.summaries}
    looks = styles_of(facts)
    for label in labels:
        points = [
            (float(one.round), value) for one in trials[label] if (value := _value(one, metric))
        ]
        if points:
            yield Series(names[label], looks[names[label]], sorted(points))


def _value(trial: TrialSummary, metric: Metric) -> float | None:
    return metric_value(trial, metric) if trial.state in ("complete", "partial") else None


def draw(panels: Sequence[Panel], sheet: Sheet) -> None:
    """Draw panel below panel, logarithmic, as clients differ by factors."""
    top = 0.0
    for panel in panels:
        chart = Chart(sheet, top, panel.title, lines=len(panel.every))
        told = figures.with_unit if panel.is_time else figures.significant
        values = [y for one in panel.every for _, y in one.points]
        chart.log_y(values, time_tick if panel.is_time else tick)
        rounds = sorted({x for one in panel.every for x, _ in one.points})
        step = -(-len(rounds) // MOST_TICKS)
        ticks = [(x, f"{x:g}") for x in rounds[::step]]
        chart.x(rounds[0] - 0.3, rounds[-1] + 0.3, ticks, "round")
        draw_series(chart, panel.every, told, markers=len(rounds) * len(panel.every) <= 200)
        top = chart.bottom
    sheet.height = round(top)


def tables(facts: Facts) -> list[Table]:
    """Return a row per trial."""
    rows = [
        (
            one.label,
            str(one.round),
            one.state,
            figures.significant(one.requests_per_second),
            figures.microseconds(one.cpu_per_request_ns),
            figures.latency_ms(metric_value(one, "p50")),
            figures.latency_ms(metric_value(one, "p99")),
            figures.megabytes(one.peak_rss_bytes),
            f"{one.errors:,}" if one.population else figures.NOTHING,
        )
        for one in facts.trials
    ]
    headings = (
        *("entry", "round", "state", "req/s", "CPU µs/req", "p50 ms", "p99 ms", "peak MB"),
        "errors",
    )
    return [Table(headings, rows, "Every round", texts=(0, 2))] if rows else []


ROUNDS = Picture(
    "rounds",
    "Round by round",
    "The figures of every round. A client that drifts, or one slow round, shows here. The axis of "
    "figures is logarithmic.",
    find,
    draw,
    tables,
)
