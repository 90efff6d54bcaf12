"""The lists of docs/options.md, from the commands; ``python -m tests.cli.options_page`` writes them anew."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

from harness.cli.commands import app
from harness.cli.help import HEADINGS

PAGE = Path(__file__).parents[2] / "docs" / "options.md"
BEGIN = "<!-- made of the commands by python -m tests.cli.options_page -->\n"
END = "<!-- end of what is made -->\n"
ORDER = tuple(HEADINGS.values())  # of --help
PROGRAM = "clientbench"
DEFAULT = re.compile(r"(.*?)\s+\[([^\[\]]+)\]$", re.DOTALL)
COLUMNS = 100


def commands(command: Any = None, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every command that does something or has options, by the words that call it."""
    command = command or get_command(app)
    below = getattr(command, "commands", {})
    if not below or options(command):
        yield name, command
    for word, one in below.items():
        yield from commands(one, f"{name} {word}".strip())


def options(command: Any) -> dict[str, Any]:
    """The options of a command, by their first name."""
    return {
        one.opts[0]: one
        for one in command.params
        if one.param_type_name == "option" and not one.hidden
    }


def flags(name: str) -> set[str]:
    """Every spelling of every option of the command that these words call."""
    found = options(dict(commands())[name]).values()
    return {flag for one in found for flag in (*one.opts, *one.secondary_opts)}


def made() -> str:
    """Every command with its options; those that `load` shares with `compare` stand once."""
    known = dict(commands())
    shared = options(known["compare"])
    lines: list[str] = []
    for name, command in known.items():
        lines += [f"## {name or PROGRAM}", "", *_wrapped(_first_lines(command)), ""]
        own = options(command)
        if name == "load":
            missing = ", ".join(f"`{one}`" for one in shared if one not in own)
            text = f"The options of [compare](#compare), except {missing}. In addition:"
            lines += [*_wrapped(text), ""]
            own = {one: option for one, option in own.items() if one not in shared}
        lines += [*_arguments(command), *_listed(own)]
    return "\n" + "\n".join(lines).rstrip() + "\n\n"


def _first_lines(command: Any) -> str:
    return " ".join((command.help or "").split("\n\n")[0].split())


def _arguments(command: Any) -> Iterator[str]:
    found = [one for one in command.params if one.param_type_name == "argument"]
    for one in found:
        yield from _item(one.metavar or one.name.upper(), one.help or "")
    if found:
        yield ""


def _listed(own: dict[str, Any]) -> Iterator[str]:
    """The options under the headings of ``--help``, in its order."""
    groups: dict[str, list[Any]] = {}
    for one in own.values():
        groups.setdefault(getattr(one, "rich_help_panel", None) or HEADINGS[""], []).append(one)
    for group in sorted(groups, key=ORDER.index):
        if len(groups) > 1:
            yield from (f"**{group}**", "")
        for one in groups[group]:
            yield from _item(_typed(one), one.help or "", _default(one))
        yield ""


def _default(one: Any) -> str:
    """Where the help does not say it: of a choice between two flags, and of what Typer knows."""
    if one.secondary_opts:
        return f"`{(one.opts if one.default else one.secondary_opts)[0]}`"
    return one.default if isinstance(one.default, str) else ""


def _typed(one: Any) -> str:
    names = ", ".join([*one.opts, *one.secondary_opts])
    return names if one.is_flag or not one.metavar else f"{names} {one.metavar}"


def _item(typed: str, help_: str, default: str = "") -> list[str]:
    found = DEFAULT.match(help_)
    text, default = (found[1], found[2]) if found else (help_, default)
    default = f" Default: {default}." if default else ""
    return _wrapped(f"* `{typed}`: {text}{default}", "  ")


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text, COLUMNS, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def parts(page: str) -> tuple[str, str, str]:
    """What stands before the lists, the lists, and what stands after them."""
    before, _, rest = page.partition(BEGIN)
    between, _, after = rest.partition(END)
    return before, between, after


if __name__ == "__main__":
    before, _, after = parts(PAGE.read_text("utf-8"))
    PAGE.write_text(before + BEGIN + made() + END + after, "utf-8")
