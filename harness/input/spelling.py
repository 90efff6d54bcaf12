"""Translates fields in errors into what the user typed: an option, a variable or a word.

An error names a field (``harness.errors``); only ``Spelling`` knows how that field is typed.
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

# Fields with options, beside those of factors and scenarios.
_OTHER_FIELDS = (
    *("accept", "across", "all", "config", "csv", "database", "details", "json", "keep", "library"),
    *("limit", "lines", "normalize", "older", "output", "port", "quiet", "seconds", "strict"),
    *("anchor", "fail_on", "import", "machine", "per", "run_name", "since", "tag", "url"),
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
# Fields without an option of their own, such as arguments and parts of arguments.
_WORDS = {
    "client.loop": "client loop",
    "client.mode": "client mode",
    "client.name": "client name",
    "client.python": "client interpreter",
    "client.version": "client version",
    "client.source": "client source",
    "competitors": "entry",
    "file": "FILE",
    "name": "NAME",
    "query": "SQL",
}
# Other fields that may have set a field.
_OTHERS = {"concurrency": ("max_in_flight", "n", "points", "preset")}
_PLACE = re.compile(r"competitors\[[0-9]+\]\.")


class Spelling:
    """Names the fields of one command line as they were typed, for ``ClientbenchError.told``.

    The precedence is that of the values (DESIGN §8): a flag, else an environment variable. A field
    that was not typed is called by its flag. For a field with several values, such as
    ``competitors[1].client``, the problem itself names the value.
    """

    def __init__(self, words: Iterable[str], environ: Mapping[str, str]) -> None:
        self._flags = {word.partition("=")[0] for word in words}
        self._environ = environ

    def __call__(self, field: str) -> str:
        """Return the user's name for ``field``; an unknown field stays as it is."""
        name = _PLACE.sub("", field)
        for known in (name, *_OTHERS.get(name, ())):
            if FLAGS.get(known) in self._flags:
                return FLAGS[known]
        if name in VARIABLES and VARIABLES[name] in self._environ:
            return VARIABLES[name]
        return FLAGS.get(name) or _WORDS.get(name, name)
