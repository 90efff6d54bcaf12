"""Next commands after a run: at most two, each with its purpose. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from harness.analysis.trust import Trust
from harness.option_names import option
from harness.records.model import RunRecord
from harness.report.listings import SHORT_ID

__all__ = ["commands"]

FINE = 0.05  # half width of intervals that is precise enough for most purposes


def commands(
    run: RunRecord, trust: Trust, program: str, database: str | None
) -> Iterator[tuple[str, str]]:
    """Yield commands and their purposes; ``database``: the path as typed, if not the usual one."""
    named = f" {option('database')} {shlex.quote(database)}" if database else ""
    yield f"{program} results show {run.id[:SHORT_ID]} {option('details')}{named}", "every figure"
    if trust.resolution is None:
        return
    if run.selftest is None:
        yield f"{program} selftest{named}", "2 min; this machine has none yet"
    elif trust.resolution > FINE and not run.scenario.get("precision"):
        yield f"… {option('precision')} 3%", "intervals of ± 3 %"
