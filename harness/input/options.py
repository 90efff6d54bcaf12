"""What a command line collected, before anything has judged it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from harness.errors import UsageError
from harness.input.declaration import declare
from harness.scenario.factors import CLIENT, FACTORS, Factor

__all__ = ["Options"]

Values = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Options:
    """What a command line collected, as it was typed; ``None`` and ``()`` mean "not given"."""

    command: Literal["compare", "load"] = "compare"
    clients: tuple[str, ...] = ()
    url: str | None = None  # http(s) URL, or a path on the target
    levels: Mapping[str, Values] = field(default_factory=dict)  # of factors, by their names
    duration: str | float | None = declare(
        "Measured time per competitor: 10, 500ms, 2m. [10; load 30]"
    )
    requests: str | int | None = declare("Measured requests per competitor, instead of a time.")
    rounds: str | int | None = declare("Rounds of fresh processes: n of the statistics. [10]")
    quick: bool = declare("Shorter: 5 rounds, 5 s.", default=False)
    thorough: bool = declare("Longer: 30 rounds, 60 s.", default=False)
    precision: str | None = declare(
        "As many rounds as it takes for ratios to be known to ± this: 2%."
    )
    metric: str | None = declare(
        "Of --precision: throughput, cpu-per-request, p50, p99, peak-memory. [throughput]"
    )
    budget: str | float | None = declare("Of --precision: the longest its rounds may take. [5m]")
    slice: str | float | None = declare(
        "Length of a slice, the part that is interleaved. [20ms; open loops 200ms]"
    )
    warmup: str | float | None = declare("Uncounted load before each trial, in seconds. [0.2]")
    processes: str | int | None = declare("Worker processes per competitor. [1]")
    rate: str | float | None = declare(
        "Open loop: requests started per second, whatever the answers do: 500, 2k, 30/m, 1/30s."
    )
    stage: tuple[str, ...] = declare(
        "Open loop by stages: RATE:SECONDS or FROM-TO:SECONDS; repeatable.", default=()
    )
    arrivals: str | None = declare("uniform, poisson or burst. [uniform]")
    start: str | None = declare(
        "fixed-workers: --concurrency of them; per-request. [fixed-workers]"
    )
    max_in_flight: str | int | None = declare(
        "Limit of --start per-request; more are dropped. [100]"
    )
    think_time: str | float | None = declare(
        "Closed loop: pause of each slot between requests. [0]"
    )
    trace: str | float | None = declare(
        "Share of the requests whose points are recorded: 1, 0.1, 10%."
    )
    preset: str | None = declare("A whole load by name; see `clientbench presets`.")
    n: str | int | None = declare("Of a preset: requests in a batch, or unfinished at most.")
    delay: str | float | None = declare("Of a preset: time between releases.")
    hold: str | None = declare(
        "Of a preset: dns tcp tls connection request first-byte. [connection]"
    )
    points: str | None = declare("Of a preset: its graph, NUMBER@TIME,…")
    https: bool = declare("HTTPS, by a CA of our own.", default=False, ours_only=True)
    upstream: str | None = declare(
        "What a proxy stands before: an origin of `clientbench targets`. [embedded]", ours_only=True
    )
    target_cpus: str | None = declare(
        "CPUs of the target: 0, 0,2, 0-3. [one; targets up all]", ours_only=True
    )
    target_memory: str | None = declare(
        "Memory limit of each of its containers: 512m.", ours_only=True
    )
    unix: str | None = declare(
        "PATH of a unix socket, to which connections are made instead of the URL's host."
    )
    header: tuple[str, ...] = declare(
        "'Name: value', or @FILE of such lines; repeatable.", default=()
    )
    header_env: tuple[str, ...] = declare(
        "NAME=VARIABLE: a header whose value is in the environment; repeatable.", default=()
    )
    headers: str | None = declare("Headers as one JSON object.")
    body: str | None = declare("Request body: text, @FILE, or @- for standard input.")
    stream: bool = declare("Read responses chunk by chunk.", default=False)
    expect: str | None = declare("Statuses that count as correct, e.g. 2xx,404. [200-399]")
    timeout: str | float | None = declare("Connect and read timeout in seconds. [10]")
    max_body: str | int | None = declare(
        "Longest body of a response; a longer one is an error. [256m]"
    )
    error_budget: str | int | None = declare("Stop the run beyond so many failed requests: 10, 5%.")
    verify: bool = declare("Verify TLS certificates.", default=True, names="--verify/--insecure")
    ca: str | None = declare(
        "FILE of certificates (PEM): the authorities that clients trust, instead of the machine's."
    )
    profile: str | None = declare("parity: equal settings; defaults: each library's own. [parity]")
    baseline: str | None = declare("Competitor the others are compared with. [the first]")
    seed: str | int | None = declare("Seed of the random order. [drawn, and recorded]")
    pin: bool = declare(
        "Keep target and workers on CPUs of their own.", default=True, names="--pin/--no-pin"
    )

    @classmethod
    def of(cls, **given: Any) -> Self:
        """Options from what was typed, by name; None: it was not. A factor has one value, or several."""
        typed: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in given.items()
            if value is not None
        }
        levels = {name: typed.pop(name) for name in FACTORS if name in typed}
        levels = {name: one if isinstance(one, tuple) else (one,) for name, one in levels.items()}
        return cls(**typed, levels=levels)

    @property
    def names_a_length(self) -> bool:
        """Whether a flag says how much is measured, so that no default of the environment does."""
        return self.quick or self.thorough or self.precision is not None

    def values(self, factor: Factor) -> Values:
        """The values of a factor; none if it is not given."""
        return self.clients if factor is CLIENT else tuple(self.levels.get(factor.name, ()))

    def refuse(self, problem: str, *fields: str) -> None:
        """Raise ``UsageError`` for the first of these fields that is given."""
        for field_name in fields:
            if getattr(self, field_name) is not None:
                raise UsageError(problem, field_name)

    def parsed(self, factor: Factor) -> tuple[Any, ...]:
        """The same, read. Raises ``UsageError``."""
        return tuple(factor.parse(str(value)) for value in self.values(factor))
