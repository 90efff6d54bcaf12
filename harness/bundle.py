"""The folder a worker is started from: our worker code, and links to what one client needs.

Nothing else is on its path, so a package that happens to be installed beside a client can change neither
its behaviour nor its memory (DESIGN §2).
"""

from __future__ import annotations

import compileall
import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from harness.errors import UnusableError

__all__ = ["START", "Bundle"]

START = """\
import sys

sys.path.insert(0, {code!r})
from harness.worker.{module} import main

main()
"""


PREFIX = "clientbench-bundle-"
LOCK = "lock"
COMPILE_TIMEOUT_S = 60


class Bundle:
    """A temporary folder with everything a worker process may import; a context manager.

    It is locked as long as its process lives: the next one removes what a killed one has left.
    """

    def __init__(self) -> None:
        _remove_abandoned(Path(tempfile.gettempdir()))
        self._folder = tempfile.TemporaryDirectory(prefix=PREFIX)
        self.path = Path(self._folder.name)
        self._lock = _locked(self.path)
        package = Path(__file__).parent
        ours = shutil.ignore_patterns("__pycache__")
        code = self.path / "code"
        shutil.copytree(package / "worker", code / "harness" / "worker", ignore=ours)
        shutil.copy(package / "__init__.py", code / "harness")
        shutil.copytree(package.parent / "adapters", code / "adapters", ignore=ours)
        self.worker = self._script("start", "main")
        self.describe = self._script("describe", "describe")

    def site(self, name: str, entries: Iterable[str]) -> Path:
        """A folder of links to ``entries``, made once per ``name``."""
        folder = self.path / "sites" / name
        if not folder.exists():
            folder.mkdir(parents=True)
            for entry in map(Path, entries):
                link = folder / entry.name
                if not link.is_symlink():  # two distributions may share a namespace package
                    link.symlink_to(entry)
        return folder

    def compile(self, python: str) -> None:
        """Make the bytecode of our code, and of linked modules, for an interpreter, before any worker has to.

        A worker that compiles keeps some 3 MB of heap, much of it free, in which a client then finds room
        without asking the kernel: aiohttp was up to a quarter faster in such a process than in the next one.
        Packages that are linked have theirs beside them. Raises ``UnusableError`` if another interpreter fails.
        """
        folder = str(self.path)
        if python == sys.executable:
            compileall.compile_dir(folder, quiet=2)
        else:
            _run([python, "-I", "-S", "-m", "compileall", "-q", folder])

    def log(self, name: str) -> Path:
        """Where a worker's standard error goes."""
        folder = self.path / "logs"
        folder.mkdir(exist_ok=True)
        return folder / name

    def _script(self, name: str, module: str) -> Path:
        script = self.path / f"{name}.py"
        script.write_text(START.format(code=str(self.path / "code"), module=module))
        return script

    def __enter__(self) -> Bundle:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._folder.cleanup()
        os.close(self._lock)


def _run(command: list[str]) -> None:
    """A Python program that has nothing to say unless it fails."""
    try:
        ended = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=COMPILE_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnusableError(
            f"{command[0]!r} could not compile the worker's code: {error}"
        ) from None
    if ended.returncode:
        said = (ended.stdout + ended.stderr).split("\n")
        lines = [line.strip() for line in said if line.strip()] or ["it said nothing"]
        raise UnusableError(
            f"{command[0]!r} could not compile the worker's code (exit code {ended.returncode}): {lines[-1]}"
        )


def _locked(folder: Path) -> int:
    """A descriptor that holds the lock; the file appears under its name when it is locked already."""
    fresh = folder / f"{LOCK}.new"
    descriptor = os.open(fresh, os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    fresh.rename(folder / LOCK)
    return descriptor


def _remove_abandoned(temporary: Path) -> None:
    for folder in temporary.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):  # another user's, in use, or just gone
            descriptor = os.open(folder / LOCK, os.O_RDWR)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
            finally:
                os.close(descriptor)
