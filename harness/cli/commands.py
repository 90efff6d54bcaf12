"""Sub-commands and their options. Values stay as typed; ``harness.input`` checks them.

Annotations are not strings here: Typer would evaluate those of every command, several times,
whichever command is run.
"""

import os
from collections.abc import Callable, Collection
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.cli.groups import command, group
from harness.cli.options import (
    Db,
    Details,
    Force,
    Json,
    Matrix,
    Output,
    Per,
    Quiet,
    Run,
    Text,
    Texts,
    Url,
    about,
    argument,
    measuring_options_but,
    measuring_options_only,
)
from harness.cli.scenario_commands import scenario
from harness.cli.stored import stored_in
from harness.input.options import Options
from harness.text import nearest

__all__ = ["COMMAND_LINE_ERROR", "app", "problem_of", "whole_command"]

# Typer's own errors about flags; the class lives in click or in typer, depending on the version.
COMMAND_LINE_ERROR: type[Any] = next(
    base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException"
)

MOST_RUNS = 1_000_000  # the largest --limit of `results list`
CLIENT = "[ALIAS=]NAME[EXTRAS][==VERSION | =PATH | =URL][:MODE][+LOOP][@PYTHON]"


Environment = Annotated[
    str,
    argument(
        "The beginning of its id, or what it was made for: a client, NAME==VERSION, an alias, a path.",
        "ENVIRONMENT",
        "environment",
    ),
]


TrendFile = Annotated[
    Texts,
    about(
        "Also write a file; its format follows the name: .html .json .csv .md .txt",
        "--output",
        "-o",
        group="output",
        metavar="FILE…",
    ),
]
Followed = Annotated[
    Text,
    about(
        "Follow throughput, cpu-per-request, p50, p99 or peak-memory. [the first two]",
        metavar="METRIC",
        values="metric",
    ),
]


app = group(
    "clientbench",
    pretty_exceptions_enable=False,
)
results = group("results", help="Show, compare, merge and query stored results.")
clients = group("clients")
targets = group("targets")
environments = group("environments")
for one in (results, clients, environments, targets, scenario):
    app.add_typer(one)


def _show_version(asked: bool) -> None:
    if asked:
        import platform
        from importlib.metadata import version

        from harness.cli.screen import say

        say(f"clientbench {version('clientbench')} (Python {platform.python_version()})")
        raise typer.Exit


@cache  # takes longer than most commands, and a process of the tests is many of them
def whole_command() -> Any:
    """Return the command with all subcommands, as Typer makes it of ``app``."""
    return typer.main.get_command(app)


@app.callback()
def main(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            "-V",
            help="Print the version of clientbench and of Python.",
            callback=_show_version,
            is_eager=True,
            expose_value=False,
            show_default=False,
        ),
    ] = False,
) -> None:
    """Compare Python HTTP clients head to head, with numbers that can be believed."""


@command(app)
@measuring_options_but("normalize")
def compare(
    clients: Annotated[
        Texts, argument(f"{CLIENT} … (default: all installed)", "CLIENT", "clients")
    ] = None,
    url: Url = None,
    **options: Any,
) -> int:
    """Measure clients head to head on the same target and under the same load.

    To compare something other than clients, give one of --target --runtime --instances --scheme
    --method --body-size --concurrency several times. One client is then measured at each value;
    several clients get one table per value.
    """
    return _measure("compare", {"clients": clients, "url": url, **options})


@command(app)
@measuring_options_but("baseline", "matrix", "quick", "thorough", "precision", "metric", "budget")
def load(
    url: Annotated[Text, argument("Target URL, or a path on the target. [/]", "URL")] = None,
    client: Annotated[Text, about(CLIENT, group="what", metavar="CLIENT", values="client")] = None,
    **options: Any,
) -> int:
    """Measure a single client (default: for 30 s)."""
    return _measure("load", {"clients": [client] if client else None, "url": url, **options})


