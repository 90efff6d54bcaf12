"""The lines beside the tables of a run, the same in the terminal and in files. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from harness.analysis.compared import comparisons_of
from harness.analysis.doubts.kinds import Severity, severity
from harness.records.model import RunRecord, TrialSummary
from harness.report import selftest, verdicts
from harness.report.headline import cut_short
from harness.report.scaling import scaling_lines
from harness.report.target_notes import target_notes
from harness.report.view import matrix_of

__all__ = ["notes", "verdict_lines", "weighted"]

WEIGHTS: Mapping[Severity, str] = {
    "grave": "grave warning",
    "worth knowing": "warning",
    "note": "note",
}


def verdict_lines(
    run: RunRecord, trials: Sequence[TrialSummary], *, with_matrix: bool = False
) -> list[str]:
    """Return the verdicts in words, and what their intervals mean."""
    compared = comparisons_of(run, trials)
    pairs = matrix_of(run, trials) if with_matrix else ()
    said = [*scaling_lines(run, trials), *verdicts.sentences(compared, pairs, run.ending)]
    caveat = cut_short(run, trials)
    judged = any(one.verdict for one in (*compared, *pairs))
    return [*said, caveat] if judged and caveat else said


def weighted(warnings: Iterable[tuple[str, str]]) -> list[str]:
    """Return a line for each warning, a kind and a text: grave ones first, notes last."""
    said: dict[Severity, list[str]] = {weight: [] for weight in WEIGHTS}
    for kind, text in warnings:
        said[severity(kind)].append(text)
    return [f"{WEIGHTS[weight]}: {text}" for weight, texts in said.items() for text in texts]


def notes(run: RunRecord, trials: Sequence[TrialSummary]) -> list[str]:
    """Return lines about the targets, the warnings and the machine's self-test."""
    compared = len({trial.label for trial in trials}) > 1
    return [
        *target_notes(run, trials),
        *_uncounted(run, trials),
        *weighted((doubt.kind, str(doubt)) for doubt in run.doubts),
        *([selftest.citation(run.selftest)] if compared else []),
    ]


def _uncounted(run: RunRecord, trials: Sequence[TrialSummary]) -> list[str]:
    """Yield how many requests were counted, and how many more were sent, by all competitors."""
    sent, counted = sum(one.sent for one in trials), sum(one.population for one in trials)
    if sent <= counted:
        return []
    more = sent - counted + run.prepared
    return [
        f"HTTP requests sent: {counted:,} counted, {more:,} more "
        "(preparation, first requests, warm-up, lead-in)"
    ]
