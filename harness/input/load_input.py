"""Parses the options of an open loop: rate, stages, arrivals."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import cast

from harness.errors import UsageError
from harness.input.options import Options
from harness.input.recorded.times import keeps_times, recorded_stage
from harness.redaction import one_of, refusal
from harness.scenario.loads import STARTERS, OpenLoad, Starter
from harness.scenario.numbers import MAX_DURATION_S, seconds
from harness.worker.arrivals import RECORDED, SPACINGS, Spacing

__all__ = ["open_load", "per_second"]

MIN_RATE, MAX_RATE = 1e-6, 10_000_000.0

_NUMBER = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?"
_PERIOD = rf"(?:{_NUMBER})?(?:ms|s|m|h)"
_RATE = rf"{_NUMBER}k?(?:\s*/\s*{_PERIOD})?"
_STAGE = re.compile(rf"({_RATE})(?:\s*-\s*({_RATE}))?\s*:\s*(\S+)", re.IGNORECASE)
_PARTS = re.compile(rf"({_NUMBER})(k?)(?:\s*/\s*({_PERIOD}))?", re.IGNORECASE)


def open_load(options: Options) -> OpenLoad | None:
    """Return the open loop, or None for a closed one. Raises ``UsageError``."""
    timed = keeps_times(options)
    if options.rate is None and not options.stage and not timed:
        problem = "applies to open loops; expected --rate or --stage with it"
        options.refuse(problem, "arrivals", "start", "max_in_flight")
        return None
    if options.rate is not None and options.stage:
        raise UsageError("both give the rate; expected one of them", "rate", "stage")
    start = cast("Starter", _choice("start", options.start, STARTERS))
    if options.start is None and options.max_in_flight is not None:
        start = "per-request"
    if start == "fixed-workers" and options.max_in_flight is not None:
        raise UsageError(
            "applies to --start per-request; expected --concurrency for fixed workers",
            "max_in_flight",
        )
    if timed:
        return OpenLoad(stages=(recorded_stage(options),), arrivals=RECORDED, start=start)
    return OpenLoad(
        rate=None if options.rate is None else _rate(options.rate),
        stages=_stages(options.stage),
        arrivals=cast("Spacing", _choice("arrivals", options.arrivals, SPACINGS)),
        start=start,
    )


def _choice(field: str, text: str | None, known: Sequence[str]) -> str:
    return known[0] if text is None else one_of(field, text, known)


def _rate(value: str | float) -> float:
    number = per_second(str(value).strip())
    if not MIN_RATE <= number <= MAX_RATE:
        accepted = f"requests per second from {MIN_RATE:g} to {MAX_RATE:,.0f}"
        raise refusal("rate", value, f"{accepted}, such as 500, 2k, 30/m or 1/30s")
    return number


def per_second(text: str) -> float:
    """Parse ``500`` or ``500/s``, ``2k`` (thousand), ``30/m``, ``1/30s``; -1 for anything else."""
    match = _PARTS.fullmatch(text)
    if match is None:
        return -1.0
    count = float(match[1]) * (1000 if match[2] else 1)
    if match[3] is None:
        return count
    period = match[3] if match[3][0] in "0123456789." else f"1{match[3]}"
    period_s = seconds("rate", period, 0.0, math.inf)
    return count / period_s if period_s else -1.0


def _stages(texts: Sequence[str]) -> tuple[tuple[float, float, float], ...]:
    stages = tuple(_stage(text) for text in texts)
    if stages and not any(start or end for start, end, _ in stages):
        raise refusal("stage", ", ".join(texts), "at least one with a rate above 0")
    return stages


def _stage(text: str) -> tuple[float, float, float]:
    match = _STAGE.fullmatch(text.strip())
    rates = [per_second(rate) for rate in (match[1], match[2] or match[1])] if match else []
    if match is None or max(rates) > MAX_RATE or min(rates) < 0:
        accepted = "RATE:SECONDS or FROM-TO:SECONDS, such as 100:5s, 0-500:30s or 30/m:10m"
        raise refusal("stage", text, accepted)
    return rates[0], rates[1], seconds("stage", match[3], 0.001, MAX_DURATION_S)