@command(app)
@measuring_options_but("scenario")
def run(
    file: Annotated[
        str,
        argument(
            "A file of `clientbench scenario new`, one of heyyall or go-hammer, an access log, or a HAR file.",
            "FILE",
        ),
    ],
    clients: Annotated[
        Texts, argument(f"{CLIENT} … (default: those of the file)", "CLIENT", "clients")
    ] = None,
    url: Url = None,
    **options: Any,
) -> int:
    """Measure a scenario: many endpoints, each with its share, or requests that were recorded.

    Options go before what the file says.
    """
    return _measure("run", {"scenario": file, "clients": clients, "url": url, **options})


# wide: a parameter for each option, which Typer reads
@command(app)
def gate(
    run: Run = "latest",
    config: Annotated[
        Text, about("The limits. [clientbench.toml]", "--config", "--gate", metavar="FILE")
    ] = None,
    db: Db = None,
    json: Json = False,
    output: Output = None,
    force: Force = False,
) -> int:
    """Judge a stored run by limits: exit code 5 if one is broken, 6 if unclear ones are to fail."""
    from harness.cli.gating import show_gate
    from harness.cli.output import Reports

    database = _database(db)
    reports = Reports.of(output or (), database, force=force, with_matrix=False)
    with stored_in(database):
        return show_gate(database, run, config, reports, as_json=json)


@command(app)
def report(
    runs: Annotated[
        Texts,
        argument(
            "Runs as for `results show` (default: latest); each is compared with the first.",
            "RUN",
            "runs",
        ),
    ] = None,
    db: Db = None,
    output: Annotated[
        Texts,
        about(
            "The page; or forest.svg, costs.png …, or 'plots/*.svg' for each picture. [report.html]",
            "--output",
            "-o",
            group="output",
            metavar="FILE…",
        ),
    ] = None,
    force: Force = False,
    matrix: Matrix = False,
) -> int:
    """Write a run as one HTML page with pictures, or its pictures as files.

    The page needs no network and no script. Several runs are put side by side if `results diff`
    compares them.
    """
    from harness.cli import reporting

    with stored_in(database := _database(db)):
        return reporting.report(database, runs or (), output or (), force=force, with_matrix=matrix)


@command(app)
def presets(json: Json = False) -> None:
    """List the presets: complete loads, with their parameters."""
    from harness.cli import listing

    listing.show_presets(json)


@clients.callback(invoke_without_command=True)
def list_clients_by_default(context: typer.Context, json: Json = False) -> None:
    """List known clients; check their adapters against the conformance suite."""
    _listed_by_default(context, json, list_clients)


@command(clients, "list")
def list_clients(json: Json = False) -> None:
    """List known clients, most popular first: state, versions, modes, HTTP versions."""
    from harness.cli import clients

    clients.show_clients(json)


@command(clients, "show")
@measuring_options_only("adapter", "constraint", "lock", "offline")
def show_client(
    name: Annotated[str, argument(CLIENT, "CLIENT", "client")],
    *,
    json: Json = False,
    **options: Any,
) -> None:
    """Show everything about one client: versions, abilities, what it cannot do alike."""
    from harness.cli import clients

    clients.show_client(name, Options.of(**options), json)


@command(clients, "check")
@measuring_options_only("adapter", "constraint", "lock", "offline")
def check_clients(
    names: Annotated[
        Texts, argument(f"{CLIENT} … (default: all usable ones)", "CLIENT", "clients")
    ] = None,
    *,
    json: Json = False,
    **options: Any,
) -> int:
    """Check adapters against the conformance suite; exit code 4 if a claim does not hold.

    A claim that a library is known to fail is shown, and counts as expected.
    """
    from harness.cli import check

    return check.check_clients(names or (), Options.of(**options), json)


@command(clients, "new")
def new_client(
    new: Annotated[str, argument("The client's name, and that of the folder.", "NAME")],
    library: Annotated[
        Text, about("The library to measure, used like httpx. [httpx]", metavar="DISTRIBUTION")
    ] = None,
) -> None:
    """Write a folder with an adapter that works, its distribution and its test."""
    from harness.cli import creating

    creating.new_client(new, library)


