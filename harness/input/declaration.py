"""Options as data: what ``--help`` says of each stands with the field that has its value."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness.option_names import option

__all__ = ["Declared", "declare", "declared"]

DECLARED = "declared"


@dataclass(frozen=True)
class Declared:
    """One option, and what the command line needs to know of it."""

    name: str  # of its field
    help: str
    default: Any  # None: one value; (): several; False or True: none, it is a switch
    names: str  # as typed
    ours_only: bool  # is about targets that we start


def declare(help_: str, default: Any = None, names: str = "", *, ours_only: bool = False) -> Any:
    """A field that the command line fills; ``help_`` is what it says of the option."""
    return dataclasses.field(default=default, metadata={DECLARED: (help_, names, ours_only)})


def declared(kind: type[Any]) -> Iterator[Declared]:
    """The options of a dataclass, in their order."""
    for one in dataclasses.fields(kind):
        if DECLARED in one.metadata:
            help_, names, ours_only = one.metadata[DECLARED]
            yield Declared(one.name, help_, one.default, names or option(one.name), ours_only)
