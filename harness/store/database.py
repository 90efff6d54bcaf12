"""The results database, opened for writing. Saved results stay readable whatever happens next."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from harness import interrupts
from harness.clock import utc_now
from harness.errors import StoreError
from harness.store import (
    adding,
    derived,
    files,
    merging,
    migrations,
    pruning,
    reading,
    table_columns,
    views,
)
from harness.text import canonical_json

if TYPE_CHECKING:
    from harness.records.model import RunRecord, SelftestNote, TrialSummary
    from harness.records.selftest_result import SelfTest

__all__ = ["Store"]

Waiting = Callable[[], None]


class Store:
    """One open database. Create it with ``Store.open``; it is a context manager.

    Every method writes in one transaction, completely or not at all. Other processes may write to
    the same file: each waits for the others, up to ``patience_s``, and calls ``waiting`` if that
    takes long. All raise StoreError, one line long.
    """

    def __init__(self, path: Path, db: Any, waiting: Waiting | None = None) -> None:
        self.path = path
        self.patience_s = files.BUSY_TIMEOUT_S
        self._db = db
        self._waiting = waiting
        self._trials: dict[str, list[TrialSummary]] = {}  # that were stored by this object, by run

    @staticmethod
    def check(path: str | Path, waiting: Waiting | None = None) -> None:
        """Raise StoreError unless results can be stored at ``path``; changes nothing."""
        files.check_writable(Path(path), waiting)

    @classmethod
    def open(
        cls, path: str | Path, waiting: Waiting | None = None, *, cites_others: bool = False
    ) -> Self:
        """Open or create the database and bring its schema up to date.

        The parent directory must exist. A file of another program is refused and left untouched. If
        ``cites_others``, rows may refer to rows of another database.
        """
        path = Path(path)
        cls.check(path, waiting)
        from sqlite_utils import Database  # noqa: PLC0415  slow to import

        with files.translated(path):
            connection = files.connect(path, "rwc")
            try:
                store = cls(path, Database(connection, execute_plugins=False), waiting)
                store._prepare()
                if cites_others:
                    connection.execute("PRAGMA foreign_keys = OFF")
            except BaseException:
                connection.close()
                raise
        return store

    def begin(self, run: RunRecord) -> None:
        """Store a run as unfinished, before its first round, with its warnings so far."""
        with self._writing():
            self._insert_run(run)

    def save_checks(self, run: RunRecord) -> None:
        """Store the checks of a begun run before its first round: the results of null and raw."""
        with self._writing():
            self._run(run.id)
            self._insert_checks(run)

    def save_round(
        self,
        run_id: str,
        round: int,
        *,
        order: Sequence[str],
        started_at: str,
        ended_at: str,
        trials: Sequence[TrialSummary],
    ) -> None:
        """Store a round that has ended.

        ``order`` names the competitors as they were started; times are UTC, ISO 8601; ``trials``
        has one summary per competitor, those that failed included.
        """
        row = {
            "run_id": run_id,
            "round": round,
            "started_at": started_at,
            "ended_at": ended_at,
            "competitors": canonical_json(list(order)),
        }
        with self._writing():
            self._insert_round(row, trials)
        self._trials.setdefault(run_id, []).extend(trials)

    def finish(self, run: RunRecord) -> None:
        """Store a begun run's final state: comparisons, warnings, and its trials merged."""
        with self._writing():
            self._insert_end(run, self._trials.get(run.id, ()))

    def save_gate(self, run: RunRecord) -> None:
        """Replace the findings of a stored run's gate."""
        from harness.store import rows  # noqa: PLC0415  brings numpy

        with self._writing():
            self._run(run.id)
            self._db["gate_findings"].delete_where("run_id = ?", [run.id])
            self._insert("gate_findings", rows.gate_rows(run))

    def add(self, run: RunRecord, trials: Sequence[TrialSummary]) -> merging.Merged:
        """Store a whole run that was measured elsewhere, as if it came in a database of its own.

        Raises StoreError, also if the database says something else about it.
        """
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "run.db"
            with Store.open(source) as alone, alone._writing():
                alone._insert_whole(run, trials)
            try:
                return self.merge(source)
            except StoreError as error:
                if error.fields == ("file",):
                    error.fields, error.value = ("import",), repr(run.id)
                raise

    def _insert_whole(self, run: RunRecord, trials: Sequence[TrialSummary]) -> None:
        self._insert_run(run)
        self._insert_checks(run)
        for row, made in adding.rounds(run, trials):
            self._insert_round(row, made)
        if run.state != "unfinished":
            self._insert_end(run, trials)

    def _insert_run(self, run: RunRecord) -> None:
        from harness.store import rows  # noqa: PLC0415  brings numpy

        environment = rows.environment_row(run.environment, utc_now())
        self._insert("environments", [environment], ignore=True)
        self._insert("runs", [rows.run_row(run, environment["id"], finished=False)])
        self._insert("doubts", rows.doubt_rows(run))

    def _insert_checks(self, run: RunRecord) -> None:
        from harness.store import rows  # noqa: PLC0415  brings numpy

        self._insert("held_plans", rows.held_plan_rows(run))
        self._insert("ceilings", rows.ceiling_rows(run))

    def _insert_round(self, row: Mapping[str, Any], trials: Sequence[TrialSummary]) -> None:
        from harness.store import rows  # noqa: PLC0415  brings numpy

        run = self._run(row["run_id"])
        self._insert("rounds", [row])
        now = utc_now()
        for trial in trials:
            environments = rows.client_environment_rows(trial, now)
            self._insert("client_environments", environments, ignore=True)
            self._insert(table_columns.RESULTS, [rows.trial_row(run, trial, now)])
            for table, records in rows.trial_neighbours(trial).items():
                self._insert(table, records)

    def _insert_end(self, run: RunRecord, trials: Sequence[TrialSummary]) -> None:
        from harness.store import rows  # noqa: PLC0415  brings numpy

        self._run(run.id)
        environment = rows.environment_row(run.environment, utc_now())
        self._insert("environments", [environment], ignore=True)
        row = rows.run_row(run, environment["id"], finished=True)
        self._db["runs"].update(run.id, _storable(row))
        for table, records in (
            ("comparisons", rows.comparison_rows(run)),
            ("endpoint_comparisons", rows.endpoint_comparison_rows(run)),
            ("doubts", rows.doubt_rows(run)),
            ("endings", rows.ending_rows(run)),
            ("other_loads", rows.other_load_rows(run)),
            ("targets", rows.target_rows(run)),
            ("spreads", rows.spread_rows(run)),
            ("machine_readings", rows.machine_reading_rows(run)),
            ("gate_findings", rows.gate_rows(run)),
            ("competitor_results", rows.competitor_rows(run, trials)),
        ):
            self._db[table].delete_where("run_id = ?", [run.id])
            self._insert(table, records)

    def save_selftest(self, selftest: SelfTest) -> None:
        """Store a finished self-test."""
        from harness.store import rows, selftests  # noqa: PLC0415  brings numpy

        with self._writing():
            environment = rows.environment_row(selftest.environment, utc_now())
            self._insert("environments", [environment], ignore=True)
            self._insert("selftests", [selftests.selftest_row(selftest, environment["id"])])
            self._insert("selftest_figures", selftests.figure_rows(selftest))

    def selftest_of(self, environment: Mapping[str, Any]) -> SelftestNote | None:
        """Return the last self-test of the machine with this environment."""
        from harness.store import selftests  # noqa: PLC0415  brings numpy

        with files.translated(self.path):
            return selftests.latest(self._db.conn, environment)

    def annotate(self, key: str, tags: Mapping[str, str], name: str | None = None) -> str:
        """Set tags of a stored run (an empty value removes one), and its name; return its id.

        Raises UsageError if the key, as in ``reading.show_run``, matches no run or several.
        """
        with self._writing():
            run_id = reading.resolved(self._db.conn, self.path, key)
            tagged = "SELECT tags FROM runs WHERE id = ?"
            (text,) = self._db.conn.execute(tagged, [run_id]).fetchone()
            kept = {**json.loads(text or "{}"), **tags}
            left = {tag: value for tag, value in kept.items() if value}
            changed = {"tags": canonical_json(left) if left else None}
            if name is not None:
                changed["name"] = name
            self._db["runs"].update(run_id, _storable(changed))
        return run_id

    def prune(self, keep: pruning.Keep, *, really: bool) -> list[str]:
        """Remove the runs that ``keep`` does not name, with all that belongs to them.

        Return their ids, oldest first. Unless ``really``, nothing is removed.
        """
        with self._interruptible():
            with self._writing():
                found = pruning.unkept(self._db.conn, keep)
                if really:
                    pruning.remove(self._db.conn, found)
            if really and found:
                with files.translated(self.path):
                    self._patiently("VACUUM")
        return found

    def merge(self, source: str | Path) -> merging.Merged:
        """Copy all results that another database has and this one lacks.

        Repeating it changes nothing. The other database is only read. After an interrupt nothing is
        copied.
        """
        source = Path(source)
        merging.check(self.path, source)
        with self._interruptible(), merging.attached(self._db.conn, source), self._writing():
            merged = merging.copy(self._db.conn, source)
            derived.fill(self._db.conn, self._insert)
            return merged

    @contextlib.contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Let a noted signal interrupt the current statement, for statements that take long."""
        self._db.conn.set_progress_handler(interrupts.noted, files.STEPS_BETWEEN_LOOKS)
        try:
            yield
        except StoreError:
            interrupts.check()
            raise
        finally:
            self._db.conn.set_progress_handler(None, 0)

    def empty_log(self) -> None:
        """Move the content of the log to the database file."""
        with files.translated(self.path):
            self._db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close the file; closing again does nothing."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _prepare(self) -> None:
        steps = migrations.migrations()
        self._use_wal()
        if steps.pending(self._db):
            with self._writing():
                views.drop(self._db)
                steps.apply(self._db)
                views.create(self._db)
                derived.fill(self._db.conn, self._insert)
        # After the migrations: it must be off to rebuild a table that others refer to.
        self._db.conn.execute("PRAGMA foreign_keys = ON")

    def _run(self, run_id: str) -> Mapping[str, Any]:
        found = list(self._db["runs"].rows_where("id = ?", [run_id]))
        if not found:
            raise files.refusal(self.path, f"run {run_id} is not in the database")
        row: Mapping[str, Any] = found[0]
        return row

    def _insert(self, table: str, records: Sequence[Mapping[str, Any]], **options: Any) -> None:
        if records:
            self._db[table].insert_all(map(_storable, records), **options)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Run a transaction that takes the write lock at once.

        A transaction that reads first fails without waiting if another process has written
        meanwhile.
        """
        with files.translated(self.path):
            self._patiently("BEGIN IMMEDIATE")
            try:
                yield
                # Without a log, wait for readers here.
                self._patiently("COMMIT")
            except BaseException:
                self._db.conn.rollback()
                raise

    def _patiently(self, statement: str) -> None:
        files.patiently(
            lambda: self._db.conn.execute(statement).fetchall(), self.patience_s, self._waiting
        )

    def _use_wal(self) -> None:
        """Use a write-ahead log: readers do not block, a killed writer loses only its transaction.

        If the file system cannot do it, SQLite keeps its rollback journal, which is as safe.
        """
        self._patiently("PRAGMA journal_mode = WAL")
        self._db.conn.execute("PRAGMA synchronous = NORMAL")


def _storable(record: Mapping[str, Any]) -> dict[str, Any]:
    """Replace lone surrogates, which UTF-8 cannot express, in messages of libraries."""
    return {
        key: value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
        for key, value in record.items()
    }