@command(app)
def doctor(
    seconds: Annotated[Text, about("Time to watch other processes. [6]", metavar="SECONDS")] = None,
    json: Json = False,
) -> None:
    """Find what disturbs measurements on this machine, and how to fix it."""
    from harness.cli import doctor as command

    command.show(seconds, json)


@command(app)
def selftest(
    full: Annotated[
        bool, about("Take about ten minutes instead of two, for more precise figures.", "--full")
    ] = False,
    db: Db = None,
    json: Json = False,
) -> int:
    """Measure known quantities, to see how far to trust measurements on this machine."""
    from harness.cli import selftest as command

    return command.run(db, full=full, as_json=json)


@command(results, "list")
def list_runs(
    db: Db = None,
    limit: Annotated[str, about("Number of runs, latest first. [20]", metavar="NUMBER")] = "20",
    tag: Annotated[Texts, about("Only runs with this tag.", metavar="KEY=VALUE…")] = None,
    name: Annotated[Text, about("Only runs of this name.", metavar="TEXT")] = None,
    json: Json = False,
) -> None:
    """List the latest runs."""
    from harness.cli import listing
    from harness.scenario.numbers import whole_number

    number = whole_number("limit", limit, 1, MOST_RUNS)
    with stored_in(database := _database(db)):
        listing.show_runs(database, number, name, tag or (), as_json=json)


# wide: a parameter for each option, which Typer reads
@command(results, "show")
def show_run(
    run: Run,
    db: Db = None,
    json: Json = False,
    output: Output = None,
    per: Per = None,
    force: Force = False,
    matrix: Matrix = False,
    details: Details = False,
    quiet: Quiet = False,
    lock: Annotated[
        bool, about("Print the lock of its clients, for compare --lock.", "--lock", group="output")
    ] = False,
) -> int:
    """Show a stored run the way `compare` or `load` printed it."""
    if lock:
        from harness.cli.locking import show_lock

        with stored_in(database := _database(db)):
            show_lock(database, run)
        return 0
    from harness.cli import listing
    from harness.cli.output import Reports
    from harness.cli.showing import view

    asked = view(json=json, details=details, quiet=quiet, matrix=matrix, database=db)
    database = _database(db)
    reports = Reports.of(output or (), database, force=force, with_matrix=matrix, per=per)
    with stored_in(database):
        return listing.show_run(database, run, asked, reports)


@command(results, "diff")
def diff_runs(
    run: Run,
    other: Annotated[str, argument("The run to compare with, in the same form.", "OTHER", "run")],
    db: Db = None,
    json: Json = False,
    across: Annotated[
        bool, about("Compare even if machine, versions or settings differ.", "--across")
    ] = False,
) -> None:
    """Compare the clients that two runs have in common."""
    from harness.cli import diffing

    with stored_in(database := _database(db)):
        diffing.show_diff(database, (run, other), json, asked=across)


# wide: a parameter for each option, which Typer reads
@command(results, "trend")
def trend(
    client: Annotated[
        Text, argument("A client or label of stored runs (default: all).", "CLIENT", "client")
    ] = None,
    metric: Followed = None,
    since: Annotated[
        Text, about("Only runs from this day on, or not older than 90d.", metavar="DATE|AGE")
    ] = None,
    machine: Annotated[Text, about("Only runs on this machine.", metavar="MACHINE")] = None,
    anchor: Annotated[
        Text,
        about("Follow ratios to this client instead of each run's baseline.", metavar="LABEL"),
    ] = None,
    fail_on: Annotated[
        Text,
        about(
            "step: exit with code 5 if a step to the worse lies in the newest 10 runs.",
            metavar="step",
            values="fail_on",
        ),
    ] = None,
    db: Db = None,
    json: Json = False,
    output: TrendFile = None,
    force: Force = False,
) -> int:
    """Show how clients did from run to run, on one machine and with the same settings.

    Ratios to the baseline come first, then CPU per request, and throughput by itself last: it
    changes with whatever else the machine does. A step is a lasting change.
    """
    from harness.cli.trend import Asked, show_trend

    asked = Asked(client, metric, since, machine, anchor, fail_on)
    with stored_in(database := _database(db)):
        return show_trend(database, asked, output or (), as_json=json, force=force)


