"""The columns of the answer's table, and the order in which they are dropped. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from harness.analysis.losses import holds_rate, lost_share
from harness.analysis.statistics import MARGIN
from harness.analysis.summaries import CompetitorSummary
from harness.records.histogram import Censored
from harness.records.model import Comparison, Metric, RunRecord, TrialSummary
from harness.report import figures
from harness.report.answer.servers import Server, servers
from harness.report.view import is_open

__all__ = ["BAR", "LEGEND", "SIGNS", "Cell", "Column", "columns", "ranked"]

BASELINE = "baseline"
SIGNS = {
    "faster": "\N{BLACK UP-POINTING TRIANGLE}",
    "slower": "\N{BLACK DOWN-POINTING TRIANGLE}",
    "equivalent": "\N{ALMOST EQUAL TO}",
    "inconclusive": "?",
}
STYLES = {"faster": "green", "slower": "red", "equivalent": "", "inconclusive": "yellow"}
LEGEND = (
    f"{SIGNS['faster']} better, {SIGNS['slower']} worse, {SIGNS['equivalent']} within "
    f"{100 * MARGIN:g} %, {SIGNS['inconclusive']} inconclusive, against the baseline"
)
BAR = "bar"  # the key of the drawn column, which takes the remaining width

# Columns are left out in this order if there is no room. Client, throughput and its ratio always
# stay, and errors if there are any.
DROPPED = (
    *("min", "p75", "p90", "p95", "share", "statuses"),
    *("version", "95 % interval", "memory ratio", "p50 ratio", "CPU ratio", "p99 ratio"),
    *("queue p99", "memory", "p50", BAR, "CPU", "p99"),
)


class Cell(NamedTuple):
    """A text and its style."""

    text: str
    style: str = ""


@dataclass(frozen=True)
class Column:
    """One column, with a cell for each row."""

    key: str  # a column whose key is not in DROPPED always stays
    heading: str
    cells: tuple[Cell, ...]
    is_text: bool = False  # texts are left-aligned, figures right-aligned
    shares: tuple[float, ...] = ()  # for the bar: each row's length, 0 to 1
    # Columns of one group stand together, with its name above them. The first column, which belongs
    # to none, has here what the groups are.
    group: str = ""


def ranked(run: RunRecord, summaries: Sequence[CompetitorSummary]) -> list[CompetitorSummary]:
    """Sort by throughput, best first, failed ones last.

    In an open loop sort by p99 response time, which says nothing about requests that failed or were
    never sent: entries that do not hold the rate come after those that do, sorted by their share.
    """
    if not is_open(run):
        return sorted(summaries, key=_throughput)

    def order(one: CompetitorSummary) -> tuple[bool, bool, float, float]:
        holds = holds_rate(run, one)
        lost = 0.0 if holds else lost_share([one])
        return one.state == "failed", not holds, lost, _latency(one)

    return sorted(summaries, key=order)


def columns(
    run: RunRecord,
    trials: Sequence[TrialSummary],
    summaries: Sequence[CompetitorSummary],
    comparisons: Sequence[Comparison],
) -> list[Column]:
    """Return all possible columns for ``summaries``, a row each, from left to right."""
    compared = {(one.label, one.metric): one for one in comparisons}
    table = _Table(run, summaries, compared, servers(run, trials))
    made = chain(table.names(), table.load(), table.latencies(), table.costs())
    return [column for column in made if any(cell.text for cell in column.cells) or column.shares]


@dataclass(frozen=True)
class _Table:
    run: RunRecord
    rows: Sequence[CompetitorSummary]
    compared: Mapping[tuple[str, Metric], Comparison]
    servers: Mapping[str, Server]  # by label, if targets are compared

    def names(self) -> Iterator[Column]:
        heading = self.run.axis.replace("_", " ")
        yield Column("client", heading, self._texts(lambda one: one.name), is_text=True)
        if self.servers:
            version = self._texts(lambda one: self.servers[one.label].version)
        else:
            version = self._texts(lambda one: one.client_version or figures.NOTHING)
        yield Column("version", "version", version, is_text=True)

    def load(self) -> Iterator[Column]:
        yield Column("throughput", "req/s", self._texts(figures.throughput))
        if any(one.errors for one in self.rows):
            yield Column("errors", "errors", tuple(map(_errors, self.rows)))
        if is_open(self.run):
            return
        if len(self.rows) > 1:
            yield self._ratio("throughput", "ratio")
            yield self._interval()
        best = max((one.requests_per_second or 0.0 for one in self.rows), default=0.0)
        if best and len(self.rows) > 1:
            shares = tuple((one.requests_per_second or 0.0) / best for one in self.rows)
            yield Column(BAR, "", (), is_text=True, shares=shares)

    def latencies(self) -> Iterator[Column]:
        """Yield the columns of response times; in a closed loop these are service times."""
        percentiles: tuple[tuple[Metric, int], ...] = (("p50", 50), ("p99", 99))
        for metric, percent in percentiles:
            values = [one.response_percentile(percent) for one in self.rows]
            yield self._times(metric, metric, values)
            # in an open loop the p99 is what decides
            decides = is_open(self.run) and metric == "p99" and len(self.rows) > 1
            yield self._ratio(metric, "ratio" if decides else f"{metric} ratio")
        if is_open(self.run):
            loops = [one.open_loop for one in self.rows]
            waits = [None if loop is None else loop.queue_wait.percentile(99) for loop in loops]
            yield self._times("queue p99", "queue p99", waits)

    def costs(self) -> Iterator[Column]:
        if self.servers:
            known = [self.servers[one.label] for one in self.rows]
            yield self._times("CPU", "CPU", [one.cpu_per_request_ns for one in known])
            memory = (figures.megabytes(one.peak_rss_bytes) for one in known)
            yield Column("memory", "MB", tuple(map(Cell, memory)))
            return
        yield self._times("CPU", "CPU", [one.cpu_per_request_ns for one in self.rows])
        yield self._ratio("cpu_per_request", "CPU ratio")
        memory = (figures.megabytes(one.peak_rss_bytes) for one in self.rows)
        yield Column("memory", "MB", tuple(map(Cell, memory)))
        yield self._ratio("peak_memory", "memory ratio")

    def _texts(self, text: Callable[[CompetitorSummary], str]) -> tuple[Cell, ...]:
        style = {True: "bold", False: ""}
        return tuple(Cell(text(one), style[self._is_baseline(one)]) for one in self.rows)

    def _times(self, key: str, heading: str, values: Sequence[float | Censored | None]) -> Column:
        """Return a column of durations in ns, all in the unit that suits the shortest."""
        unit = figures.time_unit(values)
        cells = tuple(Cell(figures.duration(value, unit)) for value in values)
        return Column(key, f"{heading} {unit.name}", cells)

    def _ratio(self, metric: Metric, key: str) -> Column:
        cells = tuple(self._ratio_cell(one, metric, key) for one in self.rows)
        # a run without a verdict on anything has nothing to show here
        known = any(cell.text not in (figures.NOTHING, BASELINE) for cell in cells)
        return Column(key, "ratio", cells if known or key == "ratio" else ())

    def _ratio_cell(self, one: CompetitorSummary, metric: Metric, key: str) -> Cell:
        if self._is_baseline(one):
            return Cell(BASELINE, "bold") if key == "ratio" else Cell(figures.NOTHING)
        found = self.compared.get((one.label, metric))
        if found is None or found.ratio is None or found.verdict is None:
            return Cell(figures.NOTHING)
        ratio = f"{SIGNS[found.verdict]} {figures.significant(found.ratio)}{figures.TIMES}"
        return Cell(ratio, STYLES[found.verdict])

    def _interval(self) -> Column:
        found = (self.compared.get((one.label, "throughput")) for one in self.rows)
        cells = tuple(
            Cell(figures.interval(one) if one is not None and one.verdict else "") for one in found
        )
        return Column("95 % interval", "95 % interval", cells)

    def _is_baseline(self, one: CompetitorSummary) -> bool:
        return one.name == self.run.baseline and len(self.rows) > 1


def _errors(one: CompetitorSummary) -> Cell:
    return Cell(figures.error_count(one), "red" if one.errors else "")


def _throughput(one: CompetitorSummary) -> float:
    return math.inf if one.state == "failed" else -(one.requests_per_second or 0.0)


def _latency(one: CompetitorSummary) -> float:
    value = one.response_percentile(99)
    if value is None or one.state == "failed":
        return math.inf
    return float(value.timeout_ns) if isinstance(value, Censored) else value
