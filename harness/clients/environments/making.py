"""Makes environments: resolve, install what the lock lists, keep both."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from harness.clients.environments import installed
from harness.clients.environments import lock as locks
from harness.clients.environments.cache import Content, EnvironmentCache, writing
from harness.clients.environments.files import write_whole
from harness.clients.environments.locking import unlocked
from harness.clients.environments.places import uv_cache
from harness.clients.environments.recipe import Recipe, digest
from harness.clients.environments.uv import Uv, UvFailedError, index_digest
from harness.option_names import option
from servers import scratch

__all__ = ["Made", "Maker"]

RESOLVED_FOR_S = 86400.0  # a resolution is remembered for a day
LEFT_OUT = "clientbench"  # a plug-in requires it, a worker must not see it


@dataclass(frozen=True)
class Made:
    """An environment that is ready."""

    python: str  # path of its interpreter
    folder: Path
    lock: str
    was_there: bool
    digest: str


class Maker:
    """Makes environments and keeps them from being removed until it is closed.

    May be used by several threads. ``tell`` is called with one line for each step that takes time.
    """

    def __init__(
        self,
        cache: EnvironmentCache,
        offline: bool = False,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.cache = cache
        self._offline = offline
        self.uv = Uv(offline)
        self.tell = tell
        self._held: list[int] = []

    def __enter__(self) -> Maker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the environments be removed."""
        while self._held:
            unlocked(self._held.pop())

    def make(self, recipe: Recipe) -> Made:
        """Return the environment of ``recipe``, made if it is not cached.

        Raises ``UnusableError`` with what to do.
        """
        lock = self._lock(recipe)
        made = False

        def make(folder: Path, descriptor: int) -> Content:
            nonlocal made
            made = True
            self.tell(f"making {recipe}")
            return self._install(recipe, lock, folder, descriptor)

        key = digest([locks.body(lock), list(recipe.python.identity)])
        kept, descriptor = self.cache.hold(key, make, self._wait(recipe))
        if descriptor is not None:
            self._held.append(descriptor)
        # the lock of whoever made it: it is the same but for what was asked for
        return Made(kept.python, kept.folder, kept.content.lock, not made, kept.digest)

    def _wait(self, recipe: Recipe) -> Callable[[], None]:
        return lambda: self.tell(f"waiting for another run that makes {recipe}")

    def _lock(self, recipe: Recipe) -> str:
        return locks.headed(self._locked(recipe), recipe.python, recipe.requirements)

    def _locked(self, recipe: Recipe) -> str:
        """Return all distributions with versions and hashes, without the first lines of a lock."""
        if recipe.lock is not None:
            locks.check(recipe.lock, recipe.python)
            return locks.body(recipe.lock)
        path = self.cache.folder / "resolutions" / f"{_key(recipe)}.json"
        remembered = _remembered(path, self._offline)
        if remembered is not None:
            return locks.body(remembered)
        self.tell(f"resolving {recipe}")
        lock = self._resolve(recipe)
        write_whole(path, json.dumps({"lock": lock, "at": time.time(), "index": index_digest()}))
        return lock

    def _resolve(self, recipe: Recipe) -> str:
        """Return uv's requirements with hashes, without names of indexes."""
        with writing(self.cache.folder), scratch.made(scratch.UV) as folder:
            (folder / "requirements.in").write_text("\n".join(recipe.requirements) + "\n")
            (folder / "constraints.txt").write_text(recipe.constraints or "")
            (folder / "excludes.txt").write_text(LEFT_OUT)
            arguments = [
                *("pip", "compile", "--quiet", "--generate-hashes", "--no-header"),
                *("--no-annotate", "--no-strip-extras", "--python", recipe.python.path),
                *("--constraints", str(folder / "constraints.txt")),
                *("--excludes", str(folder / "excludes.txt"), str(folder / "requirements.in")),
            ]
            return self.uv.run(arguments)

    def _install(self, recipe: Recipe, lock: str, folder: Path, descriptor: int) -> Content:
        self.cache.sweep()
        python = recipe.python
        self.uv.run(
            ["venv", "--quiet", "--no-project", "--python", python.path, str(folder)],
            keep_open=(descriptor,),
        )
        with scratch.made(scratch.UV) as files:
            (files / "lock.txt").write_text(lock)
            arguments = [
                *("pip", "sync", "--quiet", "--allow-empty-requirements"),
                *(("--require-hashes",) if locks.is_hashed(lock) else ()),
                # a worker that compiles keeps memory that another has not
                "--compile-bytecode",
                *("--python", str(folder / "bin" / "python"), str(files / "lock.txt")),
            ]
            self._sync(arguments, folder, descriptor)
        return Content(
            recipe.requirements,
            python.path,
            python.version,
            python.build,
            lock,
            recipe.origin,
        )

    def _sync(self, arguments: list[str], folder: Path, descriptor: int) -> None:
        """Install; what somebody has changed in uv's cache is fetched again."""
        shared = _link_mode(folder)
        self.uv.run([*arguments, *shared], keep_open=(descriptor,))
        # uv fetches a release again into its cache, but takes a file of ours as it has unpacked it
        for mode in (shared, ["--no-cache", "--link-mode", "copy"]):
            changed = installed.changed(folder)
            if not changed:
                return
            told = ", ".join(f"{name} ({file})" for name, file in changed.items())
            self.tell(f"changed in uv's cache, so fetched again: {told}")
            again = [word for name in changed for word in ("--reinstall-package", name)]
            try:
                self.uv.run([*arguments, *mode, *again], keep_open=(descriptor,))
            except UvFailedError:
                if not self._offline:
                    raise
                problem = f"changed in uv's cache: {told}; run once without {option('offline')}"
                raise UvFailedError(problem) from None


def _link_mode(folder: Path) -> list[str]:
    """Share files with uv's cache where the file system allows it."""
    cache = uv_cache()
    cache.mkdir(parents=True, exist_ok=True)
    if "UV_LINK_MODE" in os.environ:
        return []
    shared = cache.stat().st_dev == folder.stat().st_dev
    return ["--link-mode", "hardlink" if shared else "copy"]


def _key(recipe: Recipe) -> str:
    """Return the key of a resolution; files that are required count with their content."""
    files = [_content(requirement) for requirement in sorted(recipe.requirements)]
    return digest([recipe.digest, files])


def _content(requirement: str) -> str:
    url = requirement.partition("@")[2].partition(";")[0].strip()
    if not url.startswith("file:"):
        return ""
    try:
        with Path(unquote(urlsplit(url).path)).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:  # uv will say what is wrong
        return ""


def _remembered(path: Path, offline: bool) -> str | None:
    """Return the lock that was resolved before, if it is of today and of the same index.

    Of any day, where the cache cannot be written: a newer one could neither be kept nor be made.
    """
    try:
        kept: dict[str, Any] = json.loads(path.read_text())
        lock, at, index = str(kept["lock"]), float(kept["at"]), kept["index"]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    is_fresh = 0 <= time.time() - at < RESOLVED_FOR_S or not os.access(path, os.W_OK)
    return lock if offline or (is_fresh and index == index_digest()) else None
