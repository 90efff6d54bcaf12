"""What a command line collected, before anything has judged it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from harness.input.load_input import LoadOptions
from harness.input.precision_input import LengthOptions
from harness.input.presets import PresetOptions
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
    tls: bool = False
    upstream: str | None = None
    target_cpus: str | None = None
    target_memory: str | None = None
    duration: str | float | None = None
    requests: str | int | None = None
    rounds: str | int | None = None
    warmup: str | float | None = None
    processes: str | int | None = None
    header: tuple[str, ...] = ()  # "Name: value" or @file each
    header_env: tuple[str, ...] = ()  # "NAME=VARIABLE" each
    headers: str | None = None
    body: str | None = None  # text, or @file
    stream: bool = False
    expect: str | None = None
    timeout: str | float | None = None
    max_body: str | int | None = None
    verify: bool = True
    profile: str | None = None
    baseline: str | None = None
    seed: str | int | None = None
    pin: bool = True
    load: LoadOptions = field(default_factory=LoadOptions)
    think_time: str | float | None = None
    trace: str | float | None = None
    error_budget: str | int | None = None
    preset: PresetOptions = field(default_factory=PresetOptions)
    length: LengthOptions = field(default_factory=LengthOptions)
    slice: str | float | None = None

    @classmethod
    def of(cls, **typed: Any) -> Self:
        """Options from what was typed, by name; what belongs to a part of them goes there."""
        kinds = {"load": LoadOptions, "preset": PresetOptions, "length": LengthOptions}
        parts = {
            name: typed.pop(name) if isinstance(typed.get(name), kind) else _taken(typed, kind)
            for name, kind in kinds.items()
        }
        names = [factor.option for factor in FACTORS.values() if factor is not CLIENT]
        levels = {name: typed.pop(name) for name in names if name in typed}
        return cls(**{**parts, **typed}, levels=levels)

    def values(self, factor: Factor) -> Values:
        """The values of a factor; none if it is not given."""
        return self.clients if factor is CLIENT else tuple(self.levels.get(factor.option, ()))


def _taken(typed: dict[str, Any], kind: type[Any]) -> Any:
    """The part of this kind, from what of it is among ``typed``, out of which that is taken."""
    names = [one.name for one in dataclasses.fields(kind)]
    return kind(**{name: typed.pop(name) for name in names if name in typed})
