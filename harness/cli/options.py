"""Options of the sub-commands, declared as data. Typer reads them off signatures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, get_type_hints

import typer

from harness.input.declaration import declared
from harness.input.options import Options
from harness.option_names import option
from harness.scenario.factors import CLIENT, FACTORS

__all__ = [
    "DETAILS",
    "OURS",
    "QUIET",
    "Db",
    "Json",
    "Run",
    "Text",
    "Texts",
    "about",
    "argument",
    "measuring_options_but",
    "measuring_options_only",
]

Text = str | None
Texts = list[str] | None


def _option(help_: str, *names: str, default: bool | None = None) -> Any:
    return typer.Option(default, *names, help=help_, show_default=bool(default))


def about(help_: str, *names: str) -> Any:
    """An option of one command: what ``--help`` says of it, and what it is called unless like its parameter."""
    return typer.Option(*names, help=help_, show_default=False)


def argument(help_: str, metavar: str | None = None) -> Any:
    """Arguments that may be left out: what ``--help`` says of them."""
    return typer.Argument(help=help_, metavar=metavar, show_default=False)


Db = Annotated[Text, about("Results database (SQLite).", "--db")]
Run = Annotated[str, typer.Argument(help="Run or trial ID, the beginning of one, or 'latest'.")]
Json = Annotated[bool, about("Print one JSON document instead of the table.", "--json")]


DETAILS = "Print every figure, interval and warning, then the answer."
QUIET = "Print the table only."


class _Ours:
    """Options of ``compare`` and ``load`` after those that make a scenario, in the order of ``--help``."""

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
    details: bool = _option(DETAILS, "--details", default=False)
    quiet: bool = _option(QUIET, "--quiet", default=False)
    strict: bool = _option("Exit with 4 if there is any warning.", "--strict", default=False)
    accept: Texts = _option("With --strict: a kind of warning that is fine, as short-slices.")
    normalize: Text = _option("Histogram up to so many times the minimum, the rest in one bin.")


OURS = get_type_hints(_Ours, include_extras=True)  # their kinds, by name


def measuring_options_but(*names: str) -> Callable[[Any], Any]:
    """Give a command all options of ``compare`` and ``load`` but these in the place of its ``**options``."""
    ours = (_parameter(name, getattr(_Ours, name), kind) for name, kind in OURS.items())
    return _extending(one for one in (*_OF_SCENARIOS, *ours) if one.name not in names)


def measuring_options_only(*names: str) -> Callable[[Any], Any]:
    """Give a command these options of a scenario in the place of its ``**options``, each with one value."""
    found = (one for one in _OF_SCENARIOS if one.name in names)
    return _extending(
        one.replace(annotation=Text) if one.annotation == Texts else one for one in found
    )


def _scenario_options() -> Iterator[Parameter]:
    for factor in FACTORS.values():
        if factor is not CLIENT:
            yield _parameter(factor.name, _option(factor.help, option(factor.name)), Texts)
    for one in declared(Options):
        switch = one.default if isinstance(one.default, bool) else None
        kind = bool if switch is not None else Text if one.default is None else Texts
        yield _parameter(one.name, _option(one.help, one.names, default=switch), kind)


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
