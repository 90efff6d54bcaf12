"""The ratios to the baseline with their simultaneous intervals, metric by metric."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.analysis.comparison import HIGHER_IS_BETTER, PERCENTS
from harness.analysis.statistics import MARGIN
from harness.records.conditions import by_condition
from harness.records.model import METRICS, Comparison, Metric
from harness.report import figures, verdicts
from harness.report.answer.columns import SIGNS
from harness.report.answer.facts import NOT_COMPARED, Facts
from harness.report.pictures.palette import BAND, MUTED, OF_VERDICTS
from harness.report.pictures.picture import Missing, Picture, Table
from harness.report.pictures.rows import HEADING, Rows
from harness.report.pictures.sheet import Sheet
from harness.report.pictures.ticks import log_range

__all__ = ["FOREST", "Panel"]

WORDS = 190  # px
MOST_PANELS = 6  # of a run with conditions; its table has all
MANY = 20  # entries: with more, only the figures that decide have panels
LEAST_RANGE = 1.05  # of an axis, on both sides of 1
REACH = 20.0  # times a ratio: an interval that goes beyond ends at the edge
MARKERS = {"faster": "^", "slower": "v", "equivalent": "D", "inconclusive": "o", None: "x"}
SAID = {"faster": "better", "slower": "worse", None: "no verdict"}


@dataclass(frozen=True)
class Panel:
    """The ratios of one metric in one condition."""

    metric: Metric
    title: str
    rows: Sequence[Comparison]  # each with a ratio
    names: Sequence[str]


def find(facts: Facts) -> list[Panel] | Missing:
    """Return a panel per metric; of many entries or conditions those of the figures that decide."""
    panels = [one for one in _panels(facts) if one.rows]
    if not panels:
        return Missing(_why(facts))
    if len(by_condition(facts.comparisons)) > 1 or len(facts.summaries) > MANY:
        decisive = (facts.run.deciding_metric, "cpu_per_request")
        panels = [one for one in panels if one.metric in decisive][:MOST_PANELS]
    return panels


def _why(facts: Facts) -> str:
    if len(facts.summaries) < 2:
        return "There is only one entry, so there is no ratio."
    reasons = dict.fromkeys(one.reason for one in facts.comparisons if one.reason)
    return f"There is no ratio: {'; '.join(reasons)}." if reasons else NOT_COMPARED


def _panels(facts: Facts) -> Iterator[Panel]:
    order = {one.label: number for number, one in enumerate(facts.summaries)}
    names = {one.label: one.name for one in facts.summaries}
    for condition, compared in by_condition(facts.comparisons).items():
        for metric in METRICS:
            own = [one for one in compared if one.metric == metric and one.ratio]
            own.sort(key=lambda one: order.get(one.label, len(order)))
            title = _title(facts, metric, compared[0].baseline if own else "")
            title = f"{condition}: {title}" if condition else title
            yield Panel(metric, title, own, [names.get(one.label, one.label) for one in own])


def _title(facts: Facts, metric: Metric, baseline: str) -> str:
    name = verdicts.NAMES[metric]
    if metric in PERCENTS:
        name += " response time" if facts.run.is_open else " service time"
    return f"{name} ÷ that of {baseline}"


def draw(panels: Sequence[Panel], sheet: Sheet) -> None:
    """Draw panel below panel, each with a logarithmic axis of its own."""
    top = 0.0
    for panel in panels:
        sheet.heading(0, top + HEADING / 2, _short(panel.title, sheet))
        rows = Rows(sheet, top + HEADING, panel.names, words=WORDS)
        rows.axes.axvspan(1 / (1 + MARGIN), 1 + MARGIN, color=BAND.light, linewidth=0)
        rows.axes.axvline(1, color=MUTED.light, linewidth=1)
        low, high = log_range([*_reach(panel.rows), 1 / LEAST_RANGE, LEAST_RANGE])
        sheet.log_x(rows.axes, low, high, lambda value: f"{value:g}{figures.TIMES}", 6)
        rows.name_all()
        right = panel.metric in HIGHER_IS_BETTER
        if not sheet.is_narrow:
            rows.note("better to the right →" if right else "← better to the left")
        for number, one in enumerate(panel.rows):
            _draw_row(sheet, rows, number, one)
        top = rows.bottom + 6
    sheet.height = round(top)


def _short(title: str, sheet: Sheet) -> str:
    most = 44 if sheet.is_narrow else 90
    return title if len(title) <= most else f"{title[: most - 1]}…"


def _reach(every: Sequence[Comparison]) -> Iterator[float]:
    for one in every:
        ratio = one.ratio or 1.0
        yield ratio
        yield max(one.low or ratio, ratio / REACH)
        yield min(one.high or ratio, ratio * REACH)


def _draw_row(sheet: Sheet, rows: Rows, number: int, one: Comparison) -> None:
    colour, y = OF_VERDICTS[one.verdict].light, rows.y(number)
    if one.low is not None and one.high is not None:
        rows.axes.plot([one.low, one.high], [y, y], color=colour, linewidth=2)
    (point,) = rows.axes.plot(
        [one.ratio or 1.0],
        [y],
        marker=MARKERS[one.verdict],
        color=colour,
        markersize=8,
        markerfacecolor="none" if one.verdict == "inconclusive" else colour,
        linestyle="none",
    )
    said = SAID.get(one.verdict, one.verdict)
    ratio = figures.ratio(one, is_baseline=False)
    sheet.title(point, f"{one.label}: {ratio} the {verdicts.NAMES[one.metric]}: {said}")
    sign = SIGNS.get(one.verdict or "", "")
    rows.say(number, f"{sign} {ratio}".strip(), colour)


def tables(facts: Facts) -> list[Table]:
    """Return all ratios of each condition, with their verdicts in words."""
    found = []
    for condition, compared in by_condition(facts.comparisons).items():
        rows = [
            (
                one.label,
                verdicts.NAMES[one.metric],
                figures.ratio(one, is_baseline=False),
                SAID.get(one.verdict, one.verdict or ""),
                str(one.rounds),
                one.reason or "",
            )
            for one in sorted(compared, key=lambda one: METRICS.index(one.metric))
        ]
        headings = ("entry", "figure", "ratio (interval)", "verdict", "rounds", "why no verdict")
        baseline = compared[0].baseline
        caption = f"Ratios to {baseline}" + (f", {condition}" if condition else "")
        found.append(Table(headings, rows, caption, texts=(0, 1, 3, 5)))
    return found


FOREST = Picture(
    "forest",
    "Ratios",
    "Each figure divided by the baseline's, with its simultaneous 95 % confidence interval. The "
    f"band is the margin within which entries count as equivalent, {100 * MARGIN:g} %. "
    "▲ better, ▼ worse, ◆ equivalent, ○ inconclusive, × no verdict.",
    find,
    draw,
    tables,
)
