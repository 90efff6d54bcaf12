"""Options as data: what ``--help`` says of each stands with the field that has its value."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

__all__ = ["Declared", "declared", "typed"]

HELP, NAMES = "help", "names"


@dataclass(frozen=True)
class Declared:
    """One option: its field, which has its name, and what the command line needs to know of it."""

    name: str
    help: str
    default: Any  # None: one value; (): several; False or True: none, it is a switch
    names: str  # as typed, where that does not follow from the name


def typed(help_: str, default: Any = None, names: str = "") -> Any:
    """A field that the command line fills; ``help_`` is what it says of the option."""
    return dataclasses.field(default=default, metadata={HELP: help_, NAMES: names})


def declared(kind: type[Any]) -> Iterator[Declared]:
    """The options of a dataclass and of those in it, in their order."""
    for one in dataclasses.fields(kind):
        part: Any = one.default_factory
        if HELP in one.metadata:
            yield Declared(one.name, one.metadata[HELP], one.default, one.metadata[NAMES])
        elif dataclasses.is_dataclass(part):
            yield from declared(cast("type[Any]", part))
