"""An open database whose path may later name another file, or none."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import StoreError, StoreUnusableError
from harness.store import files
from harness.store.database import Store

__all__ = ["Step", "TrackedFile", "remove", "removed_if_empty"]

FEWEST_BYTES = 2**16  # all tables without a row need more

Step = Callable[[Store], None]  # stores something in one transaction


@dataclass
class TrackedFile:
    """An open database, and how many of the steps it has stored."""

    store: Store
    taken: int = 0
    identity: tuple[int, int] = field(init=False)  # device and inode

    def __post_init__(self) -> None:
        self.identity = self._identity()

    @property
    def path(self) -> Path:
        """Return its path."""
        return self.store.path

    def _identity(self) -> tuple[int, int]:
        with files.translated(self.path):
            found = self.path.stat()
        return found.st_dev, found.st_ino

    def take(self, steps: Sequence[Step]) -> None:
        """Store the missing steps. Raises StoreError; steps stored before it stay."""
        self.check_in_place()
        for step in steps[self.taken :]:
            step(self.store)
            self.taken += 1
        self.check_in_place()

    def check_in_place(self) -> None:
        """Raise StoreUnusableError unless its path still names this file.

        Otherwise SQLite would keep writing to a file without a name.
        """
        try:
            if self._identity() == self.identity:
                return
        except StoreError:
            raise files.unusable(
                self.path, "was moved or deleted during the run", "put it back"
            ) from None
        raise files.unusable(
            self.path, "was replaced by another file during the run", "put it back"
        )

    def is_in_place(self) -> bool:
        """Say whether its path still names this file."""
        try:
            self.check_in_place()
        except StoreUnusableError:
            return False
        return True

    def abandon(self) -> None:
        """Close a file that has lost its name, with all its content, and leave no log behind."""
        with contextlib.suppress(StoreError):
            self.store.empty_log()
        self.store.close()
        if not self.path.exists():
            remove(self.path)

    def remove(self) -> None:
        """Close and delete it, if it still exists."""
        in_place = self.is_in_place()
        self.store.close()
        if in_place:
            remove(self.path)


@contextlib.contextmanager
def removed_if_empty(path: Path) -> Iterator[None]:
    """Remove the database at ``path`` if the block has made it and fails before it has a result."""
    was_there = path.exists()
    try:
        yield
    except BaseException:
        if not was_there and path.exists() and _is_empty(path):
            remove(path)
        raise


def _is_empty(path: Path) -> bool:
    """Say whether a new database has no result; not if another program uses it."""
    try:
        with contextlib.closing(files.connect(path, "rw")) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            tables = "SELECT name FROM sqlite_schema WHERE name IN ('runs', 'selftests')"
            names = connection.execute(tables).fetchall()
            return not any(
                connection.execute(f"SELECT 1 FROM {name} LIMIT 1").fetchone() for (name,) in names
            )
    except sqlite3.Error as error:
        # no room even for SQLite's own files: nor was there for our tables
        sizes = (one.stat().st_size for one in (path, Path(f"{path}-wal")) if one.exists())
        return not files.is_locked(error) and sum(sizes) < FEWEST_BYTES


def remove(path: Path) -> None:
    """Delete a database that is not open, or the files that exist of it."""
    for suffix in files.SUFFIXES:
        with contextlib.suppress(OSError):
            Path(f"{path}{suffix}").unlink()
