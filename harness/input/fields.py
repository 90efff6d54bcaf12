"""How fields were typed: the only part that knows a field's option, its environment variable, its word.

An error names a field (``harness.errors``), which ``Typed`` turns into what the user has typed. Advice names
options (``option``): it is kept with a run, and a flag counts before whatever else has set the field.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from harness.input.options import Options
from harness.input.settings import VARIABLES
from harness.input.typed import declared
from harness.scenario.factors import FACTORS

__all__ = ["FLAGS", "Typed", "option"]

# Fields whose options are spelled like them, those of factors and of scenarios apart.
_ALIKE = [
    "limit",
    "lines",
    "normalize",
    "output",
    "port",
    "seconds",
    "across",
    "all",
    "url",
]
FLAGS: Mapping[str, str] = MappingProxyType(
    {
        name: "--" + name.replace("_", "-")
        for name in (
            *_ALIKE,
            *(factor.option for factor in FACTORS.values() if factor.option),
            *(one.name for one in declared(Options)),
        )
    }
    | {"database": "--db", "verify": "--insecure"}
)
# What is typed without an option of its name, or is part of what is.
_WORDS = {
    "client.interpreter": "client interpreter",
    "client.loop": "client loop",
    "client.mode": "client mode",
    "client.name": "client name",
    "client.version": "client version",
    "competitors": "competitor",
    "file": "FILE",
    "name": "NAME",
    "query": "SQL",
}
# What else may have set a field.
_OTHERS = {"concurrency": ("max_in_flight", "n", "points", "preset")}
_PLACE = re.compile(r"competitors\[[0-9]+\]\.")


def option(field: str) -> str:
    """The option that sets a field, for advice."""
    return FLAGS[field]


class Typed:
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