@command(results, "merge")
def merge(
    file: Annotated[
        Texts, argument("Other results databases, such as those of CI jobs.", "FILE")
    ] = None,
    document: Annotated[
        Texts,
        about(
            "Add the run that --json or --output wrote to this file.", "--import", metavar="FILE…"
        ),
    ] = None,
    db: Db = None,
) -> None:
    """Add runs, rounds and self-tests from other databases, which stay unchanged."""
    from harness.cli import merging

    merging.merge(_database(db), file or (), document or ())


@command(results, "annotate")
def annotate(
    run: Run,
    tag: Annotated[
        Texts, about("Set a tag; without a VALUE, remove it.", metavar="KEY=VALUE…")
    ] = None,
    name: Annotated[Text, about("Rename the run.", metavar="TEXT")] = None,
    db: Db = None,
) -> None:
    """Tag a stored run, or rename it."""
    from harness.cli import keeping

    keeping.annotate(_database(db), run, name, tag or ())


@command(results, "prune")
def prune_results(
    keep: Annotated[
        Texts,
        about("Keep the newest 50, those of 90d, or all that are tagged.", metavar="WHICH…"),
    ] = None,
    dry_run: Annotated[bool, about("Only say which runs would be removed.", "--dry-run")] = False,
    db: Db = None,
) -> None:
    """Remove runs for good, except those that a --keep names."""
    from harness.cli import keeping

    keeping.prune(_database(db), keep or (), dry_run=dry_run)


@command(results, "datasette")
def datasette(db: Db = None) -> None:
    """Print metadata for Datasette: tables and columns described, and queries."""
    from harness.cli.datasette import show_metadata

    with stored_in(database := _database(db)):
        show_metadata(database)


@command(results, "sql")
def sql(
    query: Annotated[str, argument("One SELECT.", "SQL")],
    db: Db = None,
    timeout: Annotated[
        str, about("Longest time the query may take. [60]", metavar="SECONDS")
    ] = "60",
    json: Json = False,
    csv: Annotated[
        bool,
        about("Print CSV, every value exactly, instead of the table.", "--csv", group="output"),
    ] = False,
) -> None:
    """Query the database, read-only.

    The table cuts long values, and a terminal shows the first rows only; --json and --csv print
    everything exactly.
    """
    from harness.cli import querying

    querying.show_query(_database(db), query, timeout, as_json=json, as_csv=csv)


@environments.callback(invoke_without_command=True)
def list_environments_by_default(context: typer.Context, json: Json = False) -> None:
    """List, show and remove the environments that were made for clients."""
    _listed_by_default(context, json, list_environments)


@command(environments, "list")
def list_environments(json: Json = False) -> None:
    """List the environments in the cache, the last used first."""
    from harness.cli import environments as command

    command.show_all(json)


@command(environments, "show")
def show_environment(environment: Environment, json: Json = False) -> None:
    """Show one environment: what it was made for, and everything installed."""
    from harness.cli import environments as command

    command.show(environment, json)


@command(environments, "freeze")
def freeze_environment(environment: Environment) -> None:
    """Print the lock of one environment: versions and hashes, for compare --lock."""
    from harness.cli import environments as command

    command.freeze(environment)


@command(environments, "remove")
def remove_environments(
    environment: Annotated[
        list[str], argument("Each as for `show`.", "ENVIRONMENT", "environment")
    ],
) -> None:
    """Remove environments; one that a run uses stays."""
    from harness.cli import environments as command

    command.remove(environment)


@command(environments, "prune")
def prune_environments(
    older: Annotated[Text, about("Only those not used for this many days.", metavar="DAYS")] = None,
    keep: Annotated[str, about("Keep this many, the last used. [0]", metavar="NUMBER")] = "0",
) -> None:
    """Remove environments that no run uses, and what killed runs left behind."""
    from harness.cli import environments as command

    command.prune(older, keep)


