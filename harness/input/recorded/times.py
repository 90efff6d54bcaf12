"""The times of recorded requests, as options change them."""

from __future__ import annotations

import re
from fractions import Fraction

from harness.errors import UsageError
from harness.input.options import Options
from harness.input.recorded.servers import chosen
from harness.input.recorded.traffic import Traffic
from harness.option_names import option
from harness.redaction import quoted, refusal
from harness.scenario.numbers import MAX_DURATION_S

__all__ = ["check_times", "keeps_times", "offsets_ns", "recorded_stage", "speed"]

SECOND_NS = 10**9
SLOWEST, FASTEST = Fraction(1, 1000), Fraction(1000)
_SPEED = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)\s*x?", re.IGNORECASE)
# What the times of a recording set.
NOT_WITH_TIMES = (
    *("duration", "requests", "rate", "stage", "arrivals", "think_time", "precision", "slice"),
    "preset",
)


def keeps_times(options: Options) -> bool:
    """Say whether requests are sent at the times at which they were recorded."""
    return options.file is not None and options.file.recorded is not None and not options.as_mixture


def check_times(options: Options, traffic: Traffic) -> None:
    """Refuse what contradicts the times of a recording, and times that are unknown or too long."""
    if options.as_mixture:
        options.refuse(f"applies to recorded times; expected no {option('as_mixture')}", "speed")
        return
    for field in NOT_WITH_TIMES:
        if getattr(options, field) not in (None, ()):
            raise UsageError(
                f"recorded requests have times of their own; expected none, or "
                f"{option('as_mixture')}",
                field,
            )
    assert options.file is not None
    name = quoted(options.file.name)
    if traffic.untimed is not None:
        raise UsageError(
            f"{name} {traffic.unit} {traffic.untimed} has no time; expected one, or "
            f"{option('as_mixture')}",
            "scenario",
        )
    length_s = _length_ns(options, traffic) / SECOND_NS
    if length_s > MAX_DURATION_S:
        raise UsageError(
            f"{name} takes {length_s:,.0f} s; expected at most {MAX_DURATION_S:,.0f} s, with a "
            f"higher {option('speed')}, or a part of it",
            "speed",
        )


def offsets_ns(options: Options, traffic: Traffic) -> tuple[int, ...]:
    """Return when each request is due after the first."""
    factor = speed(options)
    if factor == 1:
        return traffic.offsets_ns
    return tuple(offset * factor.denominator // factor.numerator for offset in traffic.offsets_ns)


def recorded_stage(options: Options) -> tuple[float, float, float]:
    """Return (rate, rate, seconds): the mean rate, for as long as the recording takes."""
    traffic = chosen(options)
    length_s = _length_ns(options, traffic) / SECOND_NS
    rate = len(traffic.requests) / length_s
    return rate, rate, length_s


def _length_ns(options: Options, traffic: Traffic) -> int:
    return max(1_000_000, int(traffic.length_ns / speed(options)))


def speed(options: Options) -> Fraction:
    """Return how much faster than they were recorded requests are sent. Raises ``UsageError``."""
    if options.speed is None:
        return Fraction(1)
    match = _SPEED.fullmatch(str(options.speed).strip())
    found = Fraction(match[1]) if match else Fraction(0)
    if not SLOWEST <= found <= FASTEST:
        accepted = f"a factor from {float(SLOWEST)} to {FASTEST}, such as 2x or 0.5x"
        raise refusal("speed", options.speed, accepted)
    return found
