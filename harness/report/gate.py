"""The findings of a gate as people read them: a line per limit, a table, Markdown. Pure."""

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

__all__ = [
    "CELLS",
    "cells",
    "conclusion",
    "measured",
    "outcome",
    "reasons",
    "sentence",
    "told",
    "values",
]

CELLS = ("outcome", "client", "limit", "measured (interval)", "why")
# What saves room in a narrow window, in this order.
STEPS: tuple[Step, ...] = (("fold", "limit"), ("fold", "measured (interval)"), ("fold", "client"))
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
    """Yield lines with their styles: the conclusion, and every limit that is not kept.

    Limits that are unclear for the same reason share a line.
    """
    yield conclusion(found), STYLES[outcome(found)]
    for one in found:
        if one.outcome == "broken":
            yield sentence(one), STYLES["broken"]
    for reason, own in _by_reason(found).items():
        if len(own) == 1:
            yield sentence(own[0]), STYLES["unclear"]
        elif len(own) == len(found):
            yield f"all of them because of {reason}", STYLES["unclear"]
        else:
            named = "; ".join(f"{one.label}: {one.rule}" for one in own)
            yield f"unclear, because of {reason}: {named}", STYLES["unclear"]


def reasons(found: Sequence[GateFinding]) -> Iterator[str]:
    """Yield a line for each reason why limits are unclear."""
    for reason, own in _by_reason(found).items():
        many = f"{len(own)} {figures.plural('limit', len(own))}"
        yield f"unclear ({many}): {reason}"


def _by_reason(found: Iterable[GateFinding]) -> dict[str, list[GateFinding]]:
    groups: dict[str, list[GateFinding]] = {}
    for one in found:
        if one.outcome == "unclear":
            groups.setdefault(one.reason or "", []).append(one)
    return groups


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
    """Return the table for a terminal of ``width`` columns, without the reasons."""
    rows = [row[:-1] for row in cells(found)]
    return fitted(CELLS[:-1], rows, STEPS, width=width)


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
