"""Sub-commands and their options. Values are taken as typed; ``harness.scenario_input`` judges them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

__all__ = ["COMMAND_LINE_ERROR", "app"]

# Typer's own errors about flags; the class lives in click or in typer, depending on the version.
COMMAND_LINE_ERROR: type[Any] = next(
    base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException"
)

app = typer.Typer(
    name="clientbench",
    help="Compare Python HTTP clients head to head, with numbers that can be believed.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
results = typer.Typer(help="Look into the results database.", rich_markup_mode=None)
app.add_typer(results, name="results")
targets = typer.Typer(
    help="List targets; start some that stay up, look at them, stop them.", rich_markup_mode=None
)
app.add_typer(targets, name="targets")

Text = str | None
Texts = list[str] | None
Db = Annotated[Text, typer.Option("--db", help="Results database (SQLite).", show_default=False)]
Json = Annotated[
    bool,
    typer.Option(
        "--json", help="Print one JSON document instead of the table.", show_default=False
    ),
]


def _option(help_: str, *names: str, default: bool | None = None) -> Any:
    return typer.Option(default, *names, help=help_, show_default=bool(default))


def _about(help_: str) -> Any:
    return typer.Option(help=help_, show_default=False)


class _MeasuringOptions:
    """Options of ``compare`` and ``load``, in the order of ``--help``; each command lacks some of them."""

    concurrency: Texts = _option("Requests in flight; several make it the axis. [10]")
    duration: Text = _option("Measured time per competitor: 10, 500ms, 2m. [10]")
    requests: Text = _option("Measured requests per competitor, instead of a time.")
    rounds: Text = _option("Rounds of fresh processes: n of the statistics. [10]")
    quick: bool = _option("Shorter: 5 rounds, 5 s.", "--quick", default=False)
    thorough: bool = _option("Longer: 30 rounds, 60 s.", "--thorough", default=False)
    precision: Text = _option("As many rounds as it takes for ratios to be known to ± this: 2%.")
    metric: Text = _option(
        "Of --precision: throughput, cpu-per-request, p50, p99, peak-memory. [throughput]"
    )
    budget: Text = _option("Of --precision: the longest it may take. [5m]")
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
    target: Texts = _option("A name of `clientbench targets`, or a URL; several make it the axis.")
    runtime: Texts = _option(
        "How it runs: auto, native, docker, docker-host; several make it the axis."
    )
    instances: Texts = _option("Servers behind a proxy [3], or worker processes of an origin [1].")
    scheme: Texts = _option("http or https; both make it the axis. [http]")
    tls: bool = _option("The same as --scheme https.", "--tls", default=False)
    upstream: Text = _option("What a proxy stands before: embedded, httpbin. [embedded]")
    target_cpus: Text = _option("CPUs of the target: 0, 0,2, 0-3. [one]")
    target_memory: Text = _option("Memory limit of each of its containers: 512m.")
    method: Texts = _option(
        "GET POST PUT PATCH DELETE HEAD OPTIONS; several make it the axis. [GET]"
    )
    header: Texts = _option("'Name: value'; repeatable.")
    headers: Text = _option("Headers as one JSON object.")
    body: Text = _option("Request body: text, or @FILE.")
    body_size: Texts = _option(
        "Request body of that many bytes (64k, 1M); several make it the axis."
    )
    stream: bool = _option("Read responses chunk by chunk.", "--stream", default=False)
    expect: Text = _option("Statuses that count as correct, e.g. 2xx,404. [200-399]")
    timeout: Text = _option("Connect and read timeout in seconds. [10]")
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
    matrix: bool = _option(
        "Also compare every competitor with every other.",
        "--matrix",
        default=False,
    )
    strict: bool = _option("Exit with 4 if there is any warning.", "--strict", default=False)
    normalize: Text = _option("Histogram up to so many times the minimum, the rest in one bin.")


def _measuring_options_but(*names: str) -> Callable[[Any], Any]:
    """Give a command all options but these in the place of its ``**options``.

    Typer reads them off its signature.
    """
    shared = [
        Parameter(
            name, Parameter.KEYWORD_ONLY, default=getattr(_MeasuringOptions, name), annotation=kind
        )
        for name, kind in get_type_hints(_MeasuringOptions, include_extras=True).items()
        if name not in names
    ]

    def extended(command: Any) -> Any:
        *own, _ = signature(command, eval_str=True).parameters.values()
        command.__signature__ = Signature([*own, *shared])
        return command

    return extended


@app.command()
@_measuring_options_but("normalize")
def compare(
    clients: Annotated[
        Texts,
        typer.Argument(
            help="NAME[==VERSION][:sync|:async][+LOOP][@PYTHON] … (default: all installed)",
            show_default=False,
        ),
    ] = None,
    url: Annotated[
        Text,
        typer.Option(
            help="Target URL, or a path on the embedded target (default: /).", show_default=False
        ),
    ] = None,
    **options: Any,
) -> int:
    """Measure clients head to head on the same target and under the same load."""
    return _measure("compare", {"clients": clients, "url": url, **options})


@app.command()
@_measuring_options_but(
    *("baseline", "matrix", "quick", "thorough", "precision", "metric", "budget")
)
def load(
    url: Annotated[
        Text, typer.Argument(help="Target URL, or a path on the embedded target.")
    ] = None,
    client: Annotated[Text, typer.Option(help="The one client.", show_default=False)] = None,
    **options: Any,
) -> int:
    """Measure one client alone (default: for 30 s)."""
    return _measure("load", {"clients": [client] if client else None, "url": url, **options})


@app.command()
def presets(json: Json = False) -> int:
    """List whole loads: what they do, and their parameters."""
    from harness.cli import listing

    listing.show_presets(json)
    return 0


@app.command()
def clients(json: Json = False) -> int:
    """List known clients: installed or not, version, modes."""
    from harness.cli import listing

    listing.show_clients(json)
    return 0


@app.command()
def doctor(
    seconds: Annotated[
        Text, typer.Option(help="How long to watch other processes. [6]", show_default=False)
    ] = None,
    json: Json = False,
) -> int:
    """Look for what makes measurements on this machine worse, and say how to mend it."""
    from harness.cli import doctor as command

    command.show(seconds, json)
    return 0


@app.command()
def selftest(
    full: Annotated[
        bool, typer.Option("--full", help="At length, in about ten minutes.", show_default=False)
    ] = False,
    db: Db = None,
    json: Json = False,
) -> int:
    """Measure what is known beforehand: whether measurements here can be believed, and how finely."""
    from harness.cli import selftest as command

    return command.run(db, full=full, as_json=json)


@results.command("list")
def list_runs(
    db: Db = None,
    limit: Annotated[int, typer.Option(help="How many, latest first.", min=1)] = 20,
) -> int:
    """List the latest runs."""
    from harness.cli import listing

    listing.show_runs(_database(db), limit)
    return 0


@results.command("show")
def show_run(
    run: Annotated[str, typer.Argument(help="Run or trial ID, the beginning of one, or 'latest'.")],
    db: Db = None,
    json: Json = False,
    matrix: Annotated[
        bool, typer.Option("--matrix", help="Also every competitor against every other.")
    ] = False,
) -> int:
    """Show a stored run as its comparison printed it, and its trials."""
    from harness.cli import listing

    listing.show_run(_database(db), run, json, with_matrix=matrix)
    return 0


@results.command("diff")
def diff_runs(
    run: Annotated[str, typer.Argument(help="Run or trial ID, the beginning of one, or 'latest'.")],
    other: Annotated[str, typer.Argument(help="The run it is compared with, likewise.")],
    db: Db = None,
    json: Json = False,
    across: Annotated[
        bool, typer.Option("--across", help="Even if machine, versions or settings differ.")
    ] = False,
) -> int:
    """Compare the competitors that two runs have in common."""
    from harness.cli import diffing

    diffing.show_diff(_database(db), (run, other), json, asked=across)
    return 0


@results.command("sql")
def sql(query: Annotated[str, typer.Argument(help="One SELECT.")], db: Db = None) -> int:
    """Query the database, read-only."""
    from harness.cli import listing

    listing.show_query(_database(db), query)
    return 0


@targets.callback(invoke_without_command=True)
def list_targets_by_default(context: typer.Context, json: Json = False) -> int:
    """List targets; start some that stay up, look at them, stop them."""
    if context.invoked_subcommand is None:
        return list_targets(json)
    if json:
        raise typer.BadParameter("expected after the sub-command", param_hint="--json")
    return 0


@targets.command("list")
def list_targets(json: Json = False) -> int:
    """List targets: how each can run here, or why not."""
    from harness.cli import targets as command

    command.show(json)
    return 0


@targets.command("up")
def target_up(
    name: Annotated[str, typer.Argument(help="A name of `clientbench targets`.")],
    runtime: Annotated[Text, _about("auto, native, docker, docker-host. [auto]")] = None,
    instances: Annotated[
        Text, _about("Servers behind a proxy [3], or worker processes of an origin [1].")
    ] = None,
    tls: Annotated[bool, typer.Option("--tls", help="HTTPS, by a CA of our own.")] = False,
    upstream: Annotated[
        Text, _about("What a proxy stands before: embedded, httpbin. [embedded]")
    ] = None,
    port: Annotated[Text, _about("Of the loopback interface. [a free one]")] = None,
    target_cpus: Annotated[Text, _about("Its CPUs: 0, 0,2, 0-3. [all]")] = None,
    target_memory: Annotated[
        Text, _about("Memory limit of each of its containers: 512m. [none]")
    ] = None,
    json: Json = False,
) -> int:
    """Start a target that stays up until `targets down`."""
    from harness.cli import targets as command

    command.up(
        name,
        runtime=runtime,
        instances=instances,
        tls=tls,
        upstream=upstream,
        port=port,
        target_cpus=target_cpus,
        target_memory=target_memory,
        as_json=json,
    )
    return 0


@targets.command("status")
def target_status(json: Json = False) -> int:
    """Show what is up, and how it is."""
    from harness.cli import targets as command

    command.status(json)
    return 0


@targets.command("logs")
def target_logs(
    name: Annotated[str, typer.Argument(help="A target that is up.")],
    lines: Annotated[str, typer.Option(help="How many of each server, from the end.")] = "20",
) -> int:
    """Show the ends of its servers' logs."""
    from harness.cli import targets as command

    command.logs(name, lines)
    return 0


@targets.command("down")
def target_down(
    name: Annotated[Text, typer.Argument(help="A target that is up.", show_default=False)] = None,
    everything: Annotated[
        bool,
        typer.Option("--all", help="All that is up, and what killed processes have left behind."),
    ] = False,
) -> int:
    """Stop a target."""
    from harness.cli import targets as command

    command.down(name, everything)
    return 0


def _database(flag: str | None) -> Path:
    from harness.settings import database_path, from_environment

    return database_path(flag, from_environment(os.environ), Path.cwd())


def _measure(command: str, typed: dict[str, Any]) -> int:
    from harness.cli import measuring

    return measuring.measure(command, typed, sys.stdout, sys.stderr)
