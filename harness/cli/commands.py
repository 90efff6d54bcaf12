"""Sub-commands and their options. Values are taken as typed; ``harness.scenario`` judges them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

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

Text = str | None
Texts = list[str] | None


def _option(help_: str, *names: str) -> Any:
    return typer.Option(*names, help=help_, show_default=False)


Url = Annotated[
    Text, _option("Target URL, or a path on the embedded target (default: /).", "--url")
]
Concurrency = Annotated[
    Texts, _option("Requests in flight; several make it the axis. [10]", "--concurrency")
]
Duration = Annotated[
    Text, _option("Measured time per competitor: 10, 500ms, 2m. [10]", "--duration")
]
Requests = Annotated[
    Text, _option("Measured requests per competitor, instead of a time.", "--requests")
]
Rounds = Annotated[Text, _option("Rounds of fresh processes: n of the statistics. [5]", "--rounds")]
Warmup = Annotated[Text, _option("Uncounted load before each trial, in seconds. [0.3]", "--warmup")]
Processes = Annotated[Text, _option("Worker processes per competitor. [1]", "--processes")]
Method = Annotated[
    Texts,
    _option("GET POST PUT PATCH DELETE HEAD OPTIONS; several make it the axis. [GET]", "--method"),
]
Header = Annotated[Texts, _option("'Name: value'; repeatable.", "--header")]
Headers = Annotated[Text, _option("Headers as one JSON object.", "--headers")]
Body = Annotated[Text, _option("Request body: text, or @FILE.", "--body")]
BodySize = Annotated[
    Texts,
    _option("Request body of that many bytes (64k, 1M); several make it the axis.", "--body-size"),
]
Stream = Annotated[bool, _option("Read responses chunk by chunk.", "--stream")]
Expect = Annotated[
    Text, _option("Statuses that count as correct, e.g. 2xx,404. [200-399]", "--expect")
]
Timeout = Annotated[Text, _option("Connect and read timeout in seconds. [10]", "--timeout")]
Verify = Annotated[
    bool, typer.Option("--verify/--insecure", help="Verify TLS certificates.", show_default=True)
]
Profile = Annotated[
    Text, _option("parity: equal settings; defaults: each library's own. [parity]", "--profile")
]
Baseline = Annotated[
    Text, _option("Competitor the others are compared with. [the first]", "--baseline")
]
Seed = Annotated[Text, _option("Seed of the random order. [drawn, and recorded]", "--seed")]
Pin = Annotated[
    bool, typer.Option("--pin/--no-pin", help="Keep target and workers on CPUs of their own.")
]
Rate = Annotated[
    Text, _option("Open loop: requests started per second, whatever the answers do.", "--rate")
]
Stage = Annotated[
    Texts,
    _option("Open loop by stages: RATE:SECONDS or FROM-TO:SECONDS; repeatable.", "--stage"),
]
Arrivals = Annotated[Text, _option("uniform, poisson or burst. [uniform]", "--arrivals")]
Start = Annotated[
    Text,
    _option("fixed-workers: --concurrency of them; per-request. [fixed-workers]", "--start"),
]
MaxInFlight = Annotated[
    Text, _option("Limit of --start per-request; more are dropped. [100]", "--max-in-flight")
]
ThinkTime = Annotated[
    Text, _option("Closed loop: pause of each slot between requests. [0]", "--think-time")
]
Trace = Annotated[
    Text, _option("Share of the requests whose points are recorded: 1, 0.1, 10%.", "--trace")
]
PresetName = Annotated[
    Text, _option("A whole load by name; see `clientbench presets`.", "--preset")
]
N = Annotated[Text, _option("Of a preset: requests in a batch, or unfinished at most.", "--n")]
Delay = Annotated[Text, _option("Of a preset: time between releases.", "--delay")]
HoldAt = Annotated[
    Text,
    _option("Of a preset: dns tcp tls connection request first-byte. [connection]", "--hold"),
]
Points = Annotated[Text, _option("Of a preset: its graph, NUMBER@TIME,…", "--points")]
ErrorBudget = Annotated[
    Text, _option("Stop the run beyond so many failed requests: 10, 5%.", "--error-budget")
]
Db = Annotated[Text, _option("Results database (SQLite).", "--db")]
Json = Annotated[bool, _option("Print one JSON document instead of the table.", "--json")]
Normalize = Annotated[
    Text,
    _option("Histogram up to so many times the minimum, the rest in one bin.", "--normalize"),
]
Output = Annotated[Text, _option("Also write the report: .json .csv .md .txt", "--output")]


@app.command()
def compare(
    clients: Annotated[
        Texts,
        typer.Argument(
            help="NAME[==VERSION][:sync|:async][+LOOP][@PYTHON] … (default: all installed)",
            show_default=False,
        ),
    ] = None,
    url: Url = None,
    concurrency: Concurrency = None,
    duration: Duration = None,
    requests: Requests = None,
    rounds: Rounds = None,
    warmup: Warmup = None,
    processes: Processes = None,
    rate: Rate = None,
    stage: Stage = None,
    arrivals: Arrivals = None,
    start: Start = None,
    max_in_flight: MaxInFlight = None,
    think_time: ThinkTime = None,
    trace: Trace = None,
    preset: PresetName = None,
    n: N = None,
    delay: Delay = None,
    hold: HoldAt = None,
    points: Points = None,
    method: Method = None,
    header: Header = None,
    headers: Headers = None,
    body: Body = None,
    body_size: BodySize = None,
    stream: Stream = False,
    expect: Expect = None,
    timeout: Timeout = None,
    error_budget: ErrorBudget = None,
    verify: Verify = True,
    profile: Profile = None,
    baseline: Baseline = None,
    seed: Seed = None,
    pin: Pin = True,
    db: Db = None,
    json: Json = False,
    output: Output = None,
) -> int:
    """Measure clients head to head on the same target and under the same load."""
    return _measure("compare", locals())


@app.command()
def load(
    url: Annotated[
        Text, typer.Argument(help="Target URL, or a path on the embedded target.")
    ] = None,
    client: Annotated[Text, _option("The one client.", "--client")] = None,
    concurrency: Concurrency = None,
    duration: Duration = None,
    requests: Requests = None,
    rounds: Rounds = None,
    warmup: Warmup = None,
    processes: Processes = None,
    rate: Rate = None,
    stage: Stage = None,
    arrivals: Arrivals = None,
    start: Start = None,
    max_in_flight: MaxInFlight = None,
    think_time: ThinkTime = None,
    trace: Trace = None,
    preset: PresetName = None,
    n: N = None,
    delay: Delay = None,
    hold: HoldAt = None,
    points: Points = None,
    method: Method = None,
    header: Header = None,
    headers: Headers = None,
    body: Body = None,
    body_size: BodySize = None,
    stream: Stream = False,
    expect: Expect = None,
    timeout: Timeout = None,
    error_budget: ErrorBudget = None,
    verify: Verify = True,
    profile: Profile = None,
    seed: Seed = None,
    pin: Pin = True,
    db: Db = None,
    json: Json = False,
    output: Output = None,
    normalize: Normalize = None,
) -> int:
    """Measure one client alone (default: for 30 s)."""
    return _measure("load", {"clients": [client] if client else None, **locals()})


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
) -> int:
    """Show a stored run as its comparison printed it, and its trials."""
    from harness.cli import listing

    listing.show_run(_database(db), run, json)
    return 0


@results.command("sql")
def sql(query: Annotated[str, typer.Argument(help="One SELECT.")], db: Db = None) -> int:
    """Query the database, read-only."""
    from harness.cli import listing

    listing.show_query(_database(db), query)
    return 0


def _database(flag: str | None) -> Path:
    from harness.settings import database_path, from_environment

    return database_path(flag, from_environment(os.environ), Path.cwd())


def _measure(command: str, typed: dict[str, Any]) -> int:
    from harness.cli import measuring

    return measuring.measure(command, typed, sys.stdout, sys.stderr)
