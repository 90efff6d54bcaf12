"""How numbers are written for people: three significant digits, a unit, never NaN. Pure."""

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
    "PERCENTILES",
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
NOTHING = DASH  # there is no value
PERCENTILES = (50.0, 75.0, 90.0, 95.0, 99.0, 99.9, 100.0)  # that one client is shown with
DIGITS = 3
ALL_DIGITS = 17  # no two numbers are the same in so many


def significant(value: float | None, digits: int = DIGITS) -> str:
    """Significant digits, thousands set apart by commas; a dash for no or no finite value."""
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
    """Milliseconds without the unit, as the column's heading has it; ``> 10 s`` when censored."""
    if isinstance(value_ns, Censored):
        return f"> {value_ns.timeout_ns / 1e9:g} s"
    return significant(None if value_ns is None else value_ns / 1e6)


def microseconds(value_ns: float | None) -> str:
    """A duration in ns as microseconds, without the unit."""
    return significant(None if value_ns is None else value_ns / 1e3)


def megabytes(value_bytes: float | None) -> str:
    """Bytes as MB (10^6 bytes), without the unit."""
    return significant(None if value_bytes is None else value_bytes / 1e6)


def throughput(competitor: CompetitorSummary) -> str:
    """Requests per second, ``*`` after that of a partial competitor; ``failed`` or a dash in its place."""
    if competitor.state == "failed":
        return "failed"
    mark = "*" if competitor.state == "partial" else ""
    return significant(competitor.requests_per_second) + mark


def ratio(comparison: Comparison | None, *, is_baseline: bool) -> str:
    """The ratio and in brackets its 95 % interval, as far as there is one."""
    if is_baseline:
        return "1 (baseline)"
    if comparison is None or comparison.ratio is None:
        return NOTHING
    text = significant(comparison.ratio) + TIMES
    if comparison.low is None or comparison.high is None:
        return text
    return f"{text} ({interval(comparison)})"


def interval(comparison: Comparison) -> str:
    """The ends of its interval, or a dash."""
    if comparison.low is None or comparison.high is None:
        return NOTHING
    return f"{_bound(comparison.low)}{DASH}{_bound(comparison.high)}"


def _bound(value: float) -> str:
    """With as many digits as it takes that its verdict can be read from it."""
    enough = (
        digits
        for digits in range(DIGITS, ALL_DIGITS)
        if _sides(float(f"{value:.{digits - 1}e}")) == _sides(value)
    )
    return significant(value, next(enough, ALL_DIGITS))


def _sides(value: float) -> tuple[bool, ...]:
    """On which side it is of what verdicts depend on: 1, and the margin around it."""
    return value < 1 / (1 + MARGIN), value < 1, value > 1, value > 1 + MARGIN


def plural(noun: str, number: int) -> str:
    """The noun as it stands after the number."""
    return noun if number == 1 else f"{noun}s"


def error_count(competitor: CompetitorSummary) -> str:
    """Failed requests, and their share when there are any: ``12 (0.3%)``."""
    if not competitor.population:
        return NOTHING
    if not competitor.errors:
        return "0"
    share = 100 * competitor.errors / competitor.population
    return f"{competitor.errors:,} ({significant(share)}%)"


def client_name(competitor: CompetitorSummary) -> str:
    """The label without what stands in columns of its own: mode and version."""
    return re.sub(r"==[^:+@]*|:(?:a?sync)(?![^+@])", "", competitor.name)


class Unit(NamedTuple):
    """A unit of time."""

    name: str
    ns: float


UNITS = (Unit("s", 1e9), Unit("ms", 1e6), Unit("µs", 1e3), Unit("ns", 1.0))
LEAST_IN_UNIT = 0.1  # of a unit: 0.45 ms reads better than 450 µs
MOST_IN_UNIT = 10_000  # beyond it a duration has a unit of its own


def time_unit(values_ns: Iterable[float | Censored | None]) -> Unit:
    """The unit that suits the shortest of these durations."""
    known = [value for value in values_ns if value and not isinstance(value, Censored)]
    shortest = min(known, default=1e6)
    return next((unit for unit in UNITS if shortest >= LEAST_IN_UNIT * unit.ns), UNITS[-1])


def duration(value_ns: float | Censored | None, unit: Unit) -> str:
    """A duration in ``unit``, without it; with another one, and its name, where that suits much better."""
    if isinstance(value_ns, Censored):
        return f"> {value_ns.timeout_ns / 1e9:g} s"
    if value_ns is not None and value_ns >= MOST_IN_UNIT * unit.ns:
        return with_unit(value_ns)
    return significant(None if value_ns is None else value_ns / unit.ns)


def with_unit(value_ns: float | Censored | None) -> str:
    """A duration in the unit that suits it: ``0.45 ms``, ``81 µs``."""
    if value_ns is None or isinstance(value_ns, Censored):
        return duration(value_ns, UNITS[0])
    unit = time_unit([value_ns])
    return f"{significant(value_ns / unit.ns)} {unit.name}"
