"""Files that are there as a whole or not at all, and copies of the user's files."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import uuid
from pathlib import Path

from harness.errors import UnusableError
from harness.redaction import quoted

__all__ = ["FULL", "copy_of_users", "write_surely", "write_whole"]

LONGEST_PATH = 200  # that is shown
FULL = (errno.ENOSPC, errno.EDQUOT)  # numbers of errors


def write_surely(path: Path, text: str) -> None:
    """Write a file of which no half is ever seen, and which a power cut does not take back.

    Raises OSError.
    """
    fresh = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with fresh.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def write_whole(path: Path, text: str) -> None:
    """Write a file that only makes things faster; if it cannot be written, do without."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_surely(path, text)


def copy_of_users(file: str | Path, to: str | Path, *, follow_links: bool) -> None:
    """Copy a file of the user's, with its mode and times.

    Raises ``UnusableError`` that names it if it cannot be read, and ``OSError`` if the file system
    of the copy is full or cannot be written.
    """
    try:
        shutil.copy2(file, to, follow_symlinks=follow_links)
    except OSError as error:
        if error.errno in (*FULL, errno.EROFS):
            raise
        reason = error.strerror or "it is no ordinary file"
        raise UnusableError(
            f"{quoted(file, LONGEST_PATH)} cannot be read: {reason}", "client"
        ) from error
