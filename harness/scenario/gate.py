"""A gate: limits that the results of a run must keep, as plain data."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Literal

from harness.records.conditions import Named
from harness.scenario.plain import Plain

__all__ = ["ERROR_RATE", "Against", "Gate", "Operator", "Rule", "Unclear"]

Operator = Literal["<", "<=", ">", ">="]
Unclear = Literal["measure", "warn", "fail"]
Against = Literal["baseline", "history"]
ERROR_RATE = "error_rate"  # the one metric that no comparison has


class Rule(Plain):
    """One limit, for all competitors whose label or name matches a pattern."""

    pattern: str  # of labels: * and ?, as in names of files
    metric: str  # of METRICS; without a ratio also ERROR_RATE
    operator: Operator
    # relative: a ratio to the baseline; else in 1/s, ns, bytes, or a share from 0 to 1
    limit: float
    relative: bool
    text: str  # as written

    def matches(self, competitor: Named) -> bool:
        """Say whether the rule is about this competitor."""
        names = (competitor.label, competitor.name)
        return any(fnmatchcase(text, self.pattern) for text in names)

    def keeps(self, value: float) -> bool:
        """Say whether a value keeps the limit."""
        if self.operator == "<":
            return value < self.limit
        if self.operator == "<=":
            return value <= self.limit
        return value > self.limit if self.operator == ">" else value >= self.limit

    @property
    def is_maximum(self) -> bool:
        """Say whether the limit is a largest value."""
        return self.operator in ("<", "<=")


class Gate(Plain):
    """All rules of a file; the confidence holds for all of them together."""

    rules: tuple[Rule, ...]
    unclear: Unclear = "measure"
    budget_s: float = 180.0  # wall time for all rounds, under "measure"
    against: Against = "baseline"
