"""What a command line says about an open loop."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import cast

from harness.errors import UsageError
from harness.input.options import Options
from harness.redaction import one_of, refusal
from harness.scenario.loads import STARTERS, OpenLoad, Starter
from harness.scenario.numbers import MAX_DURATION_S, seconds
from harness.worker.arrivals import SPACINGS, Spacing

__all__ = ["open_load"]

MIN_RATE, MAX_RATE = 1e-6, 10_000_000.0

_RATE = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?"
_STAGE = re.compile(rf"({_RATE})(?:\s*-\s*({_RATE}))?\s*:\s*(\S+)", re.IGNORECASE)


def open_load(options: Options) -> OpenLoad | None:
    """The open loop asked for, or None. Raises ``UsageError``."""
    if options.rate is None and not options.stage:
        problem = "is about an open loop; expected --rate or --stage with it"
        options.refuse(problem, "arrivals", "start", "max_in_flight")
        return None
    if options.rate is not None and options.stage:
        raise UsageError("both give the rate; expected one of them", "rate", "stage")
    start = cast("Starter", _choice("start", options.start, STARTERS))
    if options.start is None and options.max_in_flight is not None:
        start = "per-request"
    if start == "fixed-workers" and options.max_in_flight is not None:
        raise UsageError(
            "limits --start per-request; fixed workers are --concurrency", "max_in_flight"
        )
    return OpenLoad(
        rate=None if options.rate is None else _rate(options.rate),
        stages=_stages(options.stage),
        arrivals=cast("Spacing", _choice("arrivals", options.arrivals, SPACINGS)),
        start=start,
    )


def _choice(field: str, text: str | None, known: Sequence[str]) -> str:
    return known[0] if text is None else one_of(field, text, known)


def _rate(value: str | float) -> float:
    text = str(value).strip()
    number = float(text) if re.fullmatch(_RATE, text, re.IGNORECASE) else -1.0
    if not MIN_RATE <= number <= MAX_RATE:
        raise refusal("rate", value, f"requests per second from {MIN_RATE:g} to {MAX_RATE:,.0f}")
    return number


def _stages(texts: Sequence[str]) -> tuple[tuple[float, float, float], ...]:
    stages = tuple(_stage(text) for text in texts)
    if stages and not any(start or end for start, end, _ in stages):
        raise refusal("stage", ", ".join(texts), "at least one with a rate above 0")
    return stages


def _stage(text: str) -> tuple[float, float, float]:
    match = _STAGE.fullmatch(text.strip())
    rates = [float(rate) for rate in (match[1], match[2] or match[1])] if match else []
    if match is None or max(rates) > MAX_RATE:
        raise refusal("stage", text, "RATE:SECONDS or FROM-TO:SECONDS, such as 100:5s, 0-500:30s")
    return rates[0], rates[1], seconds("stage", match[3], 0.001, MAX_DURATION_S)
