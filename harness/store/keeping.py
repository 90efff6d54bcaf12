"""Keeps results: in the database, otherwise in a file next to it or in the temporary folder.

A database may be locked, full, damaged, moved or deleted during a run. The run's rounds stay in
memory until it ends, so that a rescue file has all of them, whatever the database has. The rescue
file is a database with the same schema; ``results merge`` imports it.
"""

from __future__ import annotations

import contextlib
import shlex
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from harness.clock import utc_now
from harness.errors import StoreError, StoreUnusableError
from harness.option_names import option
from harness.store import files
from harness.store.database import Store
from harness.store.tracked import Step, TrackedFile, remove

if TYPE_CHECKING:
    from harness.records.model import RunRecord, RunState, SelftestNote, TrialSummary
    from harness.records.selftest_result import SelfTest

__all__ = ["Keeper", "Kept", "LockNotice"]

Say = Callable[[str], None]

LATER_PATIENCE_S = 1.0  # for a database for which a wait has failed before


@dataclass(frozen=True)
class Kept:
    """The location of results, and the reason if it is not the database."""

    database: Path  # the intended location
    path: Path | None  # the actual location; None: not stored
    problem: str | None = None  # the reason why it is not in the database

    @property
    def place(self) -> str:
        """Return the location as text."""
        return "not stored" if self.path is None else str(self.path)

    @property
    def remedy(self) -> str | None:
        """Return one line that says how to import the results.

        None if everything is in the database.
        """
        if self.problem is None:
            return None
        if self.path is None:
            return f"{self.problem}; no further results could be stored"
        words = (
            "clientbench",
            "results",
            "merge",
            str(self.path),
            option("database"),
            str(self.database),
        )
        return (
            f"{self.problem}; all results are in another file; import them: `{shlex.join(words)}`"
        )