@targets.callback(invoke_without_command=True)
def list_targets_by_default(context: typer.Context, json: Json = False) -> None:
    """List and check targets; start targets that stay up, inspect and stop them."""
    _listed_by_default(context, json, list_targets)


@command(targets, "list")
def list_targets(json: Json = False) -> None:
    """List targets: how each can run here, or why not."""
    from harness.cli import targets as command

    command.show(json)


@command(targets, "up")
@measuring_options_only(
    "runtime", "instances", "https", "config", "upstream", "target_cpus", "target_memory"
)
def target_up(
    name: Annotated[str, argument("A name of `clientbench targets`.", "NAME", "target")],
    *,
    port: Annotated[
        Text, about("Port on the loopback interface. [a free one]", metavar="PORT")
    ] = None,
    json: Json = False,
    **options: Any,
) -> None:
    """Start a target that stays up until `targets down`."""
    from harness.cli import targets as command

    command.up(name, Options.of(**options), port, as_json=json)


@command(targets, "check")
@measuring_options_only("runtime", "upstream")
def check_targets(
    names: Annotated[
        Texts,
        argument(
            "Names of `clientbench targets` (default: all that can run here).", "NAME", "target"
        ),
    ] = None,
    *,
    json: Json = False,
    **options: Any,
) -> int:
    """Check targets against the conformance suite; exit code 4 if a claim does not hold."""
    from harness.cli import check

    return check.check_targets(names or (), Options.of(**options), json)


@command(targets, "new")
def new_target(
    new: Annotated[str, argument("The target's name, and that of the folder.", "NAME")],
) -> None:
    """Write a folder with a target that works, its distribution and its test."""
    from harness.cli import creating

    creating.new_target(new)


@command(targets, "status")
def target_status(json: Json = False) -> None:
    """Show the targets that are up, and their state."""
    from harness.cli import targets as command

    command.status(json)


@command(targets, "logs")
def target_logs(
    name: Annotated[str, argument("A target that is up.", "NAME", "target")],
    lines: Annotated[str, about("Lines per server, from the end. [20]", metavar="NUMBER")] = "20",
) -> None:
    """Show the last lines of the logs of a target's servers."""
    from harness.cli import targets as command

    command.logs(name, lines)


@command(targets, "down")
def target_down(
    name: Annotated[Text, argument("A target that is up.", "NAME", "target")] = None,
    everything: Annotated[
        bool, about("Stop all, and remove the leftovers of killed processes.", "--all")
    ] = False,
) -> None:
    """Stop a target that is up, or all."""
    from harness.cli import targets as command

    command.down(name, everything)


def problem_of(error: Any, more_options: Collection[str]) -> str:
    """Return Typer's message on one line; for an unknown option, suggest the nearest one."""
    if type(error).__name__ != "NoSuchOption":
        return " ".join(error.format_message().split())
    parameters = () if error.ctx is None else error.ctx.command.params
    word = error.option_name.lstrip("-").lower()
    known: set[str] = set()
    for one in parameters:
        if one.param_type_name != "argument":
            known |= {*one.opts, *one.secondary_opts}
        elif word in (one.name, (one.metavar or "").lower()):
            return f"No such option: {error.option_name}; give {one.metavar} without it"
    found = nearest(error.option_name, (*sorted(known), *more_options))
    return f"No such option: {error.option_name}" + (f"; did you mean {found}?" if found else "")


def _listed_by_default(context: typer.Context, json: bool, listed: Callable[[bool], None]) -> None:
    """List everything if there is no sub-command."""
    if context.invoked_subcommand is None:
        listed(json)
    elif json:
        raise typer.BadParameter("expected after the sub-command", param_hint="--json")


def _database(flag: str | None) -> Path:
    from harness.input.settings import database_path, from_environment

    return database_path(flag, from_environment(os.environ), Path.cwd())


def _measure(command: str, typed: dict[str, Any]) -> int:
    from harness.cli import measuring

    return measuring.measure(command, typed)
