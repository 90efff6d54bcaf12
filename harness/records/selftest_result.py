"""A finished self-test, and the note that later comparisons have of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.records.figure import Figure
from harness.records.model import SelftestNote

__all__ = ["SelfTest", "SelftestPart", "same_machine"]

MACHINE = ("host", "cpu", "cpus", "kernel")  # a difference in one of these is another machine


@dataclass(frozen=True)
class SelftestPart:
    """The figures of one thing that was tested."""

    name: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class SelfTest:
    """Times are UTC ISO 8601."""

    id: str
    started_at: str
    ended_at: str
    environment: Mapping[str, Any]  # as of a run
    full: bool
    resolution: float  # share of throughput; infinite where nothing could be compared
    parts: tuple[SelftestPart, ...]

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of the figures that missed their bound."""
        return tuple(f.name for part in self.parts for f in part.figures if f.missed)

    @property
    def passed(self) -> bool:
        """Say whether no figure missed its bound."""
        return not self.failed

    @property
    def note(self) -> SelftestNote:
        """Return the note that a comparison cites."""
        return SelftestNote(self.id, self.ended_at, self.full, self.resolution, self.failed)


def same_machine(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Say whether two environments have the same host, CPU and kernel."""
    return all(one.get(name) == other.get(name) for name in MACHINE)
