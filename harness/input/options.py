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
        "Measured time per client: 10, 500ms, 2m. [10; load 30]",
        group="how long",
        metavar="TIME",
    )
    requests: str | int | None = declare(
        "Measured requests per client, instead of a time.", group="how long", metavar="NUMBER"
    )
    rounds: str | int | None = declare(
        "Rounds, each in fresh processes: n of the statistics. [10]",
        group="how long",
        metavar="NUMBER",
    )
    quick: bool = declare("Shorter: 5 rounds, 5 s.", default=False, group="how long")
    thorough: bool = declare("Longer: 30 rounds, 60 s.", default=False, group="how long")
    precision: str | None = declare(
        "Run until every ratio is known to ± this: 2%.",
        group="how long",
        metavar="PERCENT",
    )
    metric: str | None = declare(
        "The figure --precision is about: throughput, cpu-per-request, p50, p99, peak-memory. [throughput]",
        group="how long",
        metavar="NAME",
    )
    budget: str | float | None = declare(
        "The longest a run with --precision may take. [5m]", group="how long", metavar="TIME"
    )
    slice: str | float | None = declare(
        "How long one client runs before the next takes its turn. [20ms; open loops 200ms]",
        group="how long",
        metavar="TIME",
    )
    warmup: str | float | None = declare(
        "Uncounted load before each trial, in seconds. [0.2]", group="how long", metavar="SECONDS"
    )
    processes: str | int | None = declare(
        "Worker processes per client. [1]", group="load", metavar="NUMBER"
    )
    rate: str | float | None = declare(
        "Open loop: requests started per second, whatever the answers do: 500, 2k, 30/m, 1/30s.",
        group="load",
        metavar="RATE",
    )
    stage: tuple[str, ...] = declare(
        "Open loop in stages: RATE:SECONDS or FROM-TO:SECONDS.",
        default=(),
        group="load",
        metavar="STAGE",
    )
    arrivals: str | None = declare(
        "How an open loop spaces its requests: uniform, poisson or burst. [uniform]",
        group="load",
        metavar="NAME",
    )
    start: str | None = declare(
        "Open loop: requests start by fixed-workers (--concurrency of them) or per-request. "
        "[fixed-workers]",
        group="load",
        metavar="NAME",
    )
    max_in_flight: str | int | None = declare(
        "Limit of --start per-request; more are dropped. [100]", group="load", metavar="NUMBER"
    )
    think_time: str | float | None = declare(
        "Closed loop: pause between two requests of a slot. [0]", group="load", metavar="TIME"
    )
    trace: str | float | None = declare(
        "Share of the requests whose phases are recorded: 1, 0.1, 10%.",
        group="statistics",
        metavar="SHARE",
    )
    preset: str | None = declare(
        "A whole load by name; see `clientbench presets`.", group="load", metavar="NAME"
    )
    n: str | int | None = declare(
        "For --preset: requests in a batch, or the most that are unfinished.",
        group="load",
        metavar="NUMBER",
    )
    delay: str | float | None = declare(
        "For --preset: time between two releases.", group="load", metavar="TIME"
    )
    hold: str | None = declare(
        "For --preset: where requests are held: dns tcp tls connection request first-byte. [connection]",
        group="load",
        metavar="POINT",
    )
    points: str | None = declare(
        "For --preset: its graph, NUMBER@TIME,…", group="load", metavar="POINTS"
    )
    https: bool = declare(
        "HTTPS, with a certificate of our own.", default=False, ours_only=True, group="target"
    )
    config: str | None = declare(
        "Configuration of your own for --target nginx, traefik, haproxy or caddy: a file.",
        ours_only=True,
        group="target",
        metavar="FILE",
    )
    upstream: str | None = declare(
        "The server behind a proxy: see `clientbench targets`. [embedded]",
        ours_only=True,
        group="target",
        metavar="NAME",
    )
    target_cpus: str | None = declare(
        "CPUs of the target: 0, 0,2, 0-3. [one; targets up all]",
        ours_only=True,
        group="target",
        metavar="CPUS",
    )
    target_memory: str | None = declare(
        "Memory limit of each container: 512m.",
        ours_only=True,
        group="target",
        metavar="SIZE",
    )
    unix: str | None = declare(
        "PATH of a unix socket, to which connections are made instead of the URL's host.",
        group="request",
        metavar="PATH",
    )
    header: tuple[str, ...] = declare(
        "'Name: value', or @FILE of such lines.",
        default=(),
        group="request",
        metavar="HEADER",
    )
    header_env: tuple[str, ...] = declare(
        "A header whose value is that of a variable of the environment.",
        default=(),
        group="request",
        metavar="NAME=VAR",
    )
    headers: str | None = declare("Headers as one JSON object.", group="request", metavar="JSON")
    body: str | None = declare(
        "Request body: text, @FILE, or @- for standard input.", group="request", metavar="TEXT"
    )
    stream: bool = declare("Read responses chunk by chunk.", default=False, group="request")
    expect: str | None = declare(
        "Statuses that count as correct, e.g. 2xx,404. [200-399]",
        group="request",
        metavar="STATUSES",
    )
    timeout: str | float | None = declare(
        "Connect and read timeout in seconds. [10]", group="request", metavar="SECONDS"
    )
    max_body: str | int | None = declare(
        "Longest body of a response; a longer one is an error. [256m]",
        group="request",
        metavar="SIZE",
    )
    error_budget: str | int | None = declare(
        "Stop the run after more failed requests than this: 10, 5%.",
        group="how long",
        metavar="NUMBER",
    )
    verify: bool = declare(
        "Verify TLS certificates.", default=True, names="--verify/--insecure", group="request"
    )
    ca: str | None = declare(
        "FILE of certificates (PEM): the authorities that clients trust, instead of the machine's.",
        group="request",
        metavar="FILE",
    )
    profile: str | None = declare(
        "parity: equal settings; defaults: each library's own. [parity]",
        group="what",
        metavar="NAME",
    )
    baseline: str | None = declare(
        "The client that the others are compared with. [the first]", group="what", metavar="CLIENT"
    )
    seed: str | int | None = declare(
        "Seed of the random order. [drawn, and recorded]", group="statistics", metavar="NUMBER"
    )
    pin: bool = declare(
        "Keep target and workers on CPUs of their own.",
        default=True,
        names="--pin/--no-pin",
        group="statistics",
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
