"""Numbers as people read them: three significant digits, a unit, never NaN. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import NamedTuple

from harness.analysis.statistics import MARGIN
from harness.analysis.summaries import CompetitorSummary
from harness.records.histogram import Censored
from harness.records.model import Comparison

__all__ = [
    "DASH",
    "NOTHING",
    "TIMES",
    "Unit",
    "client_name",
    "duration",
    "error_count",
    "interval",
    "latency_ms",
    "megabytes",
    "microseconds",
    "plural",
    "ratio",
    "significant",
    "throughput",
    "time_unit",
    "with_unit",
]

DASH = "\N{EN DASH}"
TIMES = "\N{MULTIPLICATION SIGN}"
NOTHING = DASH  # stands for a missing value
DIGITS = 3
LARGE_RATIO = 1e6
ALL_DIGITS = 17  # enough to tell any two floats apart


def significant(value: float | None, digits: int = DIGITS) -> str:
    """Write a number with so many significant digits and commas; a dash if there is none."""
    if value is None or not math.isfinite(value):
        return NOTHING
    if value == 0:
        return "0"
    # Round first: 999.6 is 1,000 and must not get the decimals of a three-digit number.
    scientific = f"{value:.{digits - 1}e}"
    exponent = int(scientific.partition("e")[2])
    if not -5 < exponent < 15:
        return scientific
    return f"{float(scientific):,.{max(0, digits - 1 - exponent)}f}"


def latency_ms(value_ns: float | Censored | None) -> str:
    """Return milliseconds without the unit, which the heading has; ``> 10 s`` if censored."""
    if isinstance(value_ns, Censored):
        return f"> {value_ns.timeout_ns / 1e9:g} s"
    return significant(None if value_ns is None else value_ns / 1e6)


def microseconds(value_ns: float | None) -> str:
    """Return a duration in ns as microseconds, without the unit."""
    return significant(None if value_ns is None else value_ns / 1e3)


def megabytes(value_bytes: float | None) -> str:
    """Return bytes as MB (10^6 bytes), without the unit."""
    return significant(None if value_bytes is None else value_bytes / 1e6)


def throughput(competitor: CompetitorSummary) -> str:
    """Return requests per second, with ``*`` if partial; ``failed`` or a dash if there are none."""
    if competitor.state == "failed":
        return "failed"
    mark = "*" if competitor.state == "partial" else ""
    return significant(competitor.requests_per_second) + mark


def ratio(comparison: Comparison | None, *, is_baseline: bool) -> str:
    """Return the ratio, with its 95 % interval in brackets if there is one."""
    if is_baseline:
        return "1 (baseline)"
    if comparison is None or comparison.ratio is None:
        return NOTHING
    text = significant(comparison.ratio) + TIMES
    if comparison.low is None or comparison.high is None:
        return text
    return f"{text} ({interval(comparison)})"


def interval(comparison: Comparison) -> str:
    """Return the ends of the interval, or a dash."""
    if comparison.low is None or comparison.high is None:
        return NOTHING
    return f"{_bound(comparison.low)}{DASH}{_bound(comparison.high)}"


def _bound(value: float) -> str:
    """Write the end of an interval with enough digits to read the verdict from it.

    A ratio of millions comes of too few samples; its zeros would not fit into a narrow screen.
    """
    if value >= LARGE_RATIO:
        return f"{value:.{DIGITS - 1}e}"
    enough = (
        digits
        for digits in range(DIGITS, ALL_DIGITS)
        if _sides(float(f"{value:.{digits - 1}e}")) == _sides(value)
    )
    return significant(value, next(enough, ALL_DIGITS))


def _sides(value: float) -> tuple[bool, ...]:
    """Say on which side of 1, and of the margin around it, a value is: verdicts depend on that."""
    return value < 1 / (1 + MARGIN), value < 1, value > 1, value > 1 + MARGIN


def plural(noun: str, number: int) -> str:
    """Return the noun in the form that follows the number."""
    return noun if number == 1 else f"{noun}s"


def error_count(competitor: CompetitorSummary) -> str:
    """Return the number of failed requests, and their share if there are any: ``12 (0.3%)``."""
    if not competitor.population:
        return NOTHING
    if not competitor.errors:
        return "0"
    share = 100 * competitor.errors / competitor.population
    return f"{competitor.errors:,} ({significant(share)}%)"


def client_name(competitor: CompetitorSummary) -> str:
    """Return the label without mode and version, which have their own columns."""
    return re.sub(r"==[^:+@]*|:(?:a?sync)(?![^+@])", "", competitor.name)


class Unit(NamedTuple):
    """A unit of time."""

    name: str
    ns: float


UNITS = (Unit("s", 1e9), Unit("ms", 1e6), Unit("µs", 1e3), Unit("ns", 1.0))
LEAST_IN_UNIT = 0.1  # units: 0.45 ms reads better than 450 µs
MOST_IN_UNIT = 10_000  # units: longer durations use a larger unit


def time_unit(values_ns: Iterable[float | Censored | None]) -> Unit:
    """Return the unit that suits the shortest of these durations."""
    known = [value for value in values_ns if value and not isinstance(value, Censored)]
    shortest = min(known, default=1e6)
    return next((unit for unit in UNITS if shortest >= LEAST_IN_UNIT * unit.ns), UNITS[-1])


def duration(value_ns: float | Censored | None, unit: Unit) -> str:
    """Write a duration in ``unit`` without its name, or in a much better unit with its name."""
    if isinstance(value_ns, Censored):
        return f"> {value_ns.timeout_ns / 1e9:g} s"
    if value_ns is not None and value_ns >= MOST_IN_UNIT * unit.ns:
        return with_unit(value_ns)
    return significant(None if value_ns is None else value_ns / unit.ns)


def with_unit(value_ns: float | Censored | None) -> str:
    """Write a duration in the unit that suits it: ``0.45 ms``, ``81 µs``."""
    if value_ns is None or isinstance(value_ns, Censored):
        return duration(value_ns, UNITS[0])
    unit = time_unit([value_ns])
    return f"{significant(value_ns / unit.ns)} {unit.name}"
