"""The rows of CSV files below a competitor: one per round, endpoint, slice or traced request. Pure.

Columns have the names and units of the database's tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any, Literal, get_args

from harness.errors import UsageError
from harness.option_names import option
from harness.records.fields import COLUMNS
from harness.records.model import RunRecord, SliceRecord, TrialSummary
from harness.store.table_columns import TRACE_COLUMNS
from harness.text import canonical_json

__all__ = ["PER", "Per", "Rows", "rows_per"]

Per = Literal["competitor", "round", "endpoint", "slice", "request"]
PER: tuple[Per, ...] = get_args(Per)

# The same in every row of a run, long, or only known of the database.
LEFT_OUT = ("config_snapshot", "created_at", "run_id")
OF_A_TRIAL = ("run_id", "trial_id", "label", "round", "sequence")

Row = Mapping[str, Any]
Rows = tuple[Sequence[str], Iterator[Row]]  # headings, and a row for each line


def rows_per(per: Per, run: RunRecord, trials: Sequence[TrialSummary]) -> Rows:
    """Return headings and rows, in the order of rounds.

    Raises UsageError for requests of a run in which none was traced, and for endpoints of a run that
    has one request only.
    """
    made: dict[Per, Callable[[RunRecord, Sequence[TrialSummary]], Rows]] = {
        "round": _rounds,
        "endpoint": _endpoints,
        "slice": _slices,
        "request": _requests,
    }
    return made[per](run, trials)


def _rounds(run: RunRecord, trials: Sequence[TrialSummary]) -> Rows:
    columns = [one for one in COLUMNS if one.name not in LEFT_OUT]
    rows = (
        {"run_id": run.id}
        | {one.name: run.name if one.of_run else one.stored(trial) for one in columns}
        for trial in trials
    )
    return ("run_id", *(one.name for one in columns)), rows


def _endpoints(run: RunRecord, trials: Sequence[TrialSummary]) -> Rows:
    known = next((one for trial in trials for one in trial.endpoints), None)
    if known is None:
        raise UsageError(
            f"this run has one request only; expected one measured with {option('scenario')}",
            "per",
            value="'endpoint'",
        )
    rows = (
        _of_trial(run, trial, number) | one.columns()
        for trial in trials
        for number, one in enumerate(trial.endpoints)
    )
    return (*OF_A_TRIAL, *known.columns()), rows


def _slices(run: RunRecord, trials: Sequence[TrialSummary]) -> Rows:
    rows = (
        _of_trial(run, trial, number)
        | asdict(one)
        | {"parts": canonical_json(one.parts) if one.parts else None}
        for trial in trials
        for number, one in enumerate(trial.slices)
    )
    return (*OF_A_TRIAL, *(one.name for one in fields(SliceRecord))), rows


def _requests(run: RunRecord, trials: Sequence[TrialSummary]) -> Rows:
    measured = [trial for trial in trials if trial.window_ns]  # others know nothing of it
    if measured and not any(trial.trace_share for trial in measured):
        raise UsageError(
            f"no request of this run was traced; expected one measured with {option('trace')}",
            "per",
            value="'request'",
        )
    rows = (
        _of_trial(run, trial, number) | dict(zip(TRACE_COLUMNS, one, strict=True))
        for trial in trials
        for number, one in enumerate(trial.traces)
    )
    return (*OF_A_TRIAL, *TRACE_COLUMNS), rows


def _of_trial(run: RunRecord, trial: TrialSummary, sequence: int) -> dict[str, Any]:
    values = (run.id, trial.id, trial.label, trial.round, sequence)
    return dict(zip(OF_A_TRIAL, values, strict=True))