class Keeper:
    """Stores a run or a self-test in a database, or in another file while that is impossible.

    It has the writing methods of ``Store``. Except for ``begin`` none of them fails: ``kept`` has
    the location of the results. A ``KeyboardInterrupt`` ends the wait for a locked database; it is
    raised again when the results are in another file, unless the run has ended. It is a context
    manager: a run that is not finished at its end is stored as interrupted or failed.
    """

    def __init__(self, path: Path, say: Say) -> None:
        """Prepare to store; ``say`` gets one line for each event."""
        self._say = say
        self._id = ""  # the run's or self-test's
        self._waiting = LockNotice(path, say)
        self._steps: list[Step] = []
        self._worthwhile = False  # there are results that could be lost
        self._begun: RunRecord | None = None  # and not finished
        self._database: TrackedFile | None = None  # not open yet, or lost
        self._lost = False
        self._rescue: TrackedFile | None = None
        self._kept = Kept(path, path)

    def check(self) -> None:
        """Raise StoreError unless results can be stored; changes nothing."""
        Store.check(self._kept.database, self._waiting)

    @property
    def kept(self) -> Kept:
        """Return where the results are so far."""
        return self._kept

    def begin(self, run: RunRecord) -> None:
        """See ``Store.begin``. Raises StoreError: nothing is lost yet."""
        self._id = run.id
        self._steps.append(lambda store: store.begin(run))
        self._opened().take(self._steps)
        self._begun = run

    def save_checks(self, run: RunRecord) -> None:
        """See ``Store.save_checks``."""
        self._keep(lambda store: store.save_checks(run))

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
        """See ``Store.save_round``."""
        self._worthwhile = True
        self._keep(
            lambda store: store.save_round(
                run_id,
                round,
                order=order,
                started_at=started_at,
                ended_at=ended_at,
                trials=trials,
            )
        )

    def finish(self, run: RunRecord) -> None:
        """See ``Store.finish``."""
        self._begun = None
        with contextlib.suppress(KeyboardInterrupt):  # the run has ended already
            self._keep(lambda store: store.finish(run))

    def save_selftest(self, selftest: SelfTest) -> None:
        """See ``Store.save_selftest``."""
        self._id = selftest.id
        self._worthwhile = True
        with contextlib.suppress(KeyboardInterrupt):
            self._keep(lambda store: store.save_selftest(selftest))

    def selftest_of(self, environment: Mapping[str, Any]) -> SelftestNote | None:
        """See ``Store.selftest_of``. Raises StoreError."""
        return self._opened().store.selftest_of(environment)

    def close(self) -> None:
        """Close all files."""
        for file in (self._database, self._rescue):
            if file is not None:
                file.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._begun is not None:
            state: RunState = "interrupted" if kind is KeyboardInterrupt else "failed"
            self.finish(replace(self._begun, state=state, ended_at=utc_now()))
        self.close()

    def _opened(self) -> TrackedFile:
        if self._database is None:
            self._database = TrackedFile(Store.open(self._kept.database, self._waiting))
        return self._database

    def _keep(self, step: Step) -> None:
        self._steps.append(step)
        if self._lost:
            self._keep_elsewhere()
            return
        try:
            self._opened().take(self._steps)
        except StoreError as error:
            self._note(error.what if isinstance(error, StoreUnusableError) else str(error))
            self._wait_less()
            self._keep_elsewhere()
        except KeyboardInterrupt:
            self._note(str(files.refusal(self._kept.database, "is locked by another program")))
            self._keep_elsewhere()
            raise
        else:
            self._drop_rescue()

    def _wait_less(self) -> None:
        """Let the next rounds wait less; abandon the database if its file has lost its name."""
        if self._database is None:
            return
        self._database.store.patience_s = LATER_PATIENCE_S
        if not self._database.is_in_place():
            self._database.abandon()
            self._database = None
            self._lost = True

    def _note(self, problem: str) -> None:
        self._kept = replace(self._kept, problem=problem)

    def _drop_rescue(self) -> None:
        """Remove the rescue file: the database has everything."""
        if self._rescue is not None:
            self._rescue.remove()
            self._rescue = None
        if self._kept.problem is not None:
            self._tell(
                f"{str(self._kept.database)!r} is available again: all results are stored in it"
            )
        self._kept = Kept(self._kept.database, self._kept.database)

    def _keep_elsewhere(self) -> None:
        before = self._kept.path
        self._kept = replace(self._kept, path=self._place() if self._worthwhile else None)
        if self._worthwhile and self._kept.path != before:
            self._tell(f"{self._kept.problem}; {self._instead()}")

    def _place(self) -> Path | None:
        """Write everything to a rescue file; return its path, or None if it is only in memory."""
        if self._rescue is not None and self._is_taken_by(self._rescue):
            return self._rescue.path
        new = next(filter(None, map(self._rescued, self._places())), None)
        if new is not None:
            if self._rescue is not None:
                self._rescue.remove()
            self._rescue = new
        return None if new is None else new.path

    def _places(self) -> Iterator[Path]:
        """Yield the paths of new rescue files, in order of preference."""
        yield self._kept.database.parent / f"clientbench-rescued-{self._id[:8]}.db"
        with contextlib.suppress(OSError):
            yield Path(tempfile.gettempdir()) / f"clientbench-rescued-{self._id[:8]}.db"

    def _rescued(self, path: Path) -> TrackedFile | None:
        """Create a rescue file with everything at this path; return None if that fails."""
        if path.exists():
            return None
        try:
            made = TrackedFile(Store.open(path, cites_others=True))
        except StoreError:
            remove(path)
            return None
        if self._is_taken_by(made):
            return made
        made.remove()
        return None

    def _is_taken_by(self, rescue: TrackedFile) -> bool:
        try:
            rescue.take(self._steps)
        except StoreError:
            return False
        return True

    def _instead(self) -> str:
        place = "memory" if self._kept.path is None else repr(str(self._kept.path))
        return f"results are kept in {place}"

    def _tell(self, text: str) -> None:
        with contextlib.suppress(KeyboardInterrupt):  # it is raised again later
            self._say(text)


class LockNotice:
    """Says once that clientbench waits for a locked database."""

    def __init__(self, path: Path, say: Say) -> None:
        """Prepare the notice; ``say`` gets its line."""
        self._path = path
        self._say = say
        self._said = False

    def __call__(self) -> None:
        """Say it the first time."""
        if not self._said:
            self._said = True
            self._say(f"{str(self._path)!r} is locked by another program; waiting …")
