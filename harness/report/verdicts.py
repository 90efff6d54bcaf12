"""Verdicts for people: sentences on throughput, a table of the other metrics, a matrix. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.analysis.comparison import PERCENTS, swapped
from harness.analysis.statistics import MARGIN
from harness.option_names import option
from harness.records.conditions import by_condition
from harness.records.confidence import CONFIDENCE
from harness.records.model import METRICS, Comparison, Ending, EndingReason, Metric
from harness.report import figures
from harness.report.cells import Cells
from harness.scenario.precision import FIRST_LOOK, MOST_ROUNDS

__all__ = [
    "LEVEL",
    "MARKS",
    "NAMES",
    "by_metric",
    "cell",
    "cells",
    "ending_line",
    "headings",
    "matrix_cells",
    "matrix_headings",
    "pair_cells",
    "pair_headings",
    "ratio_headings",
    "sentences",
    "silences",
]

NAMES: dict[Metric, str] = {
    "throughput": "throughput",
    "cpu_per_request": "CPU per request",
    "p50": "p50",
    "p99": "p99",
    "peak_memory": "peak memory",
}
OTHERS = tuple(metric for metric in METRICS if metric != "throughput")
LEVEL = f"{100 * CONFIDENCE:g} %"
ENDINGS: dict[EndingReason, str] = {
    "reached": "",
    "budget": f": time is up; use a longer {option('budget')} or a wider {option('precision')}",
    "rounds": f": {MOST_ROUNDS} rounds is the maximum; use a wider {option('precision')}",
    "no verdict": ": no verdict is possible, even with more rounds",
    "early": ": the run ended before",
}
WIDER = (
    "intervals in the matrix are wider because there are more of them; a verdict against the "
    "baseline may be inconclusive there"
)
EQUIVALENT = f"equivalent within {100 * MARGIN:g} %"
MARKED = {
    "equivalent": "\N{ALMOST EQUAL TO} {}",
    "inconclusive": "? {}",
    None: "[{}]",
}
MARKS = f"\N{ALMOST EQUAL TO} {EQUIVALENT}, ? inconclusive, [ ] no verdict"


def sentences(
    comparisons: Sequence[Comparison],
    matrix: Sequence[Comparison] = (),
    ending: Ending | None = None,
) -> list[str]:
    """Return a line for each verdict on throughput, then missing verdicts, then what intervals
    mean.

    Pairs of the ``matrix`` are named only if ``comparisons`` do not contain them.
    """
    said = [_sentence(one) for one in comparisons if one.metric == "throughput" and one.verdict]
    precise = [] if ending is None else [f"precision: {ending_line(ending)}"]
    silent = [*silences(comparisons), *_silent_pairs(matrix, comparisons)]
    return [*said, *silent, *_together(comparisons, matrix), *precise]


def _sentence(one: Comparison) -> str:
    """Say "4.4× the throughput", never "4.4× faster"."""
    if one.verdict in ("faster", "slower"):
        ratio = figures.significant(one.ratio) + figures.TIMES
        return (
            f"{one.label} has {ratio} the {NAMES[one.metric]} of {one.baseline} "
            f"({LEVEL} CI {figures.interval(one)})"
        )
    text = EQUIVALENT if one.verdict == "equivalent" else one.verdict
    return f"{one.baseline} and {one.label}: {NAMES[one.metric]} {text} ({figures.interval(one)})"


def ending_line(end: Ending) -> str:
    """Say which precision a run with a wanted precision has reached."""
    wanted = f"± {100 * end.wanted:.3g} %"
    reached = "no interval" if end.half_width is None else f"± {_percent(end)} %"
    rounds = f"{end.rounds} {figures.plural('round', end.rounds)}"
    said = f"{reached} of {NAMES[end.metric]} after {rounds}, wanted {wanted}"
    if end.reason == "budget" and end.rounds < FIRST_LOOK:
        early = f"time was up before the first look, which comes after {FIRST_LOOK} rounds"
        return f"{said}: {early}; use a longer {option('budget')}"
    return said + ENDINGS[end.reason]


def _percent(end: Ending) -> str:
    """Return the half width with enough digits to tell it from the wanted one."""
    found, wanted = 100 * (end.half_width or 0.0), 100 * end.wanted
    texts = (f"{found:.{digits}g}" for digits in range(2, 17))
    enough = (text for text in texts if (float(text) <= wanted) == (found <= wanted))
    return next(enough, repr(found))


def _together(comparisons: Sequence[Comparison], matrix: Sequence[Comparison]) -> list[str]:
    family, pairs = _family(comparisons), _family(matrix)
    within = " within a condition" if len(by_condition([*comparisons, *matrix])) > 1 else ""
    parts = []
    if family > 1:
        parts.append(f"for all {family} ratios of a metric{within} together")
    if pairs > 1:
        parts.append(f"for all {pairs} pairs{within} together")
    said = [f"intervals are simultaneous: {LEVEL} {', and '.join(parts)}"] if parts else []
    return [*said, WIDER] if 0 < family < pairs else said


def _family(comparisons: Sequence[Comparison]) -> int:
    return max((one.family or 1 for one in comparisons if one.low is not None), default=0)


def silences(comparisons: Sequence[Comparison]) -> list[str]:
    """Return one line per reason and set of competitors, with all metrics it concerns."""
    return _silences((one, one.label) for one in comparisons)


def _silent_pairs(matrix: Sequence[Comparison], comparisons: Sequence[Comparison]) -> list[str]:
    """Return the same lines for pairs."""
    told = {_pair(one) for one in comparisons}
    return _silences(
        (one, f"{one.label} ÷ {one.baseline}") for one in matrix if _pair(one) not in told
    )


def _pair(one: Comparison) -> tuple[frozenset[str], Metric]:
    """Return the pair regardless of its order."""
    return frozenset((one.label, one.baseline)), one.metric


def _silences(named: Iterable[tuple[Comparison, str]]) -> list[str]:
    metrics: dict[tuple[str, Metric], list[str]] = {}
    for one, name in named:
        if one.reason is not None:
            metrics.setdefault((one.reason, one.metric), []).append(name)
    merged: dict[tuple[str, Cells], list[str]] = {}
    for (reason, metric), labels in metrics.items():
        merged.setdefault((reason, tuple(labels)), []).append(NAMES[metric])
    return [
        f"no verdict on {', '.join(names)} of {', '.join(labels)}: {reason}"
        for (reason, labels), names in merged.items()
    ]


def headings(comparisons: Sequence[Comparison], *, open_loop: bool = False) -> Cells:
    """Return the headings for the other metrics; the first names the baseline of the ratios."""
    return ratio_headings(comparisons[0].baseline if comparisons else "", OTHERS, open_loop)


def ratio_headings(other: str, metrics: Iterable[Metric], open_loop: bool) -> Cells:
    """Return the headings of ratios to ``other``, a column for each metric."""
    time = "response " if open_loop else ""
    names = (f"{time}{metric}" if metric in PERCENTS else NAMES[metric] for metric in metrics)
    return (f"ratio to {other}", *names)


def cells(comparisons: Sequence[Comparison]) -> list[Cells]:
    """Return a row per competitor, with a ratio or dash for each metric but throughput."""
    others = [one for one in comparisons if one.metric != "throughput"]
    if not any(one.ratio for one in others):
        return []
    by_label: dict[str, dict[Metric, str]] = {}
    for one in others:
        by_label.setdefault(one.label, {})[one.metric] = _whole(one)
    return [
        (label, *(found.get(metric, figures.NOTHING) for metric in OTHERS))
        for label, found in by_label.items()
    ]


def cell(one: Comparison) -> str:
    """Return the ratio if it differs from 1, else the word for equivalent or inconclusive."""
    if one.verdict is None:
        return figures.NOTHING
    if one.verdict in ("equivalent", "inconclusive"):
        return f"{one.verdict} ({figures.interval(one)})"
    return figures.ratio(one, is_baseline=False)


def _whole(one: Comparison) -> str:
    """Return ratio and interval, marked if not different from 1, in brackets without a verdict."""
    if one.ratio is None:
        return figures.NOTHING
    ratio = figures.ratio(one, is_baseline=False)
    return MARKED.get(one.verdict, "{}").format(ratio)


def by_metric(matrix: Sequence[Comparison]) -> list[list[Comparison]]:
    """Return a matrix per condition and metric with a verdict on any pair, and for throughput."""
    found = (
        [one for one in of_condition if one.metric == metric]
        for of_condition in by_condition(matrix).values()
        for metric in METRICS
    )
    return [
        pairs
        for pairs in found
        if pairs and (pairs[0].metric == METRICS[0] or any(one.verdict for one in pairs))
    ]


def matrix_headings(matrix: Sequence[Comparison]) -> Cells:
    """Return the competitors; a row's value is divided by the column's."""
    return (f"{NAMES[matrix[0].metric]}: row ÷ column", *_labels(matrix))


def matrix_cells(matrix: Sequence[Comparison]) -> list[Cells]:
    """Return a row and a column per competitor, for one metric."""
    known = {(one.label, one.baseline): one for one in matrix}
    known |= {(one.baseline, one.label): swapped(one) for one in matrix}
    labels = _labels(matrix)
    return [
        (row, *("" if row == column else cell(known[row, column]) for column in labels))
        for row in labels
    ]


def pair_headings(matrix: Sequence[Comparison]) -> Cells:
    """Return the headings of ``pair_cells``."""
    return (f"{NAMES[matrix[0].metric]} of", "to that of", "ratio (95 %)", "verdict")


def pair_cells(matrix: Sequence[Comparison]) -> list[Cells]:
    """Return a row per pair, for terminals that are too narrow for a square."""
    return [
        (
            one.label,
            one.baseline,
            figures.ratio(one, is_baseline=False),
            one.verdict or figures.NOTHING,
        )
        for one in matrix
    ]


def _labels(matrix: Sequence[Comparison]) -> Cells:
    """Return labels in the order of the table: the second of a pair comes first."""
    return tuple(dict.fromkeys(x for one in matrix for x in (one.baseline, one.label)))
