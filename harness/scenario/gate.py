"""A gate: limits that the results of a run must keep, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from harness.errors import UsageError
from harness.records.conditions import Named
from harness.redaction import quoted
from harness.scenario.plain import Plain

__all__ = [
    "ERROR_RATE",
    "Against",
    "Applied",
    "Gate",
    "Operator",
    "Rule",
    "Unclear",
    "applied",
]

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
        pattern = self.pattern.replace("[", "[[]")  # extras are in brackets
        return any(fnmatchcase(text, pattern) for text in (competitor.label, competitor.name))

    def keeps(self, value: float) -> bool:
        """Say whether a value keeps the limit."""
        if self.operator == "<":
            return value < self.limit
        if self.operator == "<=":
            return value <= self.limit
        return value > self.limit if self.operator == ">" else value >= self.limit


class Gate(Plain):
    """All rules of a file; the confidence holds for all of them together."""

    rules: tuple[Rule, ...]
    unclear: Unclear = "measure"
    budget_s: float = 180.0  # wall time for all rounds, under "measure"
    against: Against = "baseline"

    @property
    def measures(self) -> bool:
        """Say whether a run goes on until it is decided; nothing of now decides about history."""
        return self.unclear == "measure" and self.against == "baseline"


@dataclass(frozen=True)
class Applied:
    """A rule and one of the competitors that it is about."""

    rule: Rule
    label: str
    baseline: str  # label of the competitor that relative rules compare it with


def applied(gate: Gate, competitors: Sequence[Named], baseline: str) -> tuple[Applied, ...]:
    """Return every rule with each of its competitors, in the order of the file.

    ``baseline`` is its name, in each condition. Raises UsageError for a rule about nobody.
    """
    names = {(one.condition, one.name): one.label for one in competitors}
    found = []
    for rule in gate.rules:
        own = [one for one in competitors if rule.matches(one)]
        if rule.relative and gate.against == "baseline":
            own = [one for one in own if one.name != baseline]
        if not own:
            raise _about_nobody(rule, competitors, baseline)
        found += [
            Applied(rule, one.label, names.get((one.condition, baseline), baseline)) for one in own
        ]
    return tuple(found)


def _about_nobody(rule: Rule, competitors: Sequence[Named], baseline: str) -> UsageError:
    others = dict.fromkeys(one.name for one in competitors if one.name != baseline)
    names = ", ".join(others) or "(there is only the baseline)"
    if any(rule.matches(one) for one in competitors):
        problem = f"{quoted(rule.pattern)} matches only the baseline, {quoted(baseline)}, itself"
    else:
        problem = f"{quoted(rule.pattern)} matches none of the clients"
        names = ", ".join(dict.fromkeys(one.name for one in competitors))
    return UsageError(f"{problem}; rule {quoted(rule.text)} expects one of {names}", "gate")
