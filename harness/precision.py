"""How long a comparison goes on: fixed lengths by name, or until an interval is narrow enough. Pure.

Whoever looks at an interval again and again and stops when he likes it ends at a lucky moment too often. So the
first look comes after ten rounds, and the intervals of such a run are those of a higher confidence:
``benchmarks/coverage.py`` shows what the rule needs for its intervals to hold as often as they say.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from harness.comparison import compare
from harness.errors import UsageError
from harness.model import METRICS, Ending, Metric, TrialSummary
from harness.redaction import refusal
from harness.settings import MAX_DURATION_S, seconds
from harness.statistics import STOPPED_CONFIDENCE

__all__ = [
    "FIRST_LOOK",
    "MOST_ROUNDS",
    "USUAL",
    "Length",
    "LengthOptions",
    "Precision",
    "check_budget",
    "ending",
    "length",
    "precision",
]

FIRST_LOOK = 10  # rounds
MOST_ROUNDS = 1000
BUDGET_S = 300.0
NARROWEST, WIDEST = 0.001, 0.5
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?)\s*%")


@dataclass(frozen=True)
class Length:
    """How much is measured of each competitor."""

    rounds: int
    duration_s: float  # in total


USUAL = Length(rounds=10, duration_s=10.0)
QUICK = Length(rounds=5, duration_s=5.0)
THOROUGH = Length(rounds=30, duration_s=60.0)


@dataclass(frozen=True, slots=True)
class LengthOptions:
    """What a command line says about it, as it was typed."""

    precision: str | None = None
    metric: str | None = None
    budget: str | float | None = None
    quick: bool = False
    thorough: bool = False


class Precision(BaseModel):
    """Go on until the interval of each ratio to the baseline is as narrow as this, or time is up."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    half_width: float  # as a share of the ratio: 0.02 is ± 2 %
    metric: Metric
    budget_s: float  # of wall time, for all rounds


def length(options: LengthOptions) -> Length:
    """The length asked for by name. Raises ``UsageError``."""
    if options.quick and options.thorough:
        raise UsageError("--quick, --thorough: are two lengths; expected one of them")
    if options.precision is not None and (options.quick or options.thorough):
        name = "--quick" if options.quick else "--thorough"
        raise UsageError(f"{name}: is a fixed length; expected it or --precision")
    if options.quick:
        return QUICK
    return THOROUGH if options.thorough else USUAL


def precision(options: LengthOptions) -> Precision | None:
    """The precision asked for, or None. Raises ``UsageError``."""
    if options.precision is None:
        for flag, value in (("--metric", options.metric), ("--budget", options.budget)):
            if value is not None:
                raise UsageError(f"{flag}: is about --precision; expected both")
        return None
    match = _PERCENT.fullmatch(options.precision.strip())
    half_width = float(match[1]) / 100 if match else -1.0
    if not NARROWEST <= half_width <= WIDEST:
        wanted = f"a percentage from {100 * NARROWEST:g}% to {100 * WIDEST:g}%, such as 2%"
        raise refusal("--precision", options.precision, wanted)
    budget_s = BUDGET_S
    if options.budget is not None:
        budget_s = seconds("--budget", options.budget, 1.0, MAX_DURATION_S)
    return Precision(half_width=half_width, metric=_metric(options.metric), budget_s=budget_s)


def _metric(text: str | None) -> Metric:
    name = "throughput" if text is None else text.strip().lower().replace("-", "_")
    if name not in METRICS:
        raise refusal("--metric", text, ", ".join(METRICS))
    return name


def check_budget(wanted: Precision, round_s: float) -> None:
    """Refuse a budget that cannot hold what is measured before the first look. Raises ``UsageError``."""
    least_s = FIRST_LOOK * round_s
    if least_s > wanted.budget_s:
        expected = f"{math.ceil(least_s)}s or more, what the first {FIRST_LOOK} rounds measure"
        raise refusal("--budget", f"{wanted.budget_s:g}s", expected)


def ending(
    wanted: Precision,
    trials: Iterable[TrialSummary],
    baseline: str,
    elapsed_s: float,
    round_s: float,
) -> Ending | None:
    """Whether a run is to end after these trials, and how precise it is then; None: it goes on.

    ``round_s`` is what one more round takes. A competitor without an interval (all of its trials failed)
    is not waited for; if none has one, time goes on until the budget is spent.
    """
    known = list(trials)
    rounds = len({trial.round for trial in known})
    half_width = _half_width(known, baseline, wanted.metric)
    if rounds >= FIRST_LOOK and half_width is not None and half_width <= wanted.half_width:
        return Ending("reached", wanted.metric, wanted.half_width, half_width, rounds)
    if elapsed_s + round_s > wanted.budget_s or rounds >= MOST_ROUNDS:
        return Ending("budget", wanted.metric, wanted.half_width, half_width, rounds)
    return None


def _half_width(trials: list[TrialSummary], baseline: str, metric: Metric) -> float | None:
    """The widest of the metric's intervals."""
    found = compare(trials, baseline, confidence=STOPPED_CONFIDENCE, metrics=(metric,))
    widths = [
        math.sqrt(one.high / one.low) - 1
        for one in found
        if one.low is not None and one.high is not None
    ]
    return max(widths, default=None)
