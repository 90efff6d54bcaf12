"""Sub-commands and their options. Values are taken as typed; ``harness.input.scenario_input`` judges them.

Annotations are no text here: Typer would evaluate that of every command, several times, whatever is run.
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from harness.cli.options import (
    Db,
    Json,
    Run,
    Text,
    Texts,
    about,
    argument,
    measuring_options_but,
    measuring_options_only,
)
from harness.cli.stored import stored_in
from harness.input.options import Options

__all__ = ["COMMAND_LINE_ERROR", "CommandInterruptedError", "app"]

# Typer's own errors about flags; the class lives in click or in typer, depending on the version.
COMMAND_LINE_ERROR: type[Any] = next(
    base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException"
)

MOST_RUNS = 1_000_000  # of `results list`
CLIENT = "NAME[==VERSION][:sync|:async][+LOOP][@PYTHON]"


class CommandInterruptedError(Exception):
    """Ctrl-C or SIGTERM ended a command that has nothing to show for it."""


@contextlib.contextmanager
def _stoppable() -> Iterator[None]:
    """Typer would make an interrupt an exit code like that of a run that was interrupted and has ended."""
    try:
        yield
    except KeyboardInterrupt:
        raise CommandInterruptedError from None


class _Group(TyperGroup):
    def make_context(self, *args: Any, **options: Any) -> Any:
        with _stoppable():
            return super().make_context(*args, **options)

    def invoke(self, ctx: Any) -> Any:
        with _stoppable():
            return super().invoke(ctx)


app = typer.Typer(
    cls=_Group,
    name="clientbench",
    help="Compare Python HTTP clients head to head, with numbers that can be believed.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
results = typer.Typer(help="Look into the results database.", rich_markup_mode=None)
app.add_typer(results, name="results")
clients = typer.Typer(rich_markup_mode=None)
app.add_typer(clients, name="clients")
targets = typer.Typer(rich_markup_mode=None)
app.add_typer(targets, name="targets")


@app.command()
@measuring_options_but("normalize")
def compare(
    clients: Annotated[Texts, argument(f"{CLIENT} … (default: all installed)")] = None,
    url: Annotated[Text, about("Target URL, or a path on the target (default: /).")] = None,
    **options: Any,
) -> int:
    """Measure clients head to head on the same target and under the same load.

    One of the options from --target to --concurrency may be given several times: one client is compared at its
    values, several clients at each of them, in a table for each.
    """
    return _measure("compare", {"clients": clients, "url": url, **options})


@app.command()
@measuring_options_but("baseline", "matrix", "quick", "thorough", "precision", "metric", "budget")
def load(
    url: Annotated[Text, typer.Argument(help="Target URL, or a path on the target.")] = None,
    client: Annotated[Text, about("The one client.")] = None,
    **options: Any,
) -> int:
    """Measure one client alone (default: for 30 s)."""
    return _measure("load", {"clients": [client] if client else None, "url": url, **options})


@app.command()
def presets(json: Json = False) -> None:
    """List whole loads: what they do, and their parameters."""
    from harness.cli import listing

    listing.show_presets(json)


@clients.callback(invoke_without_command=True)
def list_clients_by_default(context: typer.Context, json: Json = False) -> None:
    """List known clients; check whether their adapters do what is asked of one."""
    _listed_by_default(context, json, list_clients)


@clients.command("list")
def list_clients(json: Json = False) -> None:
    """List known clients: installed or not, version, modes."""
    from harness.cli import listing

    listing.show_clients(json)


@clients.command("check")
def check_clients(
    names: Annotated[
        Texts, argument(f"{CLIENT} … (default: all that can be used)", "[NAME]...")
    ] = None,
    json: Json = False,
) -> int:
    """Check adapters against the conformance suite; exit code 4 if a claim does not hold."""
    from harness.cli import check

    return check.check_clients(names or (), json)


@app.command()
def doctor(
    seconds: Annotated[Text, about("How long to watch other processes. [6]")] = None,
    json: Json = False,
) -> None:
    """Look for what makes measurements on this machine worse, and say how to mend it."""
    from harness.cli import doctor as command

    command.show(seconds, json)


@app.command()
def selftest(
    full: Annotated[bool, about("At length, in about ten minutes.", "--full")] = False,
    db: Db = None,
    json: Json = False,
) -> int:
    """Measure what is known beforehand: whether measurements here can be believed, and how finely."""
    from harness.cli import selftest as command

    return command.run(db, full=full, as_json=json)


@results.command("list")
def list_runs(
    db: Db = None,
    limit: Annotated[str, typer.Option(help="How many, latest first.")] = "20",
) -> None:
    """List the latest runs."""
    from harness.cli import listing
    from harness.scenario.numbers import whole_number

    number = whole_number("limit", limit, 1, MOST_RUNS)
    with stored_in(database := _database(db)):
        listing.show_runs(database, number)


@results.command("show")
def show_run(
    run: Run,
    db: Db = None,
    json: Json = False,
    matrix: Annotated[
        bool, about("Also every competitor against every other.", "--matrix")
    ] = False,
) -> None:
    """Show a stored run as its comparison printed it, and its trials."""
    from harness.cli import listing

    with stored_in(database := _database(db)):
        listing.show_run(database, run, json, with_matrix=matrix)


@results.command("diff")
def diff_runs(
    run: Run,
    other: Annotated[str, typer.Argument(help="The run it is compared with, likewise.")],
    db: Db = None,
    json: Json = False,
    across: Annotated[
        bool, about("Even if machine, versions or settings differ.", "--across")
    ] = False,
) -> None:
    """Compare the competitors that two runs have in common."""
    from harness.cli import diffing

    with stored_in(database := _database(db)):
        diffing.show_diff(database, (run, other), json, asked=across)


@results.command("merge")
def merge(
    file: Annotated[str, typer.Argument(help="Another results database, such as a rescued run.")],
    db: Db = None,
) -> None:
    """Bring in what another database has: runs, rounds, self-tests. That one stays as it is."""
    from harness.cli import merging

    merging.merge(_database(db), file)


@results.command("sql")
def sql(
    query: Annotated[str, typer.Argument(help="One SELECT.")],
    db: Db = None,
    timeout: Annotated[str, typer.Option(help="Seconds it may take.")] = "60",
) -> None:
    """Query the database, read-only."""
    from harness.cli import querying

    querying.show_query(_database(db), query, timeout)


@targets.callback(invoke_without_command=True)
def list_targets_by_default(context: typer.Context, json: Json = False) -> None:
    """List targets; check them; start some that stay up, look at them, stop them."""
    _listed_by_default(context, json, list_targets)


@targets.command("list")
def list_targets(json: Json = False) -> None:
    """List targets: how each can run here, or why not."""
    from harness.cli import targets as command

    command.show(json)


@targets.command("up")
@measuring_options_only(
    "runtime", "instances", "https", "config", "upstream", "target_cpus", "target_memory"
)
def target_up(
    name: Annotated[str, typer.Argument(help="A name of `clientbench targets`.")],
    *,
    port: Annotated[Text, about("Of the loopback interface. [a free one]")] = None,
    json: Json = False,
    **options: Any,
) -> None:
    """Start a target that stays up until `targets down`."""
    from harness.cli import targets as command

    command.up(name, Options.of(**options), port, as_json=json)


@targets.command("check")
@measuring_options_only("runtime", "upstream")
def check_targets(
    names: Annotated[
        Texts,
        argument("Names of `clientbench targets` (default: all that can run here).", "[NAME]..."),
    ] = None,
    *,
    json: Json = False,
    **options: Any,
) -> int:
    """Check targets against the conformance suite; exit code 4 if a claim does not hold."""
    from harness.cli import check

    return check.check_targets(names or (), Options.of(**options), json)


@targets.command("status")
def target_status(json: Json = False) -> None:
    """Show what is up, and how it is."""
    from harness.cli import targets as command

    command.status(json)


@targets.command("logs")
def target_logs(
    name: Annotated[str, typer.Argument(help="A target that is up.")],
    lines: Annotated[str, typer.Option(help="How many of each server, from the end.")] = "20",
) -> None:
    """Show the ends of its servers' logs."""
    from harness.cli import targets as command

    command.logs(name, lines)


@targets.command("down")
def target_down(
    name: Annotated[Text, argument("A target that is up.")] = None,
    everything: Annotated[
        bool, about("All that is up, and what killed processes have left behind.", "--all")
    ] = False,
) -> None:
    """Stop a target."""
    from harness.cli import targets as command

    command.down(name, everything)


def _listed_by_default(context: typer.Context, json: bool, listed: Callable[[bool], None]) -> None:
    """Without a sub-command, what there is."""
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
