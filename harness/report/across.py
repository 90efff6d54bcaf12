"""Two runs side by side, as text, as rows and as JSON. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from harness.analysis.across import Across
from harness.analysis.environments import Difference, StoredRun, common_labels
from harness.option_names import option
from harness.records.model import METRICS, Doubt
from harness.report import documents, verdicts
from harness.report.cells import Cells
from harness.report.listings import SHORT_ID
from harness.report.notes import weighted

__all__ = ["cells", "heading", "headings", "notes", "refusal", "to_json", "warnings"]

NAMED = 3  # differences named in a refusal
CAVEAT = (
    "note: other load on the machine may explain a difference between runs (up to 1.6× within an hour on "
    "a shared machine); the intervals only cover variation within each run"
)


def refusal(ours: StoredRun, theirs: StoredRun, found: Sequence[Difference]) -> str:
    """Say in one line why two runs are not compared without the user's consent."""
    more = f"; and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return (
        f"{_name(ours)} and {_name(theirs)} differ in {'; '.join(map(str, found[:NAMED]))}{more}: "
        f"add {option('across')} to compare them anyway"
    )


def heading(ours: StoredRun, theirs: StoredRun, found: Sequence[Difference]) -> list[str]:
    """Return the two runs, their states, and their differences."""
    return [
        f"{_described(ours)}, against {_described(theirs)}",
        *(f"differs: {difference.kind}: {difference}" for difference in found),
    ]


def headings(ours: StoredRun, theirs: StoredRun) -> Cells:
    """Return the table's columns; the first names the run that ratios refer to."""
    is_open = all(trial.open_loop is not None for _, trials in (ours, theirs) for trial in trials)
    return verdicts.ratio_headings(_name(theirs), METRICS, is_open)


def cells(comparisons: Sequence[Across]) -> list[Cells]:
    """Return one row per competitor: a verdict or a dash for each metric."""
    of_label: dict[str, list[Across]] = {}
    for one in comparisons:
        of_label.setdefault(one.label, []).append(one)
    return [(label, *map(verdicts.cell, found)) for label, found in of_label.items()]


def notes(ours: StoredRun, theirs: StoredRun, comparisons: Sequence[Across]) -> list[str]:
    """Return the lines below the table: missing verdicts, and the meaning of the intervals."""
    return [
        *verdicts.silences(comparisons),
        _rounds(comparisons),
        _meaning(comparisons),
        *_alone(ours, theirs),
        *_alone(theirs, ours),
        CAVEAT,
    ]


def warnings(ours: StoredRun, theirs: StoredRun) -> list[str]:
    """Return a line per warning, grave ones first; equal warnings of both runs share a line."""
    of_runs: dict[Doubt, list[str]] = {}
    for run, _ in (ours, theirs):
        for doubt in dict.fromkeys(run.doubts):
            of_runs.setdefault(doubt, []).append(run.id[:SHORT_ID])
    return weighted((doubt.kind, f"{', '.join(ids)}: {doubt}") for doubt, ids in of_runs.items())


def to_json(
    ours: StoredRun,
    theirs: StoredRun,
    found: Sequence[Difference],
    comparisons: Sequence[Across],
) -> str:
    """Return the comparison as one JSON document with a final line break; numbers are unrounded."""
    content = {
        "runs": [_plain(stored) for stored in (ours, theirs)],
        "differences": [asdict(difference) for difference in found],
        "comparisons": [asdict(comparison) for comparison in comparisons],
    }
    return documents.to_json("diff", content)


def _rounds(comparisons: Sequence[Across]) -> str:
    """Return the numbers of complete rounds, once for all competitors that share them."""
    labels: dict[str, list[str]] = {}
    for one in comparisons:
        if one.metric == "throughput":
            labels.setdefault(f"{one.rounds} against {one.other_rounds}", []).append(one.label)
    if len(labels) == 1:
        return f"complete rounds: {next(iter(labels))}"
    listed = (f"{numbers} of {', '.join(of)}" for numbers, of in labels.items())
    return f"complete rounds: {'; '.join(listed)}"


def _meaning(comparisons: Sequence[Across]) -> str:
    family = max((one.family or 1 for one in comparisons), default=1)
    together = f" for all {family} ratios of a metric together" if family > 1 else ""
    return f"in brackets: intervals, {verdicts.LEVEL}{together}, unpaired (Welch's t)"


def _name(stored: StoredRun) -> str:
    return f"run {stored[0].id[:SHORT_ID]}"


def _described(stored: StoredRun) -> str:
    run, _ = stored
    started = run.started_at[:19].replace("T", " ")
    state = "" if run.state == "complete" else f", {run.state}: only what was finished counts"
    return f"{_name(stored)} ({started} UTC{state})"


def _alone(ours: StoredRun, theirs: StoredRun) -> list[str]:
    common = common_labels(ours, theirs)
    alone = dict.fromkeys(trial.label for trial in ours[1] if trial.label not in common)
    return [f"only in {_name(ours)}: {', '.join(alone)}"] if alone else []


def _plain(stored: StoredRun) -> dict[str, Any]:
    run, trials = stored
    return {
        "id": run.id,
        "name": run.name,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "state": run.state,
        "rounds": max((trial.round for trial in trials), default=0),
        "competitors": list(dict.fromkeys(trial.label for trial in trials)),
        "environment": run.environment,
        "doubts": [asdict(doubt) for doubt in run.doubts],
    }
