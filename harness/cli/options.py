"""Options of the sub-commands, declared as data. Typer reads them off signatures."""

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
    "Force",
    "Json",
    "Matrix",
    "Output",
    "Run",
    "Text",
    "Texts",
    "about",
    "argument",
    "measuring_options_but",
    "measuring_options_only",
]

REPEATABLE = "…"  # after what stands for a value in --help
Text = str | None
Texts = list[str] | None


def about(
    help_: str,
    *names: str,
    group: Group = "",
    metavar: str | None = None,
    values: str = "",
) -> Any:
    """An option: what ``--help`` says of it and where, what its value is called there, and its own name.

    ``values`` says what shells offer for it: a key of ``completion.VALUES``.
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
    """Arguments: what ``--help`` says of them, what they are called there, and what shells offer for them."""
    return typer.Argument(
        help=help_, metavar=metavar, show_default=False, autocompletion=completer(values)
    )


Db = Annotated[Text, about("Results database (SQLite).", "--db", group="output", metavar="FILE")]
Run = Annotated[str, argument("Run or trial ID, the beginning of one, or 'latest'.", "RUN", "run")]
Json = Annotated[
    bool, about("Print one JSON document instead of the table.", "--json", group="output")
]
Output = Annotated[
    Texts,
    about(
        "Also write the report in the format of the file's name: .json .csv .md .txt",
        "--output",
        "-o",
        group="output",
        metavar=f"FILE{REPEATABLE}",
    ),
]
Force = Annotated[
    bool, about("Let --output replace a file that is no report.", "--force", group="output")
]
Matrix = Annotated[
    bool, about("Also compare every client with every other.", "--matrix", group="statistics")
]


class _Ours:
    """Options of ``compare`` and ``load`` after those that make a scenario, in the order of ``--help``."""

    db: Db = None
    json: Json = False
    output: Output = None
    force: Force = False
    matrix: Matrix = False
    strict: Annotated[
        bool, about("Exit with 4 if there is any warning.", "--strict", group="output")
    ] = False
    normalize: Annotated[
        Text,
        about(
            "Histogram up to so many times the minimum, the rest in one bin.",
            group="statistics",
            metavar="FACTOR",
        ),
    ] = None


OURS = get_type_hints(_Ours, include_extras=True)  # their kinds, by name


def measuring_options_but(*names: str) -> Callable[[Any], Any]:
    """Give a command all options of ``compare`` and ``load`` but these in the place of its ``**options``."""
    ours = (_parameter(name, getattr(_Ours, name), kind) for name, kind in OURS.items())
    return _extending(one for one in (*_OF_SCENARIOS, *ours) if one.name not in names)


def measuring_options_only(*names: str) -> Callable[[Any], Any]:
    """Give a command these options of a scenario in the place of its ``**options``, each with one value."""
    found = (one for one in _OF_SCENARIOS if one.name in names)
    return _extending(_with_one_value(one) if one.annotation == Texts else one for one in found)


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
    """A decorator: Typer reads options off the signature, where these stand before the command's own."""

    def extended(command: Any) -> Any:
        *own, _ = signature(command, eval_str=True).parameters.values()
        command.__signature__ = Signature(
            sorted([*shared, *own], key=lambda one: one.kind == Parameter.KEYWORD_ONLY)
        )
        return command

    return extended
