"""Whole loads under one name. Pure: options in, options out.

The first six are httpbench's (a Go library that releases requests after the TLS handshake); ``tps`` is
go-hammer's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from types import MappingProxyType
from typing import TypeVar

from adapters.trace import HOLD_POINTS
from harness.errors import UsageError
from harness.input.options import LoadOptions, PresetOptions
from harness.option_names import option
from harness.redaction import refusal
from harness.scenario.holds import HeldLoad
from harness.scenario.numbers import MAX_DURATION_S, seconds, whole_number

__all__ = ["PRESETS", "Expansion", "expand"]

SECOND_NS = 10**9
MOST = 10_000  # requests of a batch
SHORTEST_S = 0.001
LIMIT = 100  # of a paced load without --n

T = TypeVar("T", bound=str | float)

_POINT = re.compile(r"([0-9]{1,6})\s*@\s*(\S+)")


@dataclass(frozen=True)
class Preset:
    """One named load: what it does, and its parameters with their defaults."""

    meaning: str
    parameters: Mapping[str, str]  # defaults by field, "" where one must be given

    @property
    def is_held(self) -> bool:
        """Whether its requests are held at a point and released on the clock."""
        return "hold" in self.parameters


_HELD = {"hold": "connection", "delay": "20ms"}
PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "request-per-duration": Preset(
            "one request after another is held and released every delay, until the duration is over",
            {**_HELD, "n": str(LIMIT), "duration": "10s"},
        ),
        "concurrent-unsynced": Preset(
            "the same, with at most n unfinished", {**_HELD, "n": "10", "duration": "10s"}
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
            "from nothing to the rate, evenly, in each round; the rounds share the duration",
            {"rate": "100", "duration": "10s", "rounds": "5"},
        ),
        "spike": Preset(
            "in each round the rate, ten times as much for a fifth of the time, and the rate again; "
            "the rounds share the duration",
            {"rate": "50", "duration": "10s", "rounds": "5"},
        ),
        "soak": Preset(
            "a constant rate for long, in one round",
            {"rate": "100", "duration": "10m", "rounds": "1"},
        ),
    }
)


@dataclass(frozen=True)
class Expansion:
    """What a preset comes to: options in the place of those that were typed."""

    load: LoadOptions
    duration: str | float | None
    rounds: str | int | None
    held: HeldLoad | None = None
    steps: tuple[tuple[int, float], ...] = ()  # (concurrency, until)
    concurrency: str | None = None
    requests: int | None = None


def expand(
    options: PresetOptions,
    load: LoadOptions,
    duration: str | float | None,
    rounds: str | int | None,
    *,
    slots: bool,
) -> Expansion:
    """The load that a preset stands for. Raises ``UsageError``.

    ``duration`` and ``rounds`` are those of the command line, ``slots`` whether it names a concurrency.
    """
    preset = _preset(options)
    if preset is None:
        _refuse_alone(options)
        return Expansion(load, duration, rounds)
    _refuse_foreign(preset, options, load, duration, slots)
    if preset.is_held:
        held = _held(options, preset)
        nominal = preset.parameters.get("duration", f"{SHORTEST_S}s")
        length = nominal if duration is None else duration
        return Expansion(load, length, rounds, held=held)
    if preset is PRESETS["concurrency-graph"]:
        return Expansion(load, None, rounds, steps=_steps(options))
    if preset is PRESETS["max-throughput"]:
        concurrency = None if slots else preset.parameters["concurrency"]
        return Expansion(load, duration, rounds, concurrency=concurrency)
    return _open(preset, load, duration, rounds)


def _preset(options: PresetOptions) -> Preset | None:
    if options.preset is None:
        return None
    found = PRESETS.get(options.preset.strip().lower())
    if found is None:
        raise refusal("preset", options.preset, ", ".join(PRESETS))
    return found


def _refuse_alone(options: PresetOptions) -> None:
    for field, value in options.parameters.items():
        if value is not None:
            raise UsageError("is a parameter of presets; expected --preset with it", field)


def _refuse_foreign(
    preset: Preset,
    options: PresetOptions,
    load: LoadOptions,
    duration: str | float | None,
    slots: bool,
) -> None:
    """Parameters that this preset does not have."""
    given = {
        **options.parameters,
        "rate": load.rate,
        "duration": duration,
        "concurrency": slots or None,
        "stage": load.stage or None,
    }
    # a constant rate may have any number of workers
    known = {*preset.parameters, *(("concurrency",) if "rate" in preset.parameters else ())}
    for field, value in given.items():
        if value is not None and field not in known:
            raise UsageError(
                f"is no parameter of --preset {options.preset}; "
                f"expected {', '.join(map(option, preset.parameters))}",
                field,
            )


def _held(options: PresetOptions, preset: Preset) -> HeldLoad:
    point = (options.hold or preset.parameters["hold"]).strip().lower()
    if point not in HOLD_POINTS:
        raise refusal("hold", options.hold, ", ".join(HOLD_POINTS))
    name = str(options.preset).strip().lower()
    if name == "requests-graph":
        return HeldLoad(point=point, delay_s=0.0, starts=_starts(options))
    delay_s = seconds("delay", _given(options.delay, preset, "delay"), 0.0, 3600.0)
    n = whole_number("n", _given(options.n, preset, "n"), 1, MOST)
    if name in ("request-per-duration", "concurrent-unsynced"):
        return HeldLoad(point=point, delay_s=delay_s, limit=n, paced=True)
    return HeldLoad(point=point, delay_s=delay_s, size=n, once=name == "concurrent-synced-once")


def _given(value: T | None, preset: Preset, field: str) -> T | str:
    return preset.parameters[field] if value is None else value


def _points(options: PresetOptions) -> list[tuple[int, float]]:
    if options.points is None:
        raise UsageError("missing; expected NUMBER@TIME,… such as 10@500ms,50@2s", "points")
    found = []
    for text in options.points.split(","):
        match = _POINT.fullmatch(text.strip())
        if match is None or not 0 < int(match[1]) <= MOST:
            raise refusal("points", options.points, f"NUMBER@TIME,… with numbers from 1 to {MOST}")
        found.append((int(match[1]), seconds("points", match[2], 0.0, MAX_DURATION_S)))
    return found


def _starts(options: PresetOptions) -> tuple[tuple[int, float], ...]:
    """(count, beginning) of each batch, from (count, gap to the next)."""
    starts, at_s = [], 0.0
    for count, gap_s in _points(options):
        starts.append((count, at_s))
        at_s += gap_s
    return tuple(starts)


def _steps(options: PresetOptions) -> tuple[tuple[int, float], ...]:
    points = _points(options)
    times = [0.0, *(until_s for _, until_s in points)]
    if any(later <= earlier for earlier, later in pairwise(times)):
        raise refusal("points", options.points, "times that grow from one point to the next")
    return tuple(points)


def _open(
    preset: Preset, load: LoadOptions, duration: str | float | None, rounds: str | int | None
) -> Expansion:
    """The open loops."""
    defaults = preset.parameters
    rate = _number(_given(load.rate, preset, "rate"))
    length_s = seconds("duration", _given(duration, preset, "duration"), SHORTEST_S, MAX_DURATION_S)
    rounds = defaults.get("rounds") if rounds is None else rounds
    if preset is PRESETS["tps"]:
        requests = round(rate * length_s)
        return Expansion(replace(load, rate=rate), None, rounds, requests=requests)
    shapes = {
        "ramp": ((0, rate, 1.0),),
        "spike": ((rate, rate, 0.4), (10 * rate, 10 * rate, 0.2), (rate, rate, 0.4)),
    }
    for name, shape in shapes.items():
        if preset is PRESETS[name]:
            number = whole_number("rounds", _given(rounds, preset, "rounds"), 1, 1000)
            each_s = length_s / number
            stages = tuple(f"{a}-{b}:{each_s * share}s" for a, b, share in shape)
            return Expansion(replace(load, rate=None, stage=stages), None, number)
    return Expansion(replace(load, rate=rate), length_s, rounds)


def _number(rate: str | float) -> float:
    try:
        return float(rate)
    except ValueError:
        raise refusal("rate", rate, "requests per second above 0") from None
