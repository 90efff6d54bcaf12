"""The interpreters of this machine from which environments can be made.

uv does not look into pyenv's folder, and its list takes seconds where pyenv's shims are on PATH. So
we look ourselves: ``python3*`` on PATH and every version below pyenv's root. Each interpreter is run
once; its answer is kept until the file changes.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.clients.cache_folder import cache_folder
from harness.clients.environments.files import write_whole
from harness.clients.programs import ended
from harness.errors import UnusableError
from harness.paths import expanded
from harness.redaction import quoted

__all__ = ["OLDEST", "FoundPython", "find", "installed"]

OLDEST = (3, 11)  # the worker's code needs it
ASK_TIMEOUT_S = 20
# Names to try: a list of a folder such as /usr/bin takes longer.
_NAMES = ("python3", *(f"python3.{minor}{t}" for minor in range(6, 30) for t in ("", "t")))
_SPEC = re.compile(r"(?:python|cpython-?)?(\d+(?:\.\d+){0,2})(t?)")
# Without -I a PYTHONPATH or a user's site could change the answer, without -S start-up hooks.
_QUESTION = """\
import json, platform, site, sys, sysconfig
info, config = sys.version_info, sysconfig.get_config_var
jit = getattr(sys, "_jit", None)
musl = "-musl" if "musl" in str(config("SOABI")) else ""
print(json.dumps({
    "path": getattr(sys, "_base_executable", None) or sys.executable,
    "version": platform.python_version(),
    "implementation": sys.implementation.name,
    "free_threaded": bool(config("Py_GIL_DISABLED")),
    "jit": jit.is_available() if jit else "experimental-jit" in str(config("CONFIG_ARGS")),
    "build": sys.version,
    "platform": sysconfig.get_platform() + musl,
    "site": site.getsitepackages(),
    "final": info[3] == "final",
}))
"""


@dataclass(frozen=True)
class FoundPython:
    """An interpreter, outside of any virtual environment."""

    path: str
    version: str  # 3.13.0
    implementation: str  # cpython
    free_threaded: bool
    jit: bool
    site: Sequence[str]  # folders of the distributions that are installed for it
    build: str = ""  # sys.version: when and by what it was compiled
    platform: str = ""  # linux-x86_64
    final: bool = True  # no pre-release

    @property
    def minor(self) -> str:
        """The version as one selects it: 3.13, or 3.13t if free-threaded."""
        return ".".join(self.version.split(".")[:2]) + ("t" if self.free_threaded else "")

    @property
    def numbers(self) -> tuple[int, ...]:
        """The version as numbers that can be compared."""
        return tuple(int(part) for part in re.findall(r"\d+", self.version)[:3])

    @cached_property
    def identity(self) -> tuple[str, ...]:
        """The parts that make environments of two interpreters differ."""
        return os.path.realpath(self.path), self.version, self.build

    @property
    def problem(self) -> str | None:
        """The reason why no client can be measured with it, in a few words; None if one can."""
        if self.implementation != "cpython":
            return f"is {self.implementation} {self.version}, not CPython"
        if self.numbers[:2] < OLDEST:
            return f"is Python {self.version}, older than {'.'.join(map(str, OLDEST))}"
        if not self.final:
            return f"is the pre-release {self.version}, for which libraries have no wheels yet"
        return None

    def __str__(self) -> str:
        kinds = [("free-threaded", self.free_threaded), ("JIT", self.jit)]
        named = ", ".join(name for name, is_so in kinds if is_so)
        return f"{self.version} ({named})" if named else self.version


def installed() -> list[FoundPython]:
    """Return the interpreters that clients can be measured with, each once, newest first."""
    return [python for python in _all() if python.problem is None]


def find(wanted: str | None) -> FoundPython:
    """Return the interpreter that ``wanted`` means: 3.13, 3.13.0, 3.13t, a path; None: our own.

    Of several that fit, our own, else the newest. Raises ``UnusableError`` that names those there
    are.
    """
    if wanted is None or os.sep in wanted:
        return _usable(_at(wanted or sys.executable, wanted), wanted or sys.executable)
    spec = _SPEC.fullmatch(wanted.strip())
    found = [] if spec is None else [one for one in _all() if _fits(one, spec[1], spec[2])]
    fitting = [one for one in found if one.problem is None] or found
    if not fitting:
        raise _refused(wanted, "is not found")
    return _usable(next(filter(_is_ours, fitting), fitting[0]), wanted)


def _is_ours(python: FoundPython) -> bool:
    return os.path.realpath(python.path) == os.path.realpath(sys.executable)


def _fits(python: FoundPython, version: str, threads: str) -> bool:
    numbers = tuple(map(int, version.split(".")))
    return python.numbers[: len(numbers)] == numbers and python.free_threaded == bool(threads)


def _at(path: str, wanted: str | None) -> FoundPython:
    if not os.access(path, os.X_OK) or Path(path).is_dir():
        raise _refused(str(wanted), "is not an executable file")
    python = _asked([path]).get(path)
    if python is None:
        raise _refused(str(wanted), "does not answer like Python")
    return python


def _usable(python: FoundPython, wanted: str) -> FoundPython:
    if python.problem:
        raise _refused(wanted, python.problem)
    return python


def _refused(wanted: str, problem: str) -> UnusableError:
    there = ", ".join(dict.fromkeys(f"{one.minor} ({one.version})" for one in installed()))
    accepted = f"there are {there}; a path is accepted, too" if there else "there is none to use"
    return UnusableError(f"{quoted(wanted)} {problem}; {accepted}", "client.python")


def _all() -> list[FoundPython]:
    """Return every interpreter of the machine, the unusable too, newest first."""
    paths = list(dict.fromkeys([*_of_pyenv(), *_on_path()]))
    unique: dict[str, FoundPython] = {}
    for python in _asked([sys.executable, *paths]).values():
        unique.setdefault(os.path.realpath(python.path), python)
    order = sorted(unique.values(), key=lambda one: (one.free_threaded, one.jit, one.path))
    return sorted(order, key=lambda one: one.numbers, reverse=True)


def _pyenv_root() -> Path:
    return expanded(os.environ.get("PYENV_ROOT") or "~/.pyenv")


def _of_pyenv() -> Iterator[str]:
    with contextlib.suppress(OSError):
        for version in sorted(os.scandir(_pyenv_root() / "versions"), key=lambda one: one.name):
            path = f"{version.path}/bin/python"
            if os.access(path, os.X_OK):
                yield os.path.realpath(path)


def _on_path() -> Iterator[str]:
    shims = os.path.realpath(_pyenv_root() / "shims")
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        if not folder or os.path.realpath(folder) == shims:
            continue  # a shim of a version that is not active only fails
        paths = (f"{folder}/{name}" for name in _NAMES)
        yield from (path for path in paths if os.access(path, os.X_OK))


def _asked(paths: Iterable[str]) -> dict[str, FoundPython]:
    """Return the interpreters by path; those that do not answer are left out."""
    kept_in = cache_folder() / "pythons.json"
    kept = _read(kept_in)
    stamps = {path: stamp for path in paths if (stamp := _stamp(path))}
    missing = [path for path, stamp in stamps.items() if kept.get(path, {}).get("stamp") != stamp]
    if missing:
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            for path, answer in zip(missing, pool.map(_ask, missing), strict=True):
                kept.pop(path, None)
                if answer is not None:
                    kept[path] = {"stamp": stamps[path], **answer}
        there = {path: one for path, one in kept.items() if os.path.lexists(path)}
        write_whole(kept_in, json.dumps(there))
    answers = {path: kept[path]["python"] for path in stamps if path in kept}
    return {path: FoundPython(**answer) for path, answer in answers.items() if answer}


def _ask(path: str) -> dict[str, Any] | None:
    """Return what is kept of an interpreter, with None for ``python`` if it is none.

    None: it could not be run to its end. The machine may have been short of time or memory, so
    that is not kept.
    """
    command = [path, "-I", "-S", "-c", _QUESTION]
    try:
        code, output, _ = ended(command, patience_s=ASK_TIMEOUT_S)
    except OSError:  # TimeoutError is one
        return None
    if code < 0:
        return None
    try:
        found = FoundPython(**json.loads(output)) if code == 0 else None
    except (ValueError, TypeError):
        found = None
    return {"python": found and asdict(found)}


def _stamp(path: str) -> list[int | str] | None:
    """Return what changes when another interpreter is put at ``path``; None without one."""
    try:
        seen = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    return [os.path.realpath(path), seen.st_mtime_ns, seen.st_size]


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """Return the kept answers; empty if there are none, or other than we write them."""
    try:
        kept = json.loads(path.read_text())
        for one in kept.values():
            FoundPython(**(one["python"] or asdict(FoundPython("", "", "", False, False, []))))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}
    return dict(kept)
