"""The comparisons of a run: as stored, or made from its trials if it has none with a verdict. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from harness.analysis.comparison import compare
from harness.analysis.doubts.barring import barred
from harness.analysis.unfinished import withheld
from harness.records.model import Comparison, RunRecord, TrialSummary

__all__ = ["comparisons_of"]


def comparisons_of(run: RunRecord, trials: Sequence[TrialSummary]) -> tuple[Comparison, ...]:
    """Return the run's comparisons with the baseline, metric by metric."""
    stored = run.comparisons
    if stored and all(comparison.family is not None for comparison in stored):
        return stored
    made = compare(trials, run.baseline, barred(run.doubts), confidence=run.confidence)
    return tuple(withheld(made, run)) or stored
