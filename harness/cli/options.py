"""Options of the sub-commands, declared as data. Typer reads them off signatures."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, get_type_hints

import typer

from harness.scenario.factors import FACTORS, Factor

__all__ = ["Db", "Json", "Run", "Text", "Texts", "about", "measuring_options_but"]

Text = str | None
Texts = list[str] | None
Db = Annotated[Text, typer.Option("--db", help="Results database (SQLite).", show_default=False)]
Run = Annotated[str, typer.Argument(help="Run or trial ID, the beginning of one, or 'latest'.")]
Json = Annotated[
    bool,
    typer.Option(
        "--json", help="Print one JSON document instead of the table.", show_default=False
    ),
]


def _option(help_: str, *names: str, default: bool | None = None) -> Any:
    return typer.Option(default, *names, help=help_, show_default=bool(default))


def _of_factor(factor: Factor) -> Any:
    return _option(factor.help)


def about(help_: str) -> Any:
    """An option of one command: what ``--help`` says of it."""
    return typer.Option(help=help_, show_default=False)


class _MeasuringOptions:
    """Options of ``compare`` and ``load`` after those of factors, in the order of ``--help``.

    Each command lacks some of them.
    """

    duration: Text = _option("Measured time per competitor: 10, 500ms, 2m. [10; load 30]")
    requests: Text = _option("Measured requests per competitor, instead of a time.")
    rounds: Text = _option("Rounds of fresh processes: n of the statistics. [10]")
    quick: bool = _option("Shorter: 5 rounds, 5 s.", "--quick", default=False)
    thorough: bool = _option("Longer: 30 rounds, 60 s.", "--thorough", default=False)
    precision: Text = _option("As many rounds as it takes for ratios to be known to ± this: 2%.")
    metric: Text = _option(
        "Of --precision: throughput, cpu-per-request, p50, p99, peak-memory. [throughput]"
    )
    budget: Text = _option("Of --precision: the longest its rounds may take. [5m]")
    slice: Text = _option(
        "Length of a slice, the part that is interleaved. [20ms; open loops 200ms]"
    )
    warmup: Text = _option("Uncounted load before each trial, in seconds. [0.2]")
    processes: Text = _option("Worker processes per competitor. [1]")
    rate: Text = _option("Open loop: requests started per second, whatever the answers do.")
    stage: Texts = _option("Open loop by stages: RATE:SECONDS or FROM-TO:SECONDS; repeatable.")
    arrivals: Text = _option("uniform, poisson or burst. [uniform]")
    start: Text = _option("fixed-workers: --concurrency of them; per-request. [fixed-workers]")
    max_in_flight: Text = _option("Limit of --start per-request; more are dropped. [100]")
    think_time: Text = _option("Closed loop: pause of each slot between requests. [0]")
    trace: Text = _option("Share of the requests whose points are recorded: 1, 0.1, 10%.")
    preset: Text = _option("A whole load by name; see `clientbench presets`.")
    n: Text = _option("Of a preset: requests in a batch, or unfinished at most.")
    delay: Text = _option("Of a preset: time between releases.")
    hold: Text = _option("Of a preset: dns tcp tls connection request first-byte. [connection]")
    points: Text = _option("Of a preset: its graph, NUMBER@TIME,…")
    tls: bool = _option("The same as --scheme https.", "--tls", default=False)
    upstream: Text = _option("What a proxy stands before: embedded, httpbin. [embedded]")
    target_cpus: Text = _option("CPUs of the target: 0, 0,2, 0-3. [one]")
    target_memory: Text = _option("Memory limit of each of its containers: 512m.")
    header: Texts = _option("'Name: value', or @FILE of such lines; repeatable.")
    header_env: Texts = _option(
        "NAME=VARIABLE: a header whose value is in the environment; repeatable."
    )
    headers: Text = _option("Headers as one JSON object.")
    body: Text = _option("Request body: text, or @FILE.")
    stream: bool = _option("Read responses chunk by chunk.", "--stream", default=False)
    expect: Text = _option("Statuses that count as correct, e.g. 2xx,404. [200-399]")
    timeout: Text = _option("Connect and read timeout in seconds. [10]")
    max_body: Text = _option("Longest body of a response; a longer one is an error. [256m]")
    error_budget: Text = _option("Stop the run beyond so many failed requests: 10, 5%.")
    verify: bool = _option("Verify TLS certificates.", "--verify/--insecure", default=True)
    profile: Text = _option("parity: equal settings; defaults: each library's own. [parity]")
    baseline: Text = _option("Competitor the others are compared with. [the first]")
    seed: Text = _option("Seed of the random order. [drawn, and recorded]")
    pin: bool = _option(
        "Keep target and workers on CPUs of their own.", "--pin/--no-pin", default=True
    )
    db: Db = None
    json: Json = False
    output: Text = _option("Also write the report: .json .csv .md .txt")
    force: bool = _option(
        "Let --output replace a file that is no report.", "--force", default=False
    )
    matrix: bool = _option(
        "Also compare every competitor with every other.",
        "--matrix",
        default=False,
    )
    strict: bool = _option("Exit with 4 if there is any warning.", "--strict", default=False)
    normalize: Text = _option("Histogram up to so many times the minimum, the rest in one bin.")


def measuring_options_but(*names: str) -> Callable[[Any], Any]:
    """Give a command all options but these in the place of its ``**options``.

    Typer reads them off its signature.
    """
    found = [
        *(
            (factor.option, _of_factor(factor), Texts)
            for factor in FACTORS.values()
            if factor.option
        ),
        *(
            (name, getattr(_MeasuringOptions, name), kind)
            for name, kind in get_type_hints(_MeasuringOptions, include_extras=True).items()
        ),
    ]
    shared = [
        Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=kind)
        for name, default, kind in found
        if name not in names
    ]

    def extended(command: Any) -> Any:
        *own, _ = signature(command, eval_str=True).parameters.values()
        command.__signature__ = Signature([*own, *shared])
        return command

    return extended
