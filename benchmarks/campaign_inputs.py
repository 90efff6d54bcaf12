"""Generated command lines: every option of every command with values that are valid, at a bound, or
nasty.

Options are read from the command line's own definition, so that a new one is tried without a change
here. What measures is kept tiny.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import typer.main

from benchmarks.campaign_values import (
    HEADERS,
    NUMBERS,
    OBJECTS,
    PASSWORD,
    PATHS,
    SELECTORS,
    STATEMENTS,
    TEXTS,
    VALID,
    Words,
    urls,
)
from harness.cli.commands import app
from harness.input.settings import VARIABLES

__all__ = ["Command", "Option", "commands", "generated"]

REFUSED_SHARE = 0.9  # part of measuring commands with a bad value added

# Commands that measure, with options that limit the time: added if they were not drawn.
SHORT = {"duration": "0.05", "rounds": "1", "warmup": "0.01", "concurrency": "2", "timeout": "1"}
NOT_TOGETHER = {"duration": {"requests", "stage", "preset"}, "rounds": {"precision", "quick"}}
# Lengths that are valid and take longer than a campaign has.
TOO_LONG = {
    "duration": {"168h", "7d", "1e20"},
    "requests": {"9" * 18},
    "concurrency": {"1e20"},
}
# A self-test and a machine that is watched take minutes when nothing is wrong with their options.
REFUSED_ALWAYS: dict[Words, Words] = {("selftest",): ("--db", "folder")}


@dataclass(frozen=True)
class Option:
    """One option or argument, as the command line defines it."""

    name: str
    flags: Words  # empty for an argument
    takes_value: bool
    many: bool


@dataclass(frozen=True)
class Command:
    """One command and all that it can be given."""

    path: Words
    options: tuple[Option, ...]


def commands() -> list[Command]:
    """Return every command of ``clientbench``, without the older form of flags."""
    return list(_walk(typer.main.get_command(app), ()))


def _walk(command: Any, path: Words) -> Iterator[Command]:
    below = getattr(command, "commands", None)
    if below is None:
        yield Command(path, tuple(map(_option, command.params)))
        return
    for name, one in below.items():
        yield from _walk(one, (*path, name))


def _option(parameter: Any) -> Option:
    is_argument = parameter.param_type_name == "argument"
    flags = () if is_argument else (*parameter.opts, *parameter.secondary_opts)
    return Option(
        parameter.name,
        flags,
        is_argument or not parameter.is_flag,
        bool(parameter.multiple or parameter.nargs == -1),
    )


# -- one command line ------------------------------------------------------------------------------


def generated(number: int, seed: int, origin: str) -> tuple[list[str], dict[str, str]]:
    """Return words and environment variables of a case; the same for the same numbers.

    ``origin``: of a server that may be sent a few requests.
    """
    draw = random.Random(f"{seed}:{number}")
    words = _old_form(draw, origin) if draw.random() < 0.06 else _new_form(draw, origin)
    return words, _environment(draw)


def _new_form(draw: random.Random, origin: str) -> list[str]:
    everything = commands()
    weights = [3 + len(command.options) for command in everything]
    command = draw.choices(everything, weights)[0]
    arguments = [option for option in command.options if not option.flags]
    flags = [option for option in command.options if option.flags]
    most = min(len(flags), draw.choice((1, 1, 2, 3, 5)))
    drawn = draw.sample(flags, most)
    words = list(command.path)
    for option in arguments:
        words += _argument(draw, command, option, origin)
    for option in drawn:
        words += _flag(draw, command, option, origin)
    measures = any(option.name in SHORT for option in flags)
    others = [option for option in flags if option.takes_value and option not in drawn]
    if measures and others and draw.random() < REFUSED_SHARE:
        # A run takes seconds, a refusal none: most values are to be refused.
        option = draw.choice(others)
        words += [option.flags[0], draw.choice(draw.choice((NUMBERS, TEXTS)))]
        drawn.append(option)
    names = {option.name for option in drawn}
    known = {option.name: option for option in flags}
    words += _shortened(known, names)
    words += REFUSED_ALWAYS.get(command.path, ())
    return (
        [draw.choice(("compare", "results", "x", "--version", "--help", "-h")), *words]
        if (draw.random() < 0.01)
        else words
    )


def _shortened(known: dict[str, Option], drawn: set[str]) -> list[str]:
    """Return options that keep a measurement tiny, if the command has them without conflict."""
    words: list[str] = []
    for name, value in SHORT.items():
        if name in known and name not in drawn and not NOT_TOGETHER.get(name, set()) & drawn:
            words += [known[name].flags[0], value]
    return words


def _argument(draw: random.Random, command: Command, option: Option, origin: str) -> list[str]:
    if option.name == "clients":
        count = draw.choice((1, 1, 2))
        return [draw.choice(("raw", "null", draw.choice(SELECTORS))) for _ in range(count)]
    return [_value(draw, command, option, origin)]


def _flag(draw: random.Random, command: Command, option: Option, origin: str) -> list[str]:
    flag = draw.choice(option.flags)
    if not option.takes_value:
        return [flag] if draw.random() < 0.95 else [f"{flag}=x"]
    times = draw.choice((1, 1, 2)) if option.many else 1
    words: list[str] = []
    for _ in range(times):
        value = _value(draw, command, option, origin)
        words += [f"{flag}={value}"] if draw.random() < 0.3 else [flag, value]
    return words if draw.random() < 0.98 else words[:-1]


def _value(draw: random.Random, command: Command, option: Option, origin: str) -> str:
    kinds = _kinds(option.name, command.path, origin)
    kinds.append(draw.choice((NUMBERS, TEXTS, PATHS)))
    values = draw.choices(kinds, [3] * (len(kinds) - 1) + [1])[0]
    value = draw.choice(values)
    if value in TOO_LONG.get(option.name, ()):
        return "0"
    return value


def _kinds(name: str, path: Words, origin: str) -> list[Words]:
    """Values that fit the option."""
    if name in ("url", "target"):
        return [urls(origin), VALID.get(name, ("/", "/good/5"))]
    fitting: dict[str, Words] = {
        **dict.fromkeys(("db", "output"), PATHS),
        **dict.fromkeys(("clients", "client", "baseline"), SELECTORS),
        **dict.fromkeys(("header", "header_env"), HEADERS),
        "headers": OBJECTS,
        "query": STATEMENTS,
        **dict.fromkeys(("run", "other"), ("latest", "latest~1", "0", "f" * 36, "latest", *TEXTS)),
    }
    if name in fitting:
        return [fitting[name]]
    if name == "name":
        return [("embedded", "nothing", *TEXTS)]
    return [NUMBERS, VALID[name]] if name in VALID else [NUMBERS, TEXTS]


def _old_form(draw: random.Random, origin: str) -> list[str]:
    words = [
        *("--url", draw.choice(urls(origin))),
        *draw.choice((["--client"], ["--compare"], ["--compare", "raw"])),
        draw.choice(SELECTORS),
    ]
    for flag in draw.sample(("--method", "--headers", "--header", "--body", "--output"), 2):
        words += [flag, draw.choice((*TEXTS, *PATHS, *HEADERS, *OBJECTS))]
    if draw.random() < 0.3:
        words += draw.choice((["--async"], ["--verify-ssl", draw.choice(TEXTS)], ["--config", "x"]))
    return [*words, "--duration", "0.05", "--concurrency", "2", "--rounds", "1", "--timeout", "1"]


def _environment(draw: random.Random) -> dict[str, str]:
    if draw.random() < 0.7:
        return {}
    bad_folder = ("", "body.txt", "/dev/full", "/proc/x", "a" * 300, "\x1b[31m", "loop")
    choices = {
        **dict.fromkeys(VARIABLES.values(), (*NUMBERS, "", "x")),
        VARIABLES["database"]: PATHS,
        VARIABLES["duration"]: ("0.05", "x", "nan", "inf", "0", "-1", ""),
        "XDG_CACHE_HOME": bad_folder,
        "XDG_STATE_HOME": bad_folder,
        "HOME": bad_folder,
        "COLUMNS": ("0", "1", "-5", "x", "99999", ""),
        "NO_COLOR": ("1", ""),
        "TERM": ("dumb", "", "\x1b[31m"),
        "LANG": ("C", "klingon", ""),
        "SSL_CERT_FILE": PATHS,
        "http_proxy": (f"http://anna:{PASSWORD}@127.0.0.1:9/", "\x1b[31m"),
        "TZ": ("klingon", ":/dev/full"),
    }
    names = draw.sample(sorted(choices), draw.choice((1, 1, 2)))
    return {name: draw.choice([v for v in choices[name] if "\0" not in v]) for name in names}
