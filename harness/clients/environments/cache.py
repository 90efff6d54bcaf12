"""The environments that were made, each kept below a digest of its lock and its interpreter.

An environment names its own folder in scripts and in bytecode, so it is made where it stays, under
an exclusive lock, and counts only once its ``environment.json`` is there, which is written last.
uv inherits the lock: if we are killed, nobody touches the folder until uv has ended, too. Who uses
an environment holds the lock shared, so that it cannot be removed meanwhile.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from harness.clients.cache_folder import VARIABLE, cache_folder
from harness.clients.environments import locking
from harness.clients.environments.files import FULL, write_surely
from harness.clients.environments.places import places, to_blame
from harness.clients.environments.recipe import DIGEST_LENGTH, Origin
from harness.errors import UnusableError

__all__ = ["Content", "EnvironmentCache", "Kept", "writing"]

MARKER = "environment.json"
JUST_NOW_S = 3600.0
# The folder may be one that the user has for other things, too: nothing else is removed from it.
_OURS = re.compile(rf"\.?[0-9a-f]{{{DIGEST_LENGTH}}}(\..*)?")


@dataclass(frozen=True)
class Content:
    """The content of an environment, as it is written beside it."""

    requirements: tuple[str, ...]
    python: str  # the interpreter's path
    python_version: str
    build: str
    lock: str
    origin: Origin | None = None

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Content:
        """Return the content that is written as ``plain``. Raises LookupError or TypeError."""
        origin = plain.get("origin")
        known = {field.name: plain[field.name] for field in fields(cls) if field.name in plain}
        whole = {
            **known,
            "requirements": tuple(plain["requirements"]),
            "origin": origin and Origin(**origin),
        }
        return cls(**whole)


@dataclass(frozen=True)
class Kept:
    """An environment in the cache. Times in seconds since the epoch."""

    digest: str
    folder: Path
    content: Content
    made_at: float
    used_at: float
    size_bytes: int  # of all its files
    own_bytes: int  # of those that it shared with no other when it was made
    stamp: str  # of its files when it was made

    @property
    def python(self) -> str:
        """The path of the environment's interpreter."""
        return str(self.folder / "bin" / "python")


