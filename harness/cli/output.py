"""The files of ``--output``. Never replaces the database, nor a user's file without ``--force``."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from harness.errors import UnusableError, UsageError
from harness.input.spelling import Spelling
from harness.option_names import option
from harness.records.model import RunRecord, TrialSummary
from harness.redaction import one_of
from harness.report import exporters, picture_files
from harness.report.csv_rows import PER, Per
from harness.scenario.scenario import Scenario
from harness.store.files import SUFFIXES

__all__ = ["IsReport", "Reports", "checked", "write"]

IsReport = Callable[[Path, str], bool]  # a file, and the name whose ending says of which kind


@dataclass(frozen=True)
class Reports:
    """The files that one command writes, checked before anything is measured."""

    paths: tuple[Path, ...]
    database: Path
    force: bool
    with_matrix: bool  # include the comparison of every client with every other
    per: Per = "competitor"  # the rows of CSV files
    optional: frozenset[Path] = frozenset()  # pictures that nobody named one by one

    @classmethod
    def of(
        cls,
        names: Sequence[str],
        database: Path,
        *,
        force: bool,
        with_matrix: bool,
        per: str | None = None,
    ) -> Reports:
        """Check the files, and what was typed as ``per``.

        Raises UsageError for a file that is given twice or cannot be written.
        """
        for name in names:
            exporters.check(name)
        every = [(name, picture_files.each(name)) for name in names]
        paths = tuple(checked(one, database, force=force) for _, parts in every for one in parts)
        seen: dict[Path, Path] = {}
        for path in paths:
            before = seen.setdefault(path.resolve(strict=False), path)
            if before is not path:
                raise UsageError(
                    f"{str(before)!r} and {str(path)!r} are the same file; expected each once",
                    "output",
                )
        together = (one for name, parts in every if parts != [name] for one in parts)
        optional = frozenset(map(Path, together))
        return cls(paths, database, force, with_matrix, _per(per, paths), optional)

    def check(self, scenario: Scenario) -> None:
        """Raise UsageError for rows that this scenario will not have, before it is measured."""
        if self.per == "request" and not scenario.trace_share:
            raise UsageError(
                f"needs requests that are traced; expected {option('trace')} with it",
                "per",
                value="'request'",
            )

    def write(
        self,
        run: RunRecord,
        trials: Sequence[TrialSummary],
        written: Callable[[Path], None] = lambda path: None,
    ) -> Iterator[str]:
        """Write all files; yield one line for each that could not be; tell ``written`` the others.

        A picture that nobody named, and that cannot be drawn of this run, is left out. Raises
        UsageError for a report that this run cannot have.
        """
        for asked in self.paths:
            try:
                made = list(self._made(asked, run, trials))
            except UnusableError as error:
                if asked not in self.optional:
                    yield _told(UnusableError(f"{str(asked)!r}: {error.problem}", "output"))
                continue
            for path, content in made:
                try:
                    write(path, content, self.database, force=self.force)
                except UnusableError as error:
                    yield _told(error)
                else:
                    written(path)

    def _made(
        self, asked: Path, run: RunRecord, trials: Sequence[TrialSummary]
    ) -> Iterator[tuple[Path, str | bytes]]:
        return exporters.files(asked, run, trials, with_matrix=self.with_matrix, per=self.per)


def _told(error: UnusableError) -> str:
    return error.told(Spelling((), os.environ))


def _per(typed: str | None, paths: Sequence[Path]) -> Per:
    """Return the rows that were asked for. Raises UsageError if no file has rows."""
    if typed is None:
        return "competitor"
    if not any(exporters.ending_of(path) == exporters.CSV for path in paths):
        raise UsageError(f"is about rows; expected {option('output')} FILE.csv with it", "per")
    return cast("Per", one_of("per", typed, PER))


def checked(
    name: str, database: Path, *, force: bool, is_report: IsReport = exporters.is_report
) -> Path:
    """Return the path of a report. Raises UsageError if it cannot be written, before the run.

    A file that ``is_report`` says is one of this kind may be replaced without ``force``.
    """
    path = Path(name)
    try:
        _check(path, name, database, force=force, is_report=is_report)
    except (OSError, ValueError, RuntimeError) as error:  # too long, a NUL, a loop of links
        raise _refusal(name, f"cannot be written ({error})") from error
    return path


def write(
    path: Path,
    text: str | bytes,
    database: Path,
    *,
    force: bool,
    is_report: IsReport = exporters.is_report,
) -> None:
    """Write the report. Raises UnusableError if that fails; the run itself is stored already."""
    try:
        # the file may have changed meanwhile
        _check(path, str(path), database, force=force, is_report=is_report)
        _replace(path.resolve(strict=False), text)
    except (OSError, RuntimeError, UsageError) as error:
        told = error.problem if isinstance(error, UsageError) else getattr(error, "strerror", None)
        reason = told or error
        raise UnusableError(f"{str(path)!r} could not be written ({reason})", "output") from error


def _replace(target: Path, text: str | bytes) -> None:
    """Write all or nothing, if the folder permits: a full disk leaves an older report unchanged."""
    data = text if isinstance(text, bytes) else text.encode("utf-8", "backslashreplace")
    if os.access(target.parent, os.W_OK):
        # a sticky folder, such as /tmp, keeps another user's file from being replaced
        with contextlib.suppress(PermissionError):
            _exchange(target, data)
            return
    target.write_bytes(data)


def _exchange(target: Path, data: bytes) -> None:
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".clientbench-")
    fresh = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        fresh.chmod(stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~_umask())
        fresh.replace(target)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def _umask() -> int:
    """Return the umask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _check(path: Path, name: str, database: Path, *, force: bool, is_report: IsReport) -> None:
    target = path.resolve(strict=False)
    if target.is_symlink():  # from Python 3.13 on a loop of links is resolved to itself
        raise _refusal(name, "is a loop of links")
    if not target.parent.is_dir() or not os.access(target.parent, os.X_OK):
        raise _refusal(name, "cannot be written")
    files = [Path(f"{database.resolve(strict=False)}{suffix}") for suffix in SUFFIXES]
    if target in files or any(_same(target, file) for file in files):
        raise _refusal(name, f"is the database {str(database)!r}")
    exists = target.exists()
    if exists and not stat.S_ISREG(target.stat().st_mode):
        raise _refusal(name, "is not a regular file")
    if not os.access(target if exists else target.parent, os.W_OK):
        raise _refusal(name, "cannot be written")
    if exists and not force and not is_report(target, name):
        raise UsageError(
            f"{name!r} exists and is not a report of clientbench; accepted: another file, "
            "or --force to replace it",
            "output",
        )


def _same(one: Path, other: Path) -> bool:
    """Say whether both names mean one file, hard links included."""
    return one.exists() and other.exists() and one.samefile(other)


def _refusal(name: str, why: str) -> UsageError:
    return UsageError(f"{name!r} {why}; accepted: a file in a folder you may write to", "output")
