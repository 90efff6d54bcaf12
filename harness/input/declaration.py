"""Options as data: what ``--help`` says of each stands with the field that has its value."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from harness.option_names import option

__all__ = ["Declared", "Group", "declare", "declared"]

DECLARED = "declared"

# Headings of `--help`; "" is an option that nobody has put anywhere yet.
Group = Literal["", "what", "how long", "load", "request", "target", "statistics", "output"]


@dataclass(frozen=True)
class Declared:
    """One option, and what the command line needs to know of it."""

    name: str  # of its field
    help: str
    default: Any  # None: one value; (): several; False or True: none, it is a switch
    names: str  # as typed
    group: Group  # where `--help` has it
    metavar: str  # what stands for its value there
    ours_only: bool  # is about targets that we start


def declare(
    help_: str,
    default: Any = None,
    names: str = "",
    *,
    group: Group = "",
    metavar: str = "VALUE",
    ours_only: bool = False,
) -> Any:
    """A field that the command line fills; ``help_`` is what it says of the option."""
    told = {
        "help": help_,
        "names": names,
        "group": group,
        "metavar": metavar,
        "ours_only": ours_only,
    }
    return dataclasses.field(default=default, metadata={DECLARED: told})


def declared(kind: type[Any]) -> Iterator[Declared]:
    """The options of a dataclass, in their order."""
    for one in dataclasses.fields(kind):
        if DECLARED in one.metadata:
            told = one.metadata[DECLARED]
            names = told["names"] or option(one.name)
            yield Declared(**{**told, "name": one.name, "default": one.default, "names": names})
