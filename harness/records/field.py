"""One field of a trial: what it is called, its unit, its meaning, how it is had, and where it goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Literal

from harness.records.model import TrialSummary

__all__ = ["Field"]

ATTRIBUTES = frozenset(field.name for field in fields(TrialSummary))


def _as_it_is(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Field:
    """A value of a trial; also of a competitor (its trials, merged), as far as that has the same attributes."""

    name: str  # of its column in benchmark_results
    kind: Literal["TEXT", "INTEGER", "REAL"] | None  # of the column; None: it has none
    meaning: str  # the sentence of docs/results.md
    unit: str = ""
    path: str = (
        ""  # the attribute it is, or that of one, as "target.name"; where it is not called ``name``
    )
    of: Callable[[Any], Any] | None = None  # what makes it of a trial, where it is no attribute
    of_run: bool = False  # its trial does not know it; the run does
    write: Callable[[Any], Any] = _as_it_is  # what is stored of the value …
    read: Callable[[Any], Any] = _as_it_is  # … and the value of what is stored
    json: str | None = None  # its key in JSON, where ``json_key`` does not follow
    csv: str | None = None  # its heading in CSV

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
        return self.json or (None if attribute is None or "." in attribute else attribute)

    def value(self, trial: Any) -> Any:
        """Its value; None where there is nothing that could have it."""
        if self.of is not None:
            return self.of(trial)
        for name in (self.path or self.name).split("."):
            trial = None if trial is None else getattr(trial, name)
        return trial

    def stored(self, trial: Any) -> Any:
        """Its value as the column has it."""
        value = self.value(trial)
        return None if value is None else self.write(value)
