"""What came of checking a client's adapter, or a target, claim by claim."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Checked", "ClaimResult", "Outcome"]

# "does not apply": a claim on what is not declared, or that a reference client opts out of. "not checked": the
# check was given up before.
Outcome = Literal["passed", "failed", "does not apply", "not checked"]


@dataclass(frozen=True)
class ClaimResult:
    """One claim; ``reason``, one line: why it does not hold, or what it holds but for."""

    name: str
    sentence: str
    state: Outcome
    reason: str | None = None


@dataclass(frozen=True)
class Checked:
    """One client, or one target, in the way that ``label`` says."""

    label: str
    version: str | None
    results: tuple[ClaimResult, ...]

    def count(self, state: Outcome) -> int:
        """How many claims ended so."""
        return sum(result.state == state for result in self.results)

    @property
    def passed(self) -> bool:
        """Whether it does all that it should."""
        return all(result.state in ("passed", "does not apply") for result in self.results)
