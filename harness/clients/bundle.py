"""The folder from which a worker starts: our worker code, and links to what one client needs.

Nothing else is on its path, so a package that happens to be installed beside a client can change
neither its behaviour nor its memory (DESIGN §2).
"""

from __future__ import annotations

import compileall
import hashlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

from harness.clients.adapter_files import AdapterFile
from harness.errors import UnusableError
from harness.records.client_environment import content_digest
from servers import scratch

__all__ = ["START", "Bundle"]

START = """\
import sys

sys.path.insert(0, {code!r})
from {module} import main

main()
"""

COMPILE_TIMEOUT_S = 60
HARNESS = Path(__file__).parents[1]
ADAPTERS = HARNESS.parent / "adapters"


class Bundle:
    """A temporary folder with everything that a worker process may import; a context manager.

    ``adapter_files`` are adapters beyond ours, each seen by its own client only. Making a bundle
    removes those that killed processes left behind.
    """

    def __init__(self, adapter_files: Sequence[AdapterFile] = ()) -> None:
        self.adapter_files = tuple(adapter_files)
        self.path, self._lock = scratch.make(scratch.WORKERS)
        self._making = threading.Lock()
        code = self.path / "code"
        _copy(HARNESS / "worker", code / "harness" / "worker")
        shutil.copy(HARNESS / "__init__.py", code / "harness")
        _copy(ADAPTERS, code / "adapters", "conformance")
        for file in self.adapter_files:
            entry = Path(self.entry(file))
            entry.parent.mkdir(exist_ok=True)
            entry.write_bytes(file.source)
        self.worker = self._script("start", code, "harness.worker.main")
        self.describe = self._script("describe", code, "harness.worker.describe")

    @cached_property
    def code_digest(self) -> str:
        """Digest of the code of the worker and the adapters."""
        return content_digest([str(self.path / "code")])

    def entry(self, file: AdapterFile) -> str:
        """Return the path of the copy of an adapter file from which workers import it."""
        return str(self.path / "adapter_files" / f"{file.module}.py")

    def site(self, entries: Iterable[str]) -> Path:
        """Return a folder of links to exactly ``entries``; equal entries share one folder."""
        paths = dict.fromkeys(entries)
        folder = self.path / "sites" / hashlib.sha256("\0".join(paths).encode()).hexdigest()[:16]
        with self._making:
            if not folder.exists():
                folder.mkdir(parents=True)
                for path in paths:
                    _link(folder, Path(path))
        return folder

    def compile(self, python: str, *sites: Path) -> None:
        """Compile our code, and modules linked in ``sites``, before any worker has to.

        A worker that compiles keeps some 3 MB of heap, much of it free, in which a client then
        finds room without asking the kernel: aiohttp was up to a quarter faster in such a process
        than in the next one. Linked packages have their bytecode beside them. Raises
        ``UnusableError`` if another interpreter fails.
        """
        folders = [str(folder) for folder in (self.path / "code", *sites)]
        if python == sys.executable:
            for folder in folders:
                compileall.compile_dir(folder, quiet=2)
        else:
            _run([python, "-I", "-S", "-m", "compileall", "-q", *folders])

    def log(self, name: str) -> Path:
        """Return the file for a worker's standard error."""
        folder = self.path / "logs"
        folder.mkdir(exist_ok=True)
        return folder / name

    @cached_property
    def checking(self) -> Path:
        """Script that starts the conformance suite, with the adapters but without the worker."""
        code = self.path / "suite"
        _copy(ADAPTERS, code / "adapters")
        return self._script("check", code, "adapters.conformance.process")

    def _script(self, name: str, code: Path, module: str) -> Path:
        script = self.path / f"{name}.py"
        script.write_text(START.format(code=str(code), module=module))
        return script

    def __enter__(self) -> Bundle:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def _copy(folder: Path, to: Path, *without: str) -> None:
    """Copy our code with its bytecode, which is made first if it is not there.

    An import would do the same: only the first bundle has to compile some hundred modules. Where
    nobody may write, ``compile`` does it for each bundle. A copy is as old as the original, else
    its bytecode would not be valid.
    """
    if not sys.dont_write_bytecode:
        compileall.compile_dir(folder, quiet=2)
    unfinished = "*.pyc.*"  # of another process
    shutil.copytree(folder, to, ignore=shutil.ignore_patterns(unfinished, *without))


def _link(folder: Path, entry: Path) -> None:
    """Link an entry: the first of its name, or all parts of a namespace package."""
    link = folder / entry.name
    if not os.path.lexists(link):
        link.symlink_to(entry)
    elif _is_namespace(link) and _is_namespace(entry):
        parts = [link.readlink(), entry] if link.is_symlink() else [entry]
        if link.is_symlink():
            link.unlink()
            link.mkdir()
        for part in parts:
            for inner in part.iterdir():
                _link(link, inner)


def _is_namespace(folder: Path) -> bool:
    return folder.is_dir() and not (folder / "__init__.py").exists()


def _run(command: list[str]) -> None:
    """Run a Python program that prints nothing unless it fails. Raises ``UnusableError``."""
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
        problem = f": {error}"
    else:
        if not ended.returncode:
            return
        said = (ended.stdout + ended.stderr).strip().split("\n")[-1].strip() or "no message"
        problem = f" (exit code {ended.returncode}): {said}"
    raise UnusableError(f"{command[0]!r} could not compile the worker's code{problem}")
