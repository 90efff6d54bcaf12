"""Parses how long to measure: a named length, or a precision to reach. Pure."""

from __future__ import annotations

import math
import re

from harness.errors import UsageError
from harness.input.options import Options
from harness.records.model import METRICS, Metric
from harness.redaction import quoted, refusal
from harness.scenario.numbers import MAX_DURATION_S, seconds
from harness.scenario.precision import FIRST_LOOK, QUICK, THOROUGH, USUAL, Length, Precision

__all__ = ["TYPED_METRICS", "check_budget", "length", "precision", "typed_budget_s"]

TYPED_METRICS: dict[str, Metric] = {name.replace("_", "-"): name for name in METRICS}
NAMED = {"quick": QUICK, "thorough": THOROUGH}
BUDGET_S = 300.0
NARROWEST, WIDEST = 0.001, 0.5
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?)\s*%")


def length(options: Options) -> Length:
    """Return the length that a flag names, or the usual one. Raises ``UsageError``."""
    named = [field for field in NAMED if getattr(options, field)]
    if len(named) > 1:
        raise UsageError("both set the length; expected one of them", *named)
    if named and options.precision is not None:
        raise UsageError(
            "sets a fixed length, and --precision finds its own; expected one of them", *named
        )
    return NAMED[named[0]] if named else USUAL


def precision(options: Options) -> Precision | None:
    """Return the precision to reach, or None. Raises ``UsageError``."""
    if options.precision is None:
        options.refuse("applies to --precision; expected both", "metric")
        if options.gate is None:
            options.refuse("applies to --precision or --gate; expected one of them", "budget")
        return None
    match = _PERCENT.fullmatch(options.precision.strip())
    half_width = float(match[1]) / 100 if match else -1.0
    if not NARROWEST <= half_width <= WIDEST:
        wanted = f"a percentage from {100 * NARROWEST:g}% to {100 * WIDEST:g}%, such as 2%"
        raise refusal("precision", options.precision, wanted)
    metric, budget_s = _metric(options.metric), typed_budget_s(options) or BUDGET_S
    return Precision(half_width=half_width, metric=metric, budget_s=budget_s)


def typed_budget_s(options: Options) -> float | None:
    """Return the budget in s; None if none was typed. Raises ``UsageError``."""
    if options.budget is None:
        return None
    return seconds("budget", options.budget, 1.0, MAX_DURATION_S)


def _metric(text: str | None) -> Metric:
    typed = "throughput" if text is None else text.strip().lower().replace("_", "-")
    found = TYPED_METRICS.get(typed)
    if found is None:  # no guess: all percentiles resemble each other
        raise refusal("metric", text, ", ".join(TYPED_METRICS))
    return found


def check_budget(budget_s: float, least_s: float, file: str | None) -> None:
    """Refuse a budget too short for the rounds before the first check. Raises ``UsageError``.

    ``file`` has the limits, and the budget; None: it was typed, or is the usual one.
    """
    if least_s > budget_s:
        expected = f"{math.ceil(least_s)}s or more (the first {FIRST_LOOK} rounds take that long)"
        error = refusal("budget", f"{budget_s:g}s", expected)
        if file is not None:
            raise UsageError(f"{quoted(file)} budget: {error.problem}", "gate")
        raise error
