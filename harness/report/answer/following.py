"""What to type after a run: at most two commands, each with what it is for. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from harness.analysis.trust import Trust
from harness.records.model import RunRecord
from harness.report.listings import SHORT_ID

__all__ = ["commands"]

FINE = 0.05  # a half width of intervals that most are content with


def commands(run: RunRecord, trust: Trust) -> Iterator[tuple[str, str]]:
    """Commands, and what they are for."""
    yield f"clientbench results show {run.id[:SHORT_ID]} --details", "all figures"
    if trust.resolution is None:
        return
    if run.selftest is None:
        yield "clientbench selftest", "this machine has no self-test yet (2 min)"
    elif trust.resolution > FINE and not run.scenario.get("precision"):
        yield "… --precision 3%", "as many rounds as intervals of ± 3 % take"
