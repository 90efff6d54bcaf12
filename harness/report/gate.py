"""What a gate has found, as people read it: a line per limit, a table, Markdown. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from harness.records.gate_result import GateFinding, Outcome
from harness.report import figures
from harness.report.cells import Step, fitted
from harness.scenario.gate import ERROR_RATE

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["CELLS", "cells", "conclusion", "measured", "outcome", "sentence", "told", "values"]

CELLS = ("outcome", "client", "limit", "measured (interval)", "why")
# What saves room in a narrow window, in this order.
STEPS: tuple[Step, ...] = (("fold", "why"), ("fold", "limit"), ("fold", "client"), ("drop", "why"))
OUTCOMES: tuple[Outcome, ...] = ("broken", "unclear", "kept")  # the worst first
STYLES: dict[Outcome, str] = {"broken": "bold red", "unclear": "yellow", "kept": ""}


def outcome(found: Iterable[GateFinding]) -> Outcome:
    """Return the outcome of the whole gate: that of its worst rule."""
    outcomes = {one.outcome for one in found}
    return next(one for one in OUTCOMES if one in outcomes)


def conclusion(found: Sequence[GateFinding]) -> str:
    """Return one line: ``broken: 1 of 3 limits broken, 1 unclear, 1 kept``."""
    counts = Counter(one.outcome for one in found)
    parts = [f"{counts[one]} {one}" for one in OUTCOMES if counts[one]]
    limits = figures.plural("limit", len(found))
    return f"{outcome(found)}: of {len(found)} {limits} {', '.join(parts)}"


def told(found: Sequence[GateFinding]) -> Iterator[tuple[str, str]]:
    """Yield lines with their styles: the conclusion, and every limit that is not kept."""
    yield conclusion(found), STYLES[outcome(found)]
    for one in sorted(found, key=lambda one: OUTCOMES.index(one.outcome)):
        if one.outcome != "kept":
            yield sentence(one), STYLES[one.outcome]


def sentence(one: GateFinding) -> str:
    """Return one finding as a line: outcome, client, limit, what was measured, and why."""
    found = "; ".join(filter(None, (measured(one), one.reason)))
    return f"{one.outcome}: {one.label}: {one.rule}: {found}"


def cells(found: Iterable[GateFinding]) -> list[tuple[str, ...]]:
    """Return the rows of a table with the columns ``CELLS``, in the order of the file."""
    return [
        (one.outcome, one.label, one.rule, measured(one) or figures.NOTHING, one.reason or "")
        for one in found
    ]


def values(found: Sequence[GateFinding], width: int) -> RenderableType:
    """Return the table for a terminal of ``width`` columns."""
    return fitted(CELLS, cells(found), STEPS, width=width)


def measured(one: GateFinding) -> str:
    """Return the point estimate with its interval, in the unit that suits it; empty without one."""
    if one.value is None:
        return ""
    text = _value(one, one.value)
    if one.low is None or one.high is None:
        return text
    return f"{text} ({_value(one, one.low)}{figures.DASH}{_value(one, one.high)})"


def _value(one: GateFinding, value: float) -> str:
    if one.relative_to is not None:
        return f"{figures.significant(value, 4)}{figures.TIMES}"
    if one.metric == "throughput":
        return f"{figures.significant(value)}/s"
    if one.metric == "peak_memory":
        return f"{figures.megabytes(value)} MB"
    if one.metric == ERROR_RATE:
        return f"{figures.significant(100 * value)} %"
    return figures.with_unit(value)
