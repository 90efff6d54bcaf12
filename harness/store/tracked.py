"""An open database whose path may later name another file, or none."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import StoreError, StoreUnusableError
from harness.store import files
from harness.store.database import Store

__all__ = ["Step", "TrackedFile", "remove"]

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


def remove(path: Path) -> None:
    """Delete a database that is not open, or the files that exist of it."""
    for suffix in files.SUFFIXES:
        with contextlib.suppress(OSError):
            Path(f"{path}{suffix}").unlink()
