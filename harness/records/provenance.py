"""The origin of a run: the commit it was started in, its CI job, and what its user calls it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Identity", "MachineReading", "Moment", "Provenance"]

Moment = Literal["start", "end"]


@dataclass(frozen=True)
class Provenance:
    """The origin of a run, without secrets; None and empty mappings stand for unknown.

    ``commit``, ``branch`` and ``dirty`` are of the folder in which the command was started, under
    git. ``ci`` has what the CI service says of its job: ``service``, ``job``, ``run`` (its URL) …
    ``tags`` are the user's own, by key.
    """

    commit: str | None = None  # 40 hexadecimal digits
    branch: str | None = None
    dirty: bool | None = None  # True: tracked files differ from the commit; None of other users'
    ci: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Identity:
    """The names of a run and of its machine, and its origin; None: our own names."""

    name: str | None = None
    machine: str | None = None
    provenance: Provenance = field(default_factory=Provenance)


@dataclass(frozen=True)
class MachineReading:
    """A quick look at the machine at the start or the end of a run; None: not known."""

    moment: Moment
    at: str  # UTC, ISO 8601
    load_average: float | None  # over the minute before
    governor: str | None  # of the CPUs' clocks; several are separated by blanks
    frequency_mhz: float | None  # the fastest CPU's
    steal_ns: int | None  # CPU time that a hypervisor has taken since the machine was started
