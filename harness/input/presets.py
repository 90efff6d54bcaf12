"""Presets: complete loads under one name. Pure: options in, options out.

The first six are those of httpbench (a Go library that releases requests after the TLS handshake);
``tps`` is that of go-hammer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from types import MappingProxyType
from typing import Any, TypeVar

from adapters.trace import HOLD_POINTS
from harness.errors import UsageError
from harness.input.load_input import per_second
from harness.input.options import Options
from harness.option_names import option
from harness.redaction import one_of, refusal
from harness.scenario.factors import FACTORS
from harness.scenario.holds import HeldLoad
from harness.scenario.numbers import MAX_DURATION_S, seconds, whole_number

__all__ = ["PRESETS", "Expansion", "expand"]

SECOND_NS = 10**9
MOST = 10_000  # requests per batch
SHORTEST_S = 0.001
LIMIT = 100  # requests in flight of a paced load without --n
OWN = ("n", "delay", "hold", "points")  # options that only presets have

T = TypeVar("T", bound=str | float)

_POINT = re.compile(r"([0-9]{1,6})\s*@\s*(\S+)")


@dataclass(frozen=True)
class Preset:
    """One named load: what it does, and its parameters with their defaults."""

    meaning: str
    parameters: Mapping[str, str]  # defaults by field, "" where the user must give one

    @property
    def is_held(self) -> bool:
        """Say whether its requests are held at a point and released on schedule."""
        return "hold" in self.parameters


_HELD = {"hold": "connection", "delay": "20ms"}
PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "request-per-duration": Preset(
            "hold one request after another and release one every delay, until the duration ends",
            {**_HELD, "n": str(LIMIT), "duration": "10s"},
        ),
        "concurrent-unsynced": Preset(
            "the same, with at most n requests in flight",
            {**_HELD, "n": "10", "duration": "10s"},
        ),
        "concurrent-synced": Preset(
            "batches of n: hold all, release one every delay, wait for all, repeat",
            {**_HELD, "n": "10", "duration": "10s"},
        ),
        "concurrent-synced-once": Preset("one such batch in each round", {**_HELD, "n": "10"}),
        "requests-graph": Preset(
            "batches of COUNT@GAP,…, each released together; GAP is the time to the next one",
            {"hold": "connection", "points": ""},
        ),
        "concurrency-graph": Preset(
            "a closed loop whose concurrency is CONCURRENCY@UNTIL,…; the last time is its length",
            {"points": ""},
        ),
        "steady": Preset("a constant rate", {"rate": "100", "duration": "10s"}),
        "max-throughput": Preset(
            "a closed loop with many slots", {"concurrency": "64", "duration": "10s"}
        ),
        "tps": Preset("exactly rate times duration requests", {"rate": "100", "duration": "10s"}),
        "ramp": Preset(
            "the rate rises evenly from 0 in each round; the rounds share the duration",
            {"rate": "100", "duration": "10s", "rounds": "5"},
        ),
        "spike": Preset(
            "each round: the rate, ten times the rate for a fifth of the time, the rate again; "
            "the rounds share the duration",
            {"rate": "50", "duration": "10s", "rounds": "5"},
        ),
        "soak": Preset(
            "a constant rate for a long time, in one round",
            {"rate": "100", "duration": "10m", "rounds": "1"},
        ),
    }
)


@dataclass(frozen=True)
class Expansion:
    """A preset in detail: options that replace the typed ones, and settings without an option."""

    options: Options
    held: HeldLoad | None = None
    steps: tuple[tuple[int, float], ...] = ()  # (concurrency, until)


def expand(options: Options) -> Expansion:
    """Return the load that a preset stands for. Raises ``UsageError``."""
    if options.preset is None:
        options.refuse("is a parameter of presets; expected --preset with it", *OWN)
        return Expansion(options)
    name = one_of("preset", options.preset, PRESETS)
    preset = PRESETS[name]
    _refuse_foreign(preset, options)
    if preset.is_held:
        held = _held(options, name)
        if options.requests is not None:
            raise UsageError(
                "does not apply to presets that hold requests; expected --n", "requests"
            )
        nominal = preset.parameters.get("duration", f"{SHORTEST_S}s")
        length = nominal if options.duration is None else options.duration
        return Expansion(_with_slots(options, held.most, duration=length), held=held)
    if name == "concurrency-graph":
        steps = _steps(options)
        most = max(slots for slots, _ in steps)
        return Expansion(_with_slots(options, most), steps=steps)
    if name == "max-throughput":
        slots = preset.parameters["concurrency"]
        return Expansion(options if _names_slots(options) else _with_slots(options, slots))
    return Expansion(_open(options, name))


def _names_slots(options: Options) -> bool:
    return bool(options.values(FACTORS["concurrency"]))


def _with_slots(options: Options, slots: int | str, **changes: Any) -> Options:
    return replace(options, levels={**options.levels, "concurrency": (slots,)}, **changes)


def _refuse_foreign(preset: Preset, options: Options) -> None:
    """Raise ``UsageError`` for a parameter that this preset does not have."""
    given = {field: getattr(options, field) for field in (*OWN, "rate", "duration")}
    given |= {"concurrency": _names_slots(options) or None, "stage": options.stage or None}
    # a constant rate may have any number of workers
    known = {*preset.parameters, *(("concurrency",) if "rate" in preset.parameters else ())}
    for field, value in given.items():
        if value is not None and field not in known:
            raise UsageError(
                f"does not apply to --preset {options.preset}; "
                f"expected {', '.join(map(option, preset.parameters))}",
                field,
            )


def _held(options: Options, name: str) -> HeldLoad:
    preset = PRESETS[name]
    point = one_of("hold", options.hold or preset.parameters["hold"], HOLD_POINTS)
    if name == "requests-graph":
        return HeldLoad(point=point, delay_s=0.0, starts=_starts(options))
    delay_s = seconds("delay", _given(options.delay, preset, "delay"), 0.0, 3600.0)
    n = whole_number("n", _given(options.n, preset, "n"), 1, MOST)
    if name in ("request-per-duration", "concurrent-unsynced"):
        return HeldLoad(point=point, delay_s=delay_s, limit=n, paced=True)
    return HeldLoad(point=point, delay_s=delay_s, size=n, once=name == "concurrent-synced-once")


def _given(value: T | None, preset: Preset, field: str) -> T | str:
    return preset.parameters[field] if value is None else value


def _points(options: Options) -> list[tuple[int, float]]:
    if options.points is None:
        raise UsageError("missing; expected NUMBER@TIME,… such as 10@500ms,50@2s", "points")
    found = []
    for text in options.points.split(","):
        match = _POINT.fullmatch(text.strip())
        if match is None or not 0 < int(match[1]) <= MOST:
            raise refusal("points", options.points, f"NUMBER@TIME,… with numbers from 1 to {MOST}")
        found.append((int(match[1]), seconds("points", match[2], 0.0, MAX_DURATION_S)))
    return found


def _starts(options: Options) -> tuple[tuple[int, float], ...]:
    """Return (count, start in s) of each batch, from (count, gap to the next)."""
    starts, at_s = [], 0.0
    for count, gap_s in _points(options):
        starts.append((count, at_s))
        at_s += gap_s
    return tuple(starts)


def _steps(options: Options) -> tuple[tuple[int, float], ...]:
    points = _points(options)
    times = [0.0, *(until_s for _, until_s in points)]
    if any(later <= earlier for earlier, later in pairwise(times)):
        raise refusal("points", options.points, "times that grow from one point to the next")
    return tuple(points)


def _open(options: Options, name: str) -> Options:
    """Return the options of a preset that is an open loop."""
    preset = PRESETS[name]
    rate = _number(_given(options.rate, preset, "rate"))
    length = _given(options.duration, preset, "duration")
    length_s = seconds("duration", length, SHORTEST_S, MAX_DURATION_S)
    rounds = preset.parameters.get("rounds") if options.rounds is None else options.rounds
    if name == "tps":
        if options.requests is not None:
            raise UsageError(
                "follows from --rate and --duration in --preset tps; expected no number", "requests"
            )
        requests = round(rate * length_s)
        return replace(options, rate=rate, duration=None, rounds=rounds, requests=requests)
    shapes = {
        "ramp": ((0, rate, 1.0),),
        "spike": ((rate, rate, 0.4), (10 * rate, 10 * rate, 0.2), (rate, rate, 0.4)),
    }
    if name not in shapes:
        return replace(options, rate=rate, duration=length_s, rounds=rounds)
    number = whole_number("rounds", _given(rounds, preset, "rounds"), 1, 1000)
    each_s = length_s / number
    stages = tuple(f"{a}-{b}:{each_s * share}s" for a, b, share in shapes[name])
    return replace(options, rate=None, stage=stages, duration=None, rounds=number)


def _number(rate: str | float) -> float:
    number = per_second(str(rate).strip())
    if number < 0:
        raise refusal("rate", rate, "requests per second above 0, such as 500, 2k or 30/m")
    return number
