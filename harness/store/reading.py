"""Reading of a results database, through connections that cannot write."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError
from harness.records.gate_result import GateFinding
from harness.records.provenance import MachineReading, Provenance
from harness.store import files, table_columns, validity
from harness.text import is_utf8
from servers.spec import EMBEDDED, TargetSpec

if TYPE_CHECKING:
    from harness.records.model import RunRecord, SelftestNote, TrialSummary

__all__ = ["RunLine", "list_runs", "resolved", "show_run", "stored_run"]

LATEST = "latest"


@dataclass(frozen=True)
class RunLine:
    """A run as ``results list`` shows it."""

    id: str
    name: str
    started_at: str
    ended_at: str | None  # None while it is unfinished
    state: str  # as in RunRecord, or "unfinished": still running, or killed
    axis: str
    baseline: str
    competitors: tuple[str, ...]  # labels
    rounds: int
    doubts: int
    tags: Mapping[str, str]


def list_runs(
    path: str | Path,
    limit: int = 20,
    waiting: files.Waiting | None = None,
    *,
    name: str | None = None,
    tags: Mapping[str, str] = MappingProxyType({}),
) -> list[RunLine]:
    """Return the latest ``limit`` runs, latest first; ``waiting`` as in ``files.reading``.

    Of those only runs of this ``name``, and with all of these ``tags``. Raises StoreError.
    """
    with files.reading(Path(path), waiting) as connection:
        files.check_has_runs(Path(path), connection)
        connection.row_factory = sqlite3.Row
        tagged = ", runs.tags" if _has_tags(connection) else ", NULL AS tags"
        rows = connection.execute(
            "SELECT o.id, o.name, o.started_at, o.ended_at, o.state, o.axis, o.baseline, o.rounds,"
            f" o.doubts{tagged} FROM run_overview o JOIN runs ON runs.id = o.id"
            " WHERE ?1 IS NULL OR o.name = ?1 ORDER BY o.started_at DESC, o.id",
            (name,),
        )
        asked = (row for row in rows if tags.items() <= _tags(row["tags"]).items())
        return [_run_line(connection, row) for row in islice(asked, limit)]


def _has_tags(connection: sqlite3.Connection) -> bool:
    """Say whether runs have tags; those of an older version, which is only read, have none."""
    columns = connection.execute("SELECT name FROM pragma_table_info('runs')")
    return any(row["name"] == "tags" for row in columns)


def _tags(text: str | None) -> dict[str, str]:
    found: dict[str, str] = json.loads(text or "{}")
    return found


def _run_line(connection: sqlite3.Connection, row: sqlite3.Row) -> RunLine:
    labels = connection.execute(
        "SELECT label FROM benchmark_results WHERE run_id = ? GROUP BY label ORDER BY MIN(rowid)",
        (row["id"],),
    )
    competitors = tuple(label for (label,) in labels)
    told = {**dict(row), "tags": _tags(row["tags"])}
    return RunLine(**told, competitors=competitors)


def show_run(
    path: str | Path, key: str = LATEST, waiting: files.Waiting | None = None
) -> tuple[RunRecord, list[TrialSummary]]:
    """Return a run and all its trials, as they were stored.

    ``key`` is a run's id, the id of one of its trials, the unique beginning of an id, or
    ``latest``.
    ``waiting`` is as in ``files.reading``. An unfinished run ends with its last round, and its
    warnings are derived from its trials. Raises StoreError, or UsageError if the key matches no run
    or several.
    """
    path = Path(path)
    with files.reading(path, waiting) as connection:
        files.check_has_runs(path, connection)
        connection.row_factory = sqlite3.Row
        run_id = resolved(connection, path, key)
        run, trials = stored_run(connection, run_id)
    return (_doubted(run, trials) if run.state == "unfinished" else run), trials


def stored_run(connection: sqlite3.Connection, run_id: str) -> tuple[RunRecord, list[TrialSummary]]:
    """Return a run and all its trials, exactly as stored; ``connection`` gives ``sqlite3.Row``."""
    with validity.at(f"run {run_id}"):
        return _run_record(connection, run_id), _trials(connection, run_id)


def _doubted(run: RunRecord, trials: list[TrialSummary]) -> RunRecord:
    """Add the fields that a run stores only when it ends."""
    from harness.analysis.doubts.conclusion import concluding_doubts  # noqa: PLC0415  brings numpy

    # One that was imported has them already.
    doubts = dict.fromkeys((*run.doubts, *concluding_doubts(run, trials)))
    return replace(run, doubts=tuple(doubts))


def resolved(connection: sqlite3.Connection, path: Path, key: str) -> str:
    """Return the id of the run that ``key`` means, as in ``show_run``. Raises UsageError."""
    if key == LATEST:
        rows = connection.execute("SELECT id FROM latest_run").fetchall()
        expected = "it has no runs yet; run a comparison first"
    else:
        rows = _runs_beginning(connection, key) if is_utf8(key) else []
        expected = "see `clientbench results list`"
    if not rows:
        raise UsageError(
            f"no such run or trial in {str(path)!r}; {expected}", "run", value=repr(key)
        )
    ids = [str(row[0]) for row in rows]
    if len(ids) > 1:
        raise UsageError(
            f"is ambiguous, {', '.join(ids)}; give more of its id", "run", value=repr(key)
        )
    return ids[0]


def _runs_beginning(connection: sqlite3.Connection, key: str) -> list[Any]:
    exact = connection.execute(
        "SELECT id FROM runs WHERE id = :key UNION"
        " SELECT run_id FROM benchmark_results WHERE id = :key AND run_id IS NOT NULL",
        {"key": key},
    ).fetchall()
    if exact or not key:
        return exact
    return connection.execute(
        "SELECT id FROM runs WHERE substr(id, 1, length(:key)) = :key UNION"
        " SELECT run_id FROM benchmark_results"
        " WHERE substr(id, 1, length(:key)) = :key AND run_id IS NOT NULL LIMIT 4",
        {"key": key},
    ).fetchall()


def _run_record(connection: sqlite3.Connection, run_id: str) -> RunRecord:
    from harness.records.model import (  # noqa: PLC0415  brings numpy
        Ceiling,
        Doubt,
        Ending,
        HeldPlan,
        RunRecord,
        Spread,
    )

    row = connection.execute(
        "SELECT runs.*, environment,"
        " (SELECT MAX(ended_at) FROM rounds WHERE run_id = runs.id) AS last_round_ended_at"
        " FROM runs JOIN environments ON environments.id = environment_id WHERE runs.id = ?",
        (run_id,),
    ).fetchone()
    if row is None:
        raise ValueError("table environments: that of the run is missing")
    finished = row["ended_at"] is not None
    last_known_at = row["last_round_ended_at"] or row["started_at"]
    return validity.built(
        RunRecord,
        id=row["id"],
        name=row["name"],
        started_at=row["started_at"],
        ended_at=row["ended_at"] if finished else last_known_at,
        state=row["state"],
        axis=row["axis"],
        baseline=row["baseline"],
        seed=row["seed"],
        scenario=json.loads(row["scenario"]),
        environment=json.loads(row["environment"]),
        target=json.loads(row["target"]),
        targets=_targets(connection, run_id),
        spreads=_of_table(connection, Spread, "spreads", run_id),
        doubts=_of_table(connection, Doubt, "doubts", run_id),
        **_comparisons(connection, run_id),
        ceilings=_of_table(connection, Ceiling, "ceilings", run_id),
        held=_of_table(connection, HeldPlan, "held_plans", run_id),
        other_load=_other_load(connection, run_id),
        ending=next(iter(_of_table(connection, Ending, "endings", run_id)), None),
        selftest=_selftest(connection, row),
        prepared=dict(row).get("prepared", 0),
        condition_factor=dict(row).get("condition_factor"),
        gate=_of_table(connection, GateFinding, "gate_findings", run_id),
        provenance=_provenance(dict(row)),
        machine_readings=_of_table(connection, MachineReading, "machine_readings", run_id),
    )


def _comparisons(connection: sqlite3.Connection, run_id: str) -> dict[str, Any]:
    from harness.records.model import Comparison, EndpointComparison  # noqa: PLC0415  brings numpy

    kinds = {"comparisons": Comparison, "endpoint_comparisons": EndpointComparison}
    return {table: _of_table(connection, kind, table, run_id) for table, kind in kinds.items()}


def _provenance(row: dict[str, Any]) -> Provenance:
    dirty = row.get("git_dirty")  # no such columns in an older database
    return validity.built(
        Provenance,
        commit=row.get("git_commit"),
        branch=row.get("git_branch"),
        dirty=None if dirty is None else bool(dirty),
        ci=json.loads(row.get("ci") or "{}"),
        tags=_tags(row.get("tags")),
    )


def _selftest(connection: sqlite3.Connection, row: sqlite3.Row) -> SelftestNote | None:
    from harness.store import selftests  # noqa: PLC0415  brings numpy

    key = dict(row).get("selftest_id")  # no such column in an older database
    return None if key is None else selftests.note(connection, key)


def _targets(connection: sqlite3.Connection, run_id: str) -> Any:
    with validity.at("table targets"):
        return tuple(map(_target_record, _of_run(connection, "targets", run_id)))


def _target_record(row: sqlite3.Row) -> Any:
    from harness.records.model import TargetRecord  # noqa: PLC0415  brings numpy

    return TargetRecord(TargetSpec.from_json(row["spec"]), json.loads(row["description"]))


def _other_load(connection: sqlite3.Connection, run_id: str) -> Any:
    from harness.records.model import OtherLoad  # noqa: PLC0415  brings numpy

    with validity.at("table other_loads"):
        rows = map(dict, _of_run(connection, "other_loads", run_id))
        flags = (row | {"targets_apart": bool(row["targets_apart"])} for row in rows)
        return next(iter(_rebuilt(OtherLoad, flags)), None)


def _of_table(connection: sqlite3.Connection, kind: Any, table: str, run_id: str) -> Any:
    with validity.at(f"table {table}"):
        return _rebuilt(kind, _of_run(connection, table, run_id))


def _of_run(connection: sqlite3.Connection, table: str, run_id: str) -> Iterable[sqlite3.Row]:
    return _rows(connection, table, "run_id", run_id, "sequence")


def _of_trial(
    connection: sqlite3.Connection, table: str, trial_id: str, order: str = "rowid"
) -> Iterable[sqlite3.Row]:
    return _rows(connection, table, "trial_id", trial_id, order)


def _rows(
    connection: sqlite3.Connection, table: str, key: str, value: str, order: str
) -> Iterable[sqlite3.Row]:
    """Yield nothing if the database is older than the table: only writing updates its schema."""
    known = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (table,))
    if known.fetchone() is None:
        return []
    return connection.execute(f"SELECT * FROM {table} WHERE {key} = ? ORDER BY {order}", (value,))


def _rebuilt(kind: Any, rows: Iterable[Any]) -> tuple[Any, ...]:
    """Return dataclass instances from rows whose columns have the fields' names.

    A field without a column in this database gets its default.
    """
    names = {field.name for field in fields(kind)}
    return tuple(
        validity.built(kind, **{name: value for name, value in dict(row).items() if name in names})
        for row in rows
    )


def _trials(connection: sqlite3.Connection, run_id: str) -> list[TrialSummary]:
    rows = connection.execute(
        f"SELECT * FROM {table_columns.RESULTS} WHERE run_id = ? ORDER BY rowid", (run_id,)
    ).fetchall()
    found = []
    for row in rows:
        with validity.at(f"trial {row['id']}"):
            found.append(_trial(connection, dict(row)))
    return found


def _trial(connection: sqlite3.Connection, row: dict[str, Any]) -> TrialSummary:
    """Return a trial; a field without a column in this database gets its default."""
    from harness.records.model import Reading, SliceRecord, TrialSummary  # noqa: PLC0415  brings numpy

    trial_id = row["id"]
    with validity.at("table histograms"):
        histograms = _histograms(connection, trial_id)
        latencies: dict[str, Any] = {
            "service": histograms["service_time"],
            "groups": _groups(connection, trial_id, histograms),
        }
    with validity.at("table slices"):
        slices = _rebuilt(SliceRecord, _slices(connection, trial_id))
    with validity.at("table resource_readings"):
        of_trial = _of_trial(connection, "resource_readings", trial_id, "sequence")
        readings = _rebuilt(Reading, of_trial)
    with validity.at("table client_environments"):
        environment = _client_environment(connection, row)
    with validity.at("table endpoint_results"):
        endpoints = _endpoints(connection, trial_id)
    elsewhere: dict[str, Any] = {
        "endpoints": endpoints,
        "status_counts": _counts(connection, "status_counts", "status", trial_id),
        "error_counts": _counts(connection, "error_counts", "kind", trial_id),
        "traces": tuple(
            tuple(traced[name] for name in table_columns.TRACE_COLUMNS)
            for traced in _of_trial(connection, "traces", trial_id, "sequence")
        ),
        "slices": slices,
        "readings": readings,
        "client_environment": environment,
    }
    with validity.at(f"table {table_columns.RESULTS}"):
        elsewhere["open_loop"] = _open_loop(row, histograms)
        elsewhere["target"] = _target(row)
        return validity.built(TrialSummary, **_kept(row), **elsewhere, **latencies)


def _counts(connection: sqlite3.Connection, table: str, key: str, trial_id: str) -> dict[Any, Any]:
    rows = _of_trial(connection, table, trial_id)
    return {counted[key]: counted["count"] for counted in rows}


def _kept(row: dict[str, Any], owner: str = "") -> dict[str, Any]:
    """Return the attributes of a trial, or of its ``owner``, that have columns in this row."""
    from harness.records.fields import COLUMNS  # noqa: PLC0415  brings numpy

    found = {}
    for field in COLUMNS:
        of, _, name = (field.attribute or "").rpartition(".")
        if name and of == owner and field.name in row:
            found[name] = field.kind.read(row[field.name])
    return found


def _histograms(connection: sqlite3.Connection, trial_id: str) -> dict[str, Any]:
    from harness.records.histogram import Histogram  # noqa: PLC0415  brings numpy

    return {
        row["metric"]: Histogram.decode(row["encoded"].encode("ascii"))
        for row in _of_trial(connection, "histograms", trial_id)
    }


def _groups(
    connection: sqlite3.Connection, trial_id: str, histograms: dict[str, Any]
) -> tuple[Any, ...]:
    """Return the latencies by group, which only a trial with slices in several groups has."""
    from harness.records.model import GroupLatencies  # noqa: PLC0415  brings numpy

    return tuple(
        GroupLatencies(
            int(row["metric"].removeprefix(table_columns.OF_GROUP)),
            histograms[row["metric"]],
            row["censored"],
        )
        for row in _of_trial(connection, "histograms", trial_id)
        if row["metric"].startswith(table_columns.OF_GROUP)
    )


def _endpoints(connection: sqlite3.Connection, trial_id: str) -> tuple[Any, ...]:
    """Return the endpoints of a mixture; none in a database of before there were any."""
    from harness.records.endpoint_summary import EndpointSummary  # noqa: PLC0415  brings numpy
    from harness.records.histogram import Histogram  # noqa: PLC0415

    def histogram(text: str | None) -> Histogram | None:
        return None if text is None else Histogram.decode(text.encode("ascii"))

    rows = map(dict, _of_trial(connection, "endpoint_results", trial_id, "sequence"))
    made = (
        row
        | {
            "service": histogram(row["service_time"]),
            "response": histogram(row["response_time"]),
            "status_counts": {int(k): n for k, n in json.loads(row["status_counts"]).items()},
            "error_counts": json.loads(row["error_counts"]),
        }
        for row in rows
    )
    return _rebuilt(EndpointSummary, made)


def _slices(connection: sqlite3.Connection, trial_id: str) -> list[dict[str, Any]]:
    return [
        row | {"parts": tuple(json.loads(row.get("parts") or "[]"))}
        for row in map(dict, _of_trial(connection, "slices", trial_id, "sequence"))
    ]


def _client_environment(connection: sqlite3.Connection, row: dict[str, Any]) -> Any:
    from harness.records.client_environment import Environment  # noqa: PLC0415  few commands need it

    key = row.get("client_environment_id")  # no such column in an older database
    if key is None:
        return None
    statement = "SELECT * FROM client_environments WHERE id = ?"
    found = connection.execute(statement, (key,)).fetchone()
    if found is None:
        return None
    stored = dict(found)  # in an older database it has no lock
    return Environment.from_plain(json.loads(stored["environment"]), stored.get("lock"))


def _target(row: dict[str, Any]) -> TargetSpec:
    """Return the target from the trial's columns; the full description is stored with its run."""
    if row.get("target") is None:  # stored before targets were a factor
        return EMBEDDED
    return validity.built(TargetSpec, **_kept(row, "target"))


def _open_loop(row: dict[str, Any], histograms: dict[str, Any]) -> Any:
    from harness.records.model import OpenLoop  # noqa: PLC0415  brings numpy

    if row.get("planned") is None:
        return None
    return validity.built(
        OpenLoop,
        **_kept(row, "open_loop"),
        response=histograms["response_time"],
        queue_wait=histograms["queue_wait"],
        pacer_lag=histograms["pacer_lag"],
        early_response=histograms.get("early_response_time"),
    )
