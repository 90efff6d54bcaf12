"""What the doctor says of one thing."""

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
    effect: str  # what it does to results; of a good one what it would do otherwise
    remedy: str | None = None  # None where nothing has to be mended


def unknown(name: str, effect: str) -> Finding:
    """This system does not tell."""
    return Finding(name, "unknown", "not known here", effect)
