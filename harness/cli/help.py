"""The layout of ``--help``: examples first, then the options under headings.

Typer would break words at hyphens, cut the sentences of sub-commands, and put fifty options into
one list.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from typer.core import TyperCommand, TyperGroup

from harness.cli.examples import EXAMPLES

__all__ = ["HEADINGS", "WIDEST", "Command", "Group"]

WIDEST = 100  # columns; longer lines are hard to read
NARROW = 70  # columns; from here on an option and its meaning share a line
NAMES = 28  # width of the column of option names, then
BESIDE = 4  # indentation of a meaning that stands below its option

# Keys are ``declaration.Group``, in the order of --help. "": options of a single command.
HEADINGS: Mapping[str, str] = MappingProxyType(
    {
        "what": "What to measure",
        "how long": "How long",
        "load": "Load",
        "request": "Request",
        "target": "Target",
        "statistics": "Statistics",
        "": "Options",
        "output": "Output",
    }
)
WHOLE: Any = {
    "break_on_hyphens": False,
    "break_long_words": False,
}  # words, as `--body-size` is one
Row = tuple[str, str]  # name, and what it means


class Command(TyperCommand):
    """A command with examples and headings in its help."""

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """Write the description."""
        _write_text(formatter, self.help or "")

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write examples, arguments and options."""
        _write(self, ctx, formatter)


class Group(TyperGroup):
    """A group of commands with examples and headings in its help."""

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """Write the description."""
        _write_text(formatter, self.help or "")

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write examples, options and sub-commands."""
        _write(self, ctx, formatter)
        rows = [
            (name, _sentence(command.help or ""))
            for name in self.list_commands(ctx)
            if (command := self.get_command(ctx, name)) is not None and not command.hidden
        ]
        _section(formatter, "Commands", rows)


def _write_text(formatter: Any, text: str) -> None:
    for paragraph in filter(None, text.split("\n\n")):
        formatter.write_paragraph()
        lines = textwrap.wrap(" ".join(paragraph.split()), formatter.width - 2, **WHOLE)
        formatter.write("".join(f"  {line}\n" for line in lines))


def _write(command: Any, ctx: Any, formatter: Any) -> None:
    _write_examples(formatter, EXAMPLES.get(_path(ctx), ()))
    arguments: list[Row] = []
    grouped: dict[str, list[Row]] = {heading: [] for heading in HEADINGS.values()}
    last: list[Row] = []  # options that every command has
    for parameter in command.get_params(ctx):
        row = parameter.get_help_record(ctx)
        if row is None:
            continue
        if parameter.param_type_name == "argument":
            arguments.append((parameter.metavar or parameter.name.upper(), parameter.help or ""))
        else:
            heading = (
                getattr(parameter, "rich_help_panel", None) or ""
            )  # older Typer: none of --help
            grouped.get(heading, last).append(row)
    (grouped[HEADINGS["output"]] or grouped[HEADINGS[""]]).extend(last)
    _section(formatter, "Arguments", arguments)
    for heading, rows in grouped.items():
        _section(formatter, heading, rows)


def _path(ctx: Any) -> str:
    """The words of a command after the program's name."""
    return str(ctx.command_path).partition(" ")[2]


def _write_examples(formatter: Any, examples: Sequence[Row]) -> None:
    """Write commands to copy, one per line, with the meaning beside it, or above it if narrow."""
    if not examples:
        return
    longest = max(len(command) for command, _ in examples)
    fits = all(4 + longest + len(meaning) <= formatter.width for _, meaning in examples)
    with formatter.section("Examples"):
        for command, meaning in examples:
            if fits:
                formatter.write(f"  {command:<{longest}}  {meaning}\n")
            else:
                formatter.write(f"  # {meaning}\n  {command}\n")


def _section(formatter: Any, heading: str, rows: Iterable[Row]) -> None:
    rows = list(rows)
    if rows:
        with formatter.section(heading):
            formatter.write("".join(f"{line}\n" for line in _lines(rows, formatter.width)))


def _lines(rows: Sequence[Row], width: int) -> Iterator[str]:
    """Yield lines with names on the left and meanings on the right, aligned across sections."""
    for name, meaning in rows:
        named = f"  {name}"
        indent = " " * (NAMES + 2 if width >= NARROW else 2 + BESIDE)
        told = textwrap.wrap(" ".join(meaning.split()), width - len(indent), break_on_hyphens=False)
        if told and len(named) + 2 <= len(indent):
            named, *told = f"{named:<{len(indent)}}{told[0]}", *told[1:]
        yield named
        yield from (f"{indent}{line}" for line in told)


def _sentence(text: str) -> str:
    """Return the first paragraph on one line, uncut."""
    return " ".join(text.partition("\n\n")[0].split()).removesuffix(".")
