"""The results of checking a client's adapter, or a target, claim by claim."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Checked", "ClaimResult", "Outcome"]

# "does not apply": a claim about something not declared, or that a reference client opts out of.
# "known failure": a failure that the adapter declares as its library's.
# "not checked": the check was given up before.
Outcome = Literal["passed", "failed", "known failure", "does not apply", "not checked"]


@dataclass(frozen=True)
class ClaimResult:
    """One claim; ``reason``, one line: why it does not hold, or its exceptions."""

    name: str
    sentence: str
    state: Outcome
    reason: str | None = None


@dataclass(frozen=True)
class Checked:
    """One client or one target, as named by ``label``."""

    label: str
    version: str | None
    results: tuple[ClaimResult, ...]

    def count(self, state: Outcome) -> int:
        """Return the number of claims with this outcome."""
        return sum(result.state == state for result in self.results)

    @property
    def passed(self) -> bool:
        """Say whether all claims hold, do not apply, or fail as the adapter declares."""
        fine = ("passed", "does not apply", "known failure")
        return all(result.state in fine for result in self.results)
