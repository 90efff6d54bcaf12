"""Options as data: the help text of each option stands beside the field with its value."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from harness.option_names import option

__all__ = ["Declared", "Group", "declare", "declared"]

DECLARED = "declared"

# Groups of `--help`; "" is for options without a group.
Group = Literal["", "what", "how long", "load", "request", "target", "statistics", "output"]


@dataclass(frozen=True)
class Declared:
    """One option, described for the command line."""

    name: str  # name of the field
    help: str
    default: Any  # None: takes one value; (): takes several; False or True: a switch
    names: str  # as typed
    group: Group  # its group in `--help`
    metavar: str  # placeholder of its value in `--help`
    ours_only: bool  # applies only to targets that we start


def declare(
    help_: str,
    default: Any = None,
    names: str = "",
    *,
    group: Group = "",
    metavar: str = "VALUE",
    ours_only: bool = False,
) -> Any:
    """Declare a field that the command line fills; ``help_`` is the option's help text."""
    told = {
        "help": help_,
        "names": names,
        "group": group,
        "metavar": metavar,
        "ours_only": ours_only,
    }
    return dataclasses.field(default=default, metadata={DECLARED: told})


def declared(kind: type[Any]) -> Iterator[Declared]:
    """Yield the options of a dataclass, in their order."""
    for one in dataclasses.fields(kind):
        if DECLARED in one.metadata:
            told = one.metadata[DECLARED]
            names = told["names"] or option(one.name)
            yield Declared(**{**told, "name": one.name, "default": one.default, "names": names})
