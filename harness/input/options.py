"""What a command line collected, before anything has judged it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from harness.input.load_input import LoadOptions
from harness.input.precision_input import LengthOptions
from harness.input.presets import PresetOptions

__all__ = ["Options"]


@dataclass(frozen=True, slots=True)
class Options:
    """What a command line collected, as it was typed; ``None`` and ``()`` mean "not given"."""

    command: Literal["compare", "load"] = "compare"
    clients: tuple[str, ...] = ()
    url: str | None = None  # http(s) URL, or a path on the target
    target: tuple[str, ...] = ()  # names of targets, or URLs
    runtime: tuple[str, ...] = ()
    instances: tuple[str | int, ...] = ()
    scheme: tuple[str, ...] = ()
    tls: bool = False
    upstream: str | None = None
    target_cpus: str | None = None
    target_memory: str | None = None
    concurrency: tuple[str | int, ...] = ()
    duration: str | float | None = None
    requests: str | int | None = None
    rounds: str | int | None = None
    warmup: str | float | None = None
    processes: str | int | None = None
    method: tuple[str, ...] = ()
    header: tuple[str, ...] = ()  # "Name: value" or @file each
    header_env: tuple[str, ...] = ()  # "NAME=VARIABLE" each
    headers: str | None = None
    body: str | None = None  # text, or @file
    body_size: tuple[str | int, ...] = ()
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
