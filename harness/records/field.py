"""One field of a trial: its name, unit and meaning, its source, and where it is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Literal, NamedTuple

from harness.records.model import TrialSummary

__all__ = ["Field", "Kind"]

ATTRIBUTES = frozenset(field.name for field in fields(TrialSummary))


def _as_it_is(value: Any) -> Any:
    return value


class Kind(NamedTuple):
    """The type of a field's values, and how they are stored."""

    # The type of its column in benchmark_results; None: it has none.
    column: Literal["TEXT", "INTEGER", "REAL"] | None
    unit: str = ""
    write: Callable[[Any], Any] = _as_it_is  # stored form of a value …
    read: Callable[[Any], Any] = _as_it_is  # … and the value of what is stored


@dataclass(frozen=True)
class Field:
    """A value of a trial, and of a competitor (merged trials) if that has the same attributes."""

    name: str  # column in benchmark_results
    kind: Kind
    meaning: str  # the sentence of docs/results.md
    # The attribute it is, or that of one, as "target.name"; empty where that is called ``name``
    # too.
    path: str = ""
    of: Callable[[Any], Any] | None = None  # computes it from a trial, where it is no attribute
    of_run: bool = False  # its trial does not know it; the run does
    json: bool = False  # in JSON; whatever a trial is made of is there in any case
    csv: bool = False  # in CSV
    key: str = ""  # its name there, where that is neither the attribute's nor the column's

    @property
    def attribute(self) -> str | None:
        """The path, where a trial is made of it; None where it follows from others."""
        path = self.path or self.name
        made_of_it = self.of is None and not self.of_run and path.partition(".")[0] in ATTRIBUTES
        return path if made_of_it else None

    @property
    def json_key(self) -> str | None:
        """Its key in JSON, which has whatever a trial is made of; None where it has none."""
        attribute = self.attribute
        whole = attribute is not None and "." not in attribute
        return self._public_name if self.json or whole else None

    @property
    def csv_heading(self) -> str | None:
        """Its heading in CSV; None where it has none."""
        return self._public_name if self.csv else None

    @property
    def _public_name(self) -> str:
        return self.key or (self.name if "." in self.path else self.path or self.name)

    def value(self, trial: Any) -> Any:
        """Return its value; None if an object on its path is missing."""
        if self.of is not None:
            return self.of(trial)
        for name in (self.path or self.name).split("."):
            trial = None if trial is None else getattr(trial, name)
        return trial

    def stored(self, trial: Any) -> Any:
        """Return its value as it is stored in the column."""
        value = self.value(trial)
        return None if value is None else self.kind.write(value)
