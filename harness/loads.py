"""When requests start: open loops as the user asks for them. Pure.

A closed loop needs no description: each slot sends again when it is done, after its think time.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, cast

from pydantic import BaseModel, ConfigDict

from harness.errors import UsageError
from harness.redaction import refusal
from harness.settings import MAX_DURATION_S, seconds
from harness.worker.arrivals import SPACINGS, Spacing
from harness.worker.job import Pace

__all__ = ["STARTERS", "LoadOptions", "OpenLoad", "Starter", "open_load"]

Starter = Literal["fixed-workers", "per-request"]
STARTERS: tuple[Starter, ...] = Starter.__args__  # type: ignore[attr-defined]
MIN_RATE, MAX_RATE = 1e-6, 10_000_000.0
SECOND_NS = 10**9
HALF = Fraction(1, 2)

_RATE = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?"
_STAGE = re.compile(rf"({_RATE})(?:\s*-\s*({_RATE}))?\s*:\s*(\S+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """What a command line says about an open loop, as it was typed."""

    rate: str | float | None = None
    stage: tuple[str, ...] = ()  # RATE:SECONDS or FROM-TO:SECONDS each
    arrivals: str | None = None
    start: str | None = None
    max_in_flight: str | int | None = None


class OpenLoad(BaseModel):
    """An open loop: a constant ``rate``, or ``stages`` of (rate at the start, at the end, seconds)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rate: float | None = None
    stages: tuple[tuple[float, float, float], ...] = ()
    arrivals: Spacing = "uniform"
    start: Starter = "fixed-workers"

    @property
    def shape_s(self) -> float | None:
        """How long the stages take; None for a constant rate, which may be cut into slices."""
        return sum(seconds for _, _, seconds in self.stages) or None

    @property
    def highest(self) -> float:
        """The highest rate it asks for, 1/s."""
        return self.rate or max(max(a, b) for a, b, _ in self.stages)

    def starts(self, length_ns: int) -> int:
        """Intended starts in ``length_ns`` of it: rate × duration, rounded to the nearest, half down."""
        return math.ceil(self._due(length_ns) - HALF)

    def pace(self, length_ns: int, requests: int | None, seed: int, behind_ns: int = 0) -> Pace:
        """One window of the load: all of its stages, or its rate for ``length_ns`` or ``requests``.

        ``behind_ns`` of the same load have been before, in other windows. Together they have as many starts as
        the whole would have at once, to the request.
        """
        if requests is not None and self.rate is not None:
            length_ns = math.ceil(requests / self.rate * SECOND_NS) + 1
            return self._pace(((self.rate, self.rate, length_ns),), seed, requests, 0.0)
        before = self.starts(behind_ns)
        count = self.starts(behind_ns + length_ns) - before
        phase = float(before + HALF - self._due(behind_ns))
        if self.rate is not None:
            return self._pace(((self.rate, self.rate, length_ns),), seed, count, phase)
        stages = tuple((a, b, round(s * SECOND_NS)) for a, b, s in self.stages)
        return self._pace(stages, seed, count, phase)

    def warmup(self, length_ns: int, seed: int) -> Pace:
        """The load's highest rate, so that the client has seen it before it counts."""
        highest = self.highest
        count = math.ceil(Fraction(highest) * length_ns / SECOND_NS - HALF)
        return self._pace(((highest, highest, length_ns),), seed, count, float(HALF))

    def _due(self, length_ns: int) -> Fraction:
        """Rate × duration; of stages, which are repeated whole."""
        if self.rate is not None:
            return Fraction(self.rate) * length_ns / SECOND_NS
        whole_ns = sum(round(s * SECOND_NS) for _, _, s in self.stages)
        each = [(Fraction(a) + Fraction(b)) / 2 * Fraction(s) for a, b, s in self.stages]
        return sum(each, Fraction(0)) * round(length_ns / whole_ns)

    def _pace(
        self, stages: tuple[tuple[float, float, int], ...], seed: int, count: int, phase: float
    ) -> Pace:
        return Pace(stages, self.arrivals, seed, self.start, phase=phase, count=count)


def open_load(options: LoadOptions) -> OpenLoad | None:
    """The open loop asked for, or None. Raises ``UsageError``."""
    if options.rate is None and not options.stage:
        _refuse_alone(options)
        return None
    if options.rate is not None and options.stage:
        raise UsageError("--rate, --stage: both give the rate; expected one of them")
    start = cast("Starter", _choice("--start", options.start, STARTERS))
    if options.start is None and options.max_in_flight is not None:
        start = "per-request"
    if start == "fixed-workers" and options.max_in_flight is not None:
        raise UsageError(
            "--max-in-flight: limits --start per-request; fixed workers are --concurrency"
        )
    return OpenLoad(
        rate=None if options.rate is None else _rate("--rate", options.rate),
        stages=_stages(options.stage),
        arrivals=cast("Spacing", _choice("--arrivals", options.arrivals, SPACINGS)),
        start=start,
    )


def _refuse_alone(options: LoadOptions) -> None:
    for flag, value in (
        ("--arrivals", options.arrivals),
        ("--start", options.start),
        ("--max-in-flight", options.max_in_flight),
    ):
        if value is not None:
            raise UsageError(f"{flag}: is about an open loop; expected --rate or --stage with it")


def _choice(flag: str, text: str | None, known: Sequence[str]) -> str:
    chosen = known[0] if text is None else text.strip().lower()
    if chosen not in known:
        raise refusal(flag, text, ", ".join(known))
    return chosen


def _rate(flag: str, value: str | float) -> float:
    text = str(value).strip()
    number = float(text) if re.fullmatch(_RATE, text, re.IGNORECASE) else -1.0
    if not MIN_RATE <= number <= MAX_RATE:
        raise refusal(flag, value, f"requests per second from {MIN_RATE:g} to {MAX_RATE:,.0f}")
    return number


def _stages(texts: Sequence[str]) -> tuple[tuple[float, float, float], ...]:
    stages = tuple(_stage(text) for text in texts)
    if stages and not any(start or end for start, end, _ in stages):
        raise refusal("--stage", ", ".join(texts), "at least one with a rate above 0")
    return stages


def _stage(text: str) -> tuple[float, float, float]:
    match = _STAGE.fullmatch(text.strip())
    rates = [float(rate) for rate in (match[1], match[2] or match[1])] if match else []
    if match is None or max(rates) > MAX_RATE:
        raise refusal("--stage", text, "RATE:SECONDS or FROM-TO:SECONDS, such as 100:5s, 0-500:30s")
    return rates[0], rates[1], seconds("--stage", match[3], 0.001, MAX_DURATION_S)
