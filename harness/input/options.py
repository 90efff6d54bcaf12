"""What a command line collected, before anything has judged it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from harness.input.length_options import LengthOptions
from harness.input.load_options import LoadOptions
from harness.input.preset_options import PresetOptions
from harness.input.typed import typed
from harness.scenario.factors import CLIENT, FACTORS, Factor

__all__ = ["Options"]

Values = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Options:
    """What a command line collected, as it was typed; ``None`` and ``()`` mean "not given"."""

    command: Literal["compare", "load"] = "compare"
    clients: tuple[str, ...] = ()
    url: str | None = None  # http(s) URL, or a path on the target
    levels: Mapping[str, Values] = field(default_factory=dict)  # of factors, by their options
    duration: str | float | None = typed(
        "Measured time per competitor: 10, 500ms, 2m. [10; load 30]"
    )
    requests: str | int | None = typed("Measured requests per competitor, instead of a time.")
    rounds: str | int | None = typed("Rounds of fresh processes: n of the statistics. [10]")
    length: LengthOptions = field(default_factory=LengthOptions)
    slice: str | float | None = typed(
        "Length of a slice, the part that is interleaved. [20ms; open loops 200ms]"
    )
    warmup: str | float | None = typed("Uncounted load before each trial, in seconds. [0.2]")
    processes: str | int | None = typed("Worker processes per competitor. [1]")
    load: LoadOptions = field(default_factory=LoadOptions)
    think_time: str | float | None = typed("Closed loop: pause of each slot between requests. [0]")
    trace: str | float | None = typed(
        "Share of the requests whose points are recorded: 1, 0.1, 10%."
    )
    preset: PresetOptions = field(default_factory=PresetOptions)
    tls: bool = typed("The same as --scheme https.", default=False)
    upstream: str | None = typed("What a proxy stands before: embedded, httpbin. [embedded]")
    target_cpus: str | None = typed("CPUs of the target: 0, 0,2, 0-3. [one]")
    target_memory: str | None = typed("Memory limit of each of its containers: 512m.")
    header: tuple[str, ...] = typed(
        "'Name: value', or @FILE of such lines; repeatable.", default=()
    )
    header_env: tuple[str, ...] = typed(
        "NAME=VARIABLE: a header whose value is in the environment; repeatable.", default=()
    )
    headers: str | None = typed("Headers as one JSON object.")
    body: str | None = typed("Request body: text, or @FILE.")
    stream: bool = typed("Read responses chunk by chunk.", default=False)
    expect: str | None = typed("Statuses that count as correct, e.g. 2xx,404. [200-399]")
    timeout: str | float | None = typed("Connect and read timeout in seconds. [10]")
    max_body: str | int | None = typed(
        "Longest body of a response; a longer one is an error. [256m]"
    )
    error_budget: str | int | None = typed("Stop the run beyond so many failed requests: 10, 5%.")
    verify: bool = typed("Verify TLS certificates.", default=True, names="--verify/--insecure")
    profile: str | None = typed("parity: equal settings; defaults: each library's own. [parity]")
    baseline: str | None = typed("Competitor the others are compared with. [the first]")
    seed: str | int | None = typed("Seed of the random order. [drawn, and recorded]")
    pin: bool = typed(
        "Keep target and workers on CPUs of their own.", default=True, names="--pin/--no-pin"
    )

    @classmethod
    def of(cls, **given: Any) -> Self:
        """Options from what was typed, by name; what belongs to a part of them goes there."""
        kinds = {"load": LoadOptions, "preset": PresetOptions, "length": LengthOptions}
        parts = {
            name: given.pop(name) if isinstance(given.get(name), kind) else _taken(given, kind)
            for name, kind in kinds.items()
        }
        names = [factor.option for factor in FACTORS.values() if factor is not CLIENT]
        levels = {name: given.pop(name) for name in names if name in given}
        return cls(**{**parts, **given}, levels=levels)

    def values(self, factor: Factor) -> Values:
        """The values of a factor; none if it is not given."""
        return self.clients if factor is CLIENT else tuple(self.levels.get(factor.option, ()))


def _taken(given: dict[str, Any], kind: type[Any]) -> Any:
    """The part of this kind, from what of it is among ``given``, out of which that is taken."""
    names = [one.name for one in dataclasses.fields(kind)]
    return kind(**{name: given.pop(name) for name in names if name in given})
