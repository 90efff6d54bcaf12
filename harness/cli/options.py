"""Options of the sub-commands, declared as data. Typer reads them off signatures."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, get_type_hints

import typer

from harness.input.options import Options
from harness.input.typed import Declared, declared
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


def _of_declared(one: Declared) -> tuple[str, Any, Any]:
    """Name, option and kind."""
    if isinstance(one.default, bool):
        names = one.names or "--" + one.name.replace("_", "-")
        return one.name, _option(one.help, names, default=one.default), bool
    return one.name, _option(one.help), Text if one.default is None else Texts


def about(help_: str) -> Any:
    """An option of one command: what ``--help`` says of it."""
    return typer.Option(help=help_, show_default=False)


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
        *map(_of_declared, declared(Options)),
        *(
            (name, getattr(_Ours, name), kind)
            for name, kind in get_type_hints(_Ours, include_extras=True).items()
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
