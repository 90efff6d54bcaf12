"""Options of the sub-commands, declared as data. Typer reads them from signatures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from copy import copy
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, get_type_hints

import typer

from harness.cli.completion import completer
from harness.cli.help import HEADINGS
from harness.input.declaration import Group, declared
from harness.input.options import Options
from harness.option_names import option
from harness.scenario.factors import CLIENT, FACTORS

__all__ = [
    "OURS",
    "Db",
    "Details",
    "Force",
    "Json",
    "Matrix",
    "Output",
    "Per",
    "Quiet",
    "Run",
    "Text",
    "Texts",
    "Url",
    "about",
    "argument",
    "measuring_options_but",
    "measuring_options_only",
]

REPEATABLE = "…"  # follows the placeholder of a repeatable option in --help
Text = str | None
Texts = list[str] | None


def about(
    help_: str,
    *names: str,
    group: Group = "",
    metavar: str | None = None,
    values: str = "",
) -> Any:
    """Declare an option: its text, names, group and placeholder in ``--help``.

    ``values`` is a key of ``completion.VALUES``: the values that shells offer.
    """
    return typer.Option(
        *names,
        help=help_,
        metavar=metavar,
        rich_help_panel=HEADINGS[group],
        show_default=False,
        autocompletion=completer(values),
    )


def argument(help_: str, metavar: str, values: str = "") -> Any:
    """Declare an argument: its text and placeholder in ``--help``, and the values shells offer."""
    return typer.Argument(
        help=help_, metavar=metavar, show_default=False, autocompletion=completer(values)
    )


Db = Annotated[Text, about("Results database (SQLite).", "--db", group="output", metavar="FILE")]
Run = Annotated[str, argument("Run or trial ID, the beginning of one, or 'latest'.", "RUN", "run")]
Url = Annotated[
    Text, about("Target URL, or a path on the target. [/]", "--url", group="target", metavar="URL")
]
Json = Annotated[
    bool, about("Print one JSON document instead of the table.", "--json", group="output")
]
Output = Annotated[
    Texts,
    about(
        "Also write a report; its format follows the file name: .json .csv .md .txt .html .hlog "
        ".hgrm; a picture: forest.svg; for CI .junit.xml .gab.json .bmf.json",
        "--output",
        "-o",
        group="output",
        metavar=f"FILE{REPEATABLE}",
    ),
]
Per = Annotated[
    Text,
    about(
        "The rows of a .csv: one per competitor, round, endpoint, slice or traced request. [competitor]",
        "--per",
        group="output",
        metavar="WHAT",
        values="per",
    ),
]
Force = Annotated[
    bool,
    about("Let --output replace a file that is not a report.", "--force", group="output"),
]
Matrix = Annotated[
    bool, about("Also compare every client with every other.", "--matrix", group="statistics")
]


Details = Annotated[
    bool,
    about(
        "Print every figure, interval and warning, then the answer.", "--details", group="output"
    ),
]
Quiet = Annotated[bool, about("Print the table only.", "--quiet", group="output")]


class _Ours:
    """Options of ``compare`` and ``load`` beyond the scenario's, in the order of ``--help``."""

    db: Db = None
    json: Json = False
    output: Output = None
    per: Per = None
    force: Force = False
    matrix: Matrix = False
    details: Details = False
    quiet: Quiet = False
    strict: Annotated[
        bool, about("Exit with code 4 if there is any warning.", "--strict", group="output")
    ] = False
    accept: Annotated[
        Texts,
        about(
            "With --strict: accept this kind of warning, such as short-slices.",
            group="output",
            metavar=f"KIND{REPEATABLE}",
            values="accept",
        ),
    ] = None
    name: Annotated[
        Text, about("What to call the run. [its clients]", group="output", metavar="TEXT")
    ] = None
    tag: Annotated[
        Texts,
        about(
            "Store this with the run, for queries: pr=123.",
            group="output",
            metavar=f"KEY=VALUE{REPEATABLE}",
        ),
    ] = None
    machine: Annotated[
        Text,
        about(
            "What to call this machine; results of one name are compared. [its CPU and memory]",
            group="output",
            metavar="MACHINE",
        ),
    ] = None
    normalize: Annotated[
        Text,
        about(
            "Draw the histogram up to FACTOR times the minimum, the rest in one bin.",
            group="statistics",
            metavar="FACTOR",
        ),
    ] = None


OURS = get_type_hints(_Ours, include_extras=True)  # annotations by name


def measuring_options_but(*names: str) -> Callable[[Any], Any]:
    """Replace ``**options`` of a command by all options of ``compare`` and ``load`` but these."""
    ours = (_parameter(name, getattr(_Ours, name), kind) for name, kind in OURS.items())
    return _extending(one for one in (*_OF_SCENARIOS, *ours) if one.name not in names)


def measuring_options_only(*names: str) -> Callable[[Any], Any]:
    """Replace ``**options`` of a command by these options of a scenario, with one value of each factor."""
    found = (one for one in _OF_SCENARIOS if one.name in names)
    return _extending(_with_one_value(one) if one.name in FACTORS else one for one in found)


def _with_one_value(option_: Parameter) -> Parameter:
    told = copy(option_.default)
    told.metavar = told.metavar.removesuffix(REPEATABLE)
    return option_.replace(annotation=Text, default=told)


def _scenario_options() -> Iterator[Parameter]:
    for factor in FACTORS.values():
        if factor is not CLIENT:
            name = f"{factor.metavar}{REPEATABLE}"
            values = completer(factor.name)
            told = _option(factor.help, factor.group, name, option(factor.name), values=values)
            yield _parameter(factor.name, told, Texts)
    for one in declared(Options):
        switch = one.default if isinstance(one.default, bool) else None
        kind = bool if switch is not None else Text if one.default is None else Texts
        metavar = None if switch is not None else one.metavar + REPEATABLE * (kind == Texts)
        values = completer(one.name)
        told = _option(one.help, one.group, metavar, one.names, default=switch, values=values)
        yield _parameter(one.name, told, kind)


def _option(
    help_: str,
    group: Group,
    metavar: str | None,
    names: str,
    *,
    default: bool | None = None,
    values: Callable[[str], list[str]] | None = None,
) -> Any:
    return typer.Option(
        default,
        names,
        help=help_,
        metavar=metavar,
        rich_help_panel=HEADINGS[group],
        show_default=bool(default),
        autocompletion=values,
    )


def _parameter(name: str, default: Any, kind: Any) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=kind)


_OF_SCENARIOS = tuple(_scenario_options())


def _extending(shared: Iterable[Parameter]) -> Callable[[Any], Any]:
    """Return a decorator that puts ``shared`` before the command's own options in its signature."""

    def extended(command: Any) -> Any:
        *own, _ = signature(command, eval_str=True).parameters.values()
        command.__signature__ = Signature(
            sorted([*shared, *own], key=lambda one: one.kind == Parameter.KEYWORD_ONLY)
        )
        return command

    return extended