class EnvironmentCache:
    """The environments below ``folder`` (default: the user's cache folder), for many processes."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or cache_folder()
        self.environments = self.folder / "environments"

    def hold(
        self,
        digest: str,
        make: Callable[[Path, int], Content],
        waiting: Callable[[], None],
    ) -> tuple[Kept, int | None]:
        """Return an environment and a descriptor that keeps it from removal; make it if needed.

        Without a descriptor it is on a file system that cannot be written. ``make`` fills a folder
        that is not there yet; it gets the lock's descriptor to pass on to other processes.
        ``waiting`` is called if another process has the lock. Raises what ``make`` raises, and
        ``UnusableError`` if the cache cannot be written.
        """
        with writing(self.environments):
            self.environments.mkdir(parents=True, exist_ok=True)
            while True:
                try:
                    descriptor = locking.shared(self._lock(digest), waiting)
                except OSError:  # of a file system that cannot be written
                    kept = self._unchanged(digest)
                    if kept is None:
                        raise
                    return kept, None
                kept = self._unchanged(digest)
                if kept is not None:
                    with contextlib.suppress(OSError):
                        os.utime(kept.folder / MARKER)
                    return kept, descriptor
                locking.unlocked(descriptor)
                self._make(digest, make, waiting)

    def _make(
        self, digest: str, make: Callable[[Path, int], Content], waiting: Callable[[], None]
    ) -> None:
        descriptor = locking.exclusive(self._lock(digest), waiting)
        folder = self.environments / digest
        try:
            if self._unchanged(digest) is not None:
                return
            _discard(folder)
            content = make(folder, descriptor)
            size, own = _sizes(folder)
            plain = {
                **asdict(content),
                "made_at": time.time(),
                "size": size,
                "own": own,
                "stamp": _stamp(folder),
            }
            write_surely(folder / MARKER, json.dumps(plain, indent=1))
        except BaseException:
            _discard(folder)
            raise
        finally:
            locking.unlocked(descriptor)

    def _unchanged(self, digest: str) -> Kept | None:
        """Return a complete environment in which nobody has changed a file since it was made."""
        kept = self.find(digest)
        return kept if kept is not None and kept.stamp == _stamp(kept.folder) else None

    def find(self, digest: str) -> Kept | None:
        """Return a complete environment, or None."""
        folder = self.environments / digest
        try:
            used_at = (folder / MARKER).stat().st_mtime
            plain: dict[str, Any] = json.loads((folder / MARKER).read_text())
            told = [plain.pop(name) for name in ("made_at", "size", "own", "stamp")]
            content = Content.from_plain(plain)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None
        if not os.access(folder / "bin" / "python", os.X_OK):  # its interpreter was removed
            return None
        made_at, size, own, stamp = told
        return Kept(digest, folder, content, made_at, used_at, size, own, stamp)

    def list(self) -> Sequence[Kept]:
        """Return the complete environments, the last used first."""
        found = map(self.find, sorted(self._digests()))
        return sorted(filter(None, found), key=lambda kept: kept.used_at, reverse=True)

    def remove(self, digest: str) -> None:
        """Remove an environment. Raises ``UnusableError`` if a run uses it or there is none."""
        if not (self.environments / digest).is_dir():
            raise UnusableError(f"there is no environment {digest}")
        if not self._removed(digest):
            raise UnusableError(f"the environment {digest} is in use by a run; try again later")

    def prune(self, older_than_s: float | None = None, keep: int = 0) -> Sequence[Kept]:
        """Remove environments that are not in use, and return them.

        ``keep`` of them stay, the last used; of the others those that were not used for
        ``older_than_s`` seconds go, or all. What killed runs have left behind goes, too, and the
        wheels of checkouts, the resolutions and the answers of interpreters that are as old.
        """
        self.sweep()
        # a clock may have been ahead when one was used
        before = math.inf if older_than_s is None else time.time() - older_than_s
        old = [kept for kept in self.list()[keep:] if kept.used_at <= before]
        removed = [kept for kept in old if self._removed(kept.digest)]
        self._forget(before)
        return removed

    def _forget(self, before: float) -> None:
        """Remove wheels of checkouts that no environment has, resolutions, answers."""
        needed = "".join(kept.content.lock for kept in self.list())
        # a run that has just built or resolved has not made its environment yet
        before = min(before, time.time() - JUST_NOW_S)
        # ".*" is a file that a killed run was writing
        others = (path for end in ("clients-*", ".*.json.*") for path in self.folder.glob(end))
        kept_by_digest = (*self.folder.glob("sources/*"), *self.folder.glob("resolutions/*"))
        for path in (*others, *(one for one in kept_by_digest if _OURS.fullmatch(one.name))):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime > before or path.stem in needed:
                    continue
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def sweep(self) -> None:
        """Remove what killed runs have left behind; what is being made stays."""
        for digest in self._digests():
            if self.find(digest) is None:
                self._removed(digest, unless=lambda name: self.find(name) is not None)

    def _digests(self) -> set[str]:
        """Return those of all folders, and of locks whose folder was never completed."""
        found: set[str] = set()
        with contextlib.suppress(OSError):
            for entry in os.scandir(self.environments):
                name = entry.name.removesuffix(".lock")
                is_one = name != entry.name or entry.is_dir(follow_symlinks=False)
                if is_one and _OURS.fullmatch(name):
                    found.add(name)
        return found

    def _removed(self, digest: str, unless: Callable[[str], bool] = lambda _: False) -> bool:
        """Remove an environment and its lock, if nobody holds it."""
        with writing(self.environments):
            descriptor = locking.locked(self._lock(digest))
            if descriptor is None:
                return False
            try:
                if unless(digest):
                    return False
                _discard(self.environments / digest)
                self._lock(digest).unlink(missing_ok=True)
                return True
            finally:
                locking.unlocked(descriptor)

    def _lock(self, digest: str) -> Path:
        return self.environments / f"{digest}.lock"


def _discard(folder: Path) -> None:
    """Remove a folder; first what makes it count, so that no half of it is ever used."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        (folder / MARKER).unlink()
    shutil.rmtree(folder, ignore_errors=True)


def _stamp(folder: Path) -> str:
    """Return a digest of names, sizes and times of all files but bytecode and our own."""
    found = hashlib.sha256()
    for top, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(names):
            if top == str(folder) and name.lstrip(".").startswith(MARKER):
                continue
            seen = os.lstat(f"{top}/{name}")
            text = f"{top.removeprefix(str(folder))}/{name}\0{seen.st_size}\0{seen.st_mtime_ns}\0"
            found.update(os.fsencode(text))
    return found.hexdigest()


def _sizes(folder: Path) -> tuple[int, int]:
    """Return the size of all files, and of those that are linked nowhere else. In bytes."""
    total = own = 0
    for top, _, names in os.walk(folder):
        for name in names:
            seen = os.lstat(f"{top}/{name}")
            total += seen.st_size
            own += seen.st_size if seen.st_nlink == 1 else 0
    return total, own


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn a failure to write below ``folder`` into ``UnusableError`` that says what to do."""
    try:
        yield
    except OSError as error:
        among = {str(folder): VARIABLE, **places()}
        # the second name, if there is one, is that of the copy
        where, variable = to_blame(str(error.filename2 or error.filename or folder), among)
        if error.errno in FULL:
            problem = f"the disk is full below {where}; free some space, or set {variable}"
        else:
            reason = error.strerror or type(error).__name__
            problem = f"{where} cannot be written: {reason}; set {variable} to a folder that can"
        raise UnusableError(problem) from error
