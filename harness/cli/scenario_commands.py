"""The commands about scenario files. Values stay as typed; ``harness.input`` checks them."""

from typing import Annotated, Any

from harness.cli.groups import command, group
from harness.cli.options import (
    Force,
    Json,
    Texts,
    Url,
    argument,
    measuring_options_but,
)

__all__ = ["scenario"]

scenario = group("scenario", help="Write, check and describe scenario files.")
NOT_TO_CHECK = (
    *("scenario", "db", "output", "per", "force", "matrix", "details", "quiet", "strict"),
    *("accept", "name", "tag", "machine", "normalize", "json"),
)


@command(scenario, "new")
def new(
    file: Annotated[str, argument("The file to write.", "FILE")] = "scenario.toml",
    force: Force = False,
) -> None:
    """Write a commented scenario that runs."""
    from harness.cli import scenarios

    scenarios.write_new(file, force=force)


# wide: a parameter for each option, which Typer reads
@command(scenario, "check")
@measuring_options_but(*NOT_TO_CHECK)
def check(
    file: Annotated[str, argument("The scenario.", "FILE")],
    clients: Annotated[Texts, argument("As for `run`.", "CLIENT", "clients")] = None,
    url: Url = None,
    json: Json = False,
    **options: Any,
) -> None:
    """Print what a scenario would send to each endpoint; nothing is sent."""
    from harness.cli import scenarios

    scenarios.check({"scenario": file, "clients": clients, "url": url, **options}, as_json=json)


@command(scenario, "schema")
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors."""
    from harness.cli import scenarios

    scenarios.print_schema()
