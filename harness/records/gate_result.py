"""A finding of a gate about one competitor: a rule, its interval, and the outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["WITHIN", "GateFinding", "Outcome"]

# kept: all of the interval keeps the limit. broken: none of it does. unclear: anything else.
Outcome = Literal["kept", "broken", "unclear"]
WITHIN = "the limit lies within the interval"  # the reason that more rounds can end


@dataclass(frozen=True)
class GateFinding:
    """One rule applied to one competitor. Values have the unit of the bound."""

    rule: str  # as written
    label: str  # the competitor's
    metric: str
    bound: float  # the limit: a ratio, or in 1/s, ns, bytes, or a share from 0 to 1
    relative_to: str | None  # label of the baseline, or "history"; None: an absolute limit
    outcome: Outcome
    value: float | None  # point estimate
    low: float | None
    high: float | None
    reason: str | None = None  # why it is unclear, in one line
    missing: int | None = None  # requests without an error that would make it kept
    more_helps: bool = False  # more rounds can decide it
