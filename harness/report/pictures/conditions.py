"""The change of every client from condition to condition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.analysis.summaries import CompetitorSummary
from harness.option_names import option
from harness.records.histogram import Censored
from harness.report import figures
from harness.report.answer.facts import Facts
from harness.report.pictures.lines import Chart, Series, draw_series
from harness.report.pictures.picture import Missing, Picture, Table, styles_of
from harness.report.pictures.sheet import Sheet
from harness.report.pictures.ticks import tick, time_tick
from harness.report.view import scaling_of

__all__ = ["CONDITIONS"]


@dataclass(frozen=True)
class Scaling:
    """The conditions in their order, and the lines of each panel over their numbers."""

    factor: str
    conditions: Sequence[str]
    decisive: str  # the figure of the first panel
    is_time: bool  # the first panel's values are in ns, else in 1/s
    panels: Sequence[Sequence[Series]]  # the decisive figure, CPU per request in ns


def find(facts: Facts) -> Scaling | Missing:
    """Return the figure that decides, and CPU per request, in every condition."""
    names = list(dict.fromkeys(one.condition for one in facts.summaries if one.condition))
    if len(names) < 2:
        return Missing(
            f"The run has one condition. Several values of {option('concurrency')}, for example, show "
            "how clients scale."
        )
    is_open = facts.run.is_open
    decisive = [
        _series(facts, names, lambda one: _p99(one) if is_open else one.requests_per_second),
        _series(facts, names, lambda one: one.cpu_per_request_ns),
    ]
    panels = [one for one in decisive if one]
    if len(panels) < len(decisive):
        return Missing("No client has a figure in any condition.")
    what = "p99 response time" if is_open else "throughput, correct req/s"
    factor = (facts.run.condition_factor or "condition").replace("_", " ")
    return Scaling(factor, names, what, is_open, panels)


def _p99(one: CompetitorSummary) -> float | None:
    value = one.response_percentile(99)
    return None if isinstance(value, Censored) else value


Value = Callable[[CompetitorSummary], float | None]


def _series(facts: Facts, conditions: Sequence[str], value_of: Value) -> list[Series]:
    places = {name: float(number) for number, name in enumerate(conditions)}
    found: dict[str, list[tuple[float, float]]] = {}
    for one in facts.summaries:
        value = value_of(one)
        points = found.setdefault(one.name, [])
        if one.condition in places and value:
            points.append((places[one.condition], float(value)))
    styles = styles_of(facts)
    return [Series(name, styles[name], sorted(points)) for name, points in found.items() if points]


def draw(scaling: Scaling, sheet: Sheet) -> None:
    """Draw both panels, logarithmic, as clients differ by factors."""
    headings = (scaling.decisive, "CPU time per request")
    top = 0.0
    for number, (heading, every) in enumerate(zip(headings, scaling.panels, strict=True)):
        chart = Chart(sheet, top, heading, lines=len(every))
        is_time = number > 0 or scaling.is_time
        told = figures.with_unit if is_time else figures.significant
        values = [y for one in every for _, y in one.points]
        chart.log_y(values, time_tick if is_time else tick)
        ticks = [(float(place), name) for place, name in enumerate(scaling.conditions)]
        chart.x(-0.15, len(ticks) - 0.85, ticks, scaling.factor)
        draw_series(chart, every, told)
        top = chart.bottom
    sheet.height = round(top)


def tables(facts: Facts) -> list[Table]:
    """Return each client's steps from one condition to the next."""
    rows = [
        (
            one.label,
            one.baseline,
            figures.ratio(one, is_baseline=False),
            one.verdict or figures.NOTHING,
            one.reason or "",
        )
        for one in scaling_of(facts.run, facts.trials)
        if one.metric == facts.run.deciding_metric
    ]
    what = "p99 response time" if facts.run.is_open else "throughput"
    headings = (f"{what} of", "to that of", "ratio (interval)", "verdict", "why no verdict")
    return (
        [Table(headings, rows, "From condition to condition", texts=(0, 1, 3, 4))] if rows else []
    )


CONDITIONS = Picture(
    "conditions",
    "Conditions",
    "How each client scales from one condition to the next. Both axes of figures are logarithmic.",
    find,
    draw,
    tables,
)
