"""How fields were spelled on a command line: the only part that knows a field's environment variable, its word.

An error names a field (``harness.errors``), which ``Spelling`` turns into what the user has typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from harness.input.declaration import declared
from harness.input.options import Options
from harness.input.settings import VARIABLES
from harness.option_names import option
from harness.scenario.factors import CLIENT, FACTORS

__all__ = ["FLAGS", "Spelling"]

# Fields with options, those of factors and of scenarios apart.
_OTHER_FIELDS = (
    *("across", "all", "csv", "database", "json", "limit", "lines", "normalize"),
    *("output", "port", "seconds", "url"),
)
FLAGS: Mapping[str, str] = MappingProxyType(
    {
        name: option(name)
        for name in (
            *_OTHER_FIELDS,
            *(name for name in FACTORS if name != CLIENT.name),
            *(one.name for one in declared(Options)),
        )
    }
)
# What is typed without an option of its name, or is part of what is.
_WORDS = {
    "client.loop": "client loop",
    "client.mode": "client mode",
    "client.name": "client name",
    "client.python": "client interpreter",
    "client.version": "client version",
    "competitors": "competitor",
    "file": "FILE",
    "name": "NAME",
    "query": "SQL",
}
# What else may have set a field.
_OTHERS = {"concurrency": ("max_in_flight", "n", "points", "preset")}
_PLACE = re.compile(r"competitors\[[0-9]+\]\.")


class Spelling:
    """How the fields of one command line were typed: ``errors.ClientbenchError.told`` asks it.

    The precedence is that of the values (DESIGN §8): a flag, else an environment variable. A field that nobody
    has typed is called by its flag. Of what has several values, such as ``competitors[1].client``, the problem
    names the one that was typed.
    """

    def __init__(self, words: Iterable[str], environ: Mapping[str, str]) -> None:
        self._flags = {word.partition("=")[0] for word in words}
        self._environ = environ

    def __call__(self, field: str) -> str:
        """What the user calls it; what is no field of ours stays as it is."""
        name = _PLACE.sub("", field)
        for known in (name, *_OTHERS.get(name, ())):
            if FLAGS.get(known) in self._flags:
                return FLAGS[known]
        if name in VARIABLES and VARIABLES[name] in self._environ:
            return VARIABLES[name]
        return FLAGS.get(name) or _WORDS.get(name, name)
