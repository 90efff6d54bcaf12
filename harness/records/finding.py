"""One finding of the doctor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["STATES", "Finding", "State", "unknown"]

State = Literal["harmful", "notice", "good", "unknown"]
STATES: tuple[State, ...] = ("harmful", "notice", "good", "unknown")  # the order of reports


@dataclass(frozen=True)
class Finding:
    """One thing of this machine, and what it means for results."""

    name: str
    state: State
    seen: str
    effect: str  # its effect on results; for a good state, the effect of the opposite
    remedy: str | None = None  # None if nothing has to be fixed


def unknown(name: str, effect: str) -> Finding:
    """Return a finding for something that this system does not report."""
    return Finding(name, "unknown", "not known here", effect)
