"""The output of ``doctor``: findings in, lines out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from harness.records.finding import Finding, State
from harness.report.wrapping import wrapped

__all__ = ["lines"]

HEADINGS: dict[State, str] = {
    "harmful": "HARMFUL to measurements",
    "notice": "worth knowing",
    "good": "good",
    "unknown": "not known here",
}


def lines(findings: Sequence[Finding], width: int) -> Iterator[str]:
    """Yield groups of findings in the order given; good and unknown ones only say what was seen."""
    for number, (state, group) in enumerate(groupby(findings, lambda finding: finding.state)):
        if number:
            yield ""
        yield HEADINGS[state]
        if state == "unknown":
            yield from wrapped(", ".join(finding.name for finding in group), width, 2, 2)
            continue
        for finding in group:
            yield from wrapped(f"{finding.name}: {finding.seen}", width, 2, 6)
            if finding.remedy is not None:
                yield from wrapped(f"effect: {finding.effect}", width, 6, 14)
                yield from wrapped(f"remedy: {finding.remedy}", width, 6, 14)
