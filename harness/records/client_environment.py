"""The environment of a client as a value: interpreter, visible distributions, and our own code.

Equal environments behave alike wherever they are stored, so everything that depends on one
(descriptions, tests with ``null`` and ``raw``, series of results) uses it as its key. The modules
that a worker reports as imported are checked against it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

__all__ = [
    "ClientSource",
    "Environment",
    "Imported",
    "Installed",
    "Interpreter",
    "SourceKind",
    "content_digest",
    "stamp",
]

# Notes of installers, which name folders of this machine; they are no part of what was installed.
NOTES = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "SOURCES.txt"})
METADATA_FOLDERS = (".dist-info", ".egg-info")
DIGEST_LENGTH = 32  # hexadecimal digits: 128 bits


@dataclass(frozen=True)
class Interpreter:
    """A build of Python."""

    version: str  # 3.11.7
    build: str  # sys.version: when and by what it was compiled
    options: str  # the options it was configured with
    openssl: str  # the library its module ``ssl`` uses; empty without one
    gil: bool  # True: threads take turns


@dataclass(frozen=True)
class Installed:
    """A distribution that a client sees."""

    name: str
    version: str
    digest: str  # covers its files


SourceKind = Literal["checkout", "wheel", "sdist", "url"]


@dataclass(frozen=True)
class ClientSource:
    """The source of a library that is no release: what was there when the run began."""

    kind: SourceKind
    name: str  # the last name of its path or URL
    digest: str  # covers its files
    commit: str | None = None  # of a checkout under git
    dirty: bool | None = None  # True: it had changes that are in no commit


@dataclass(frozen=True)
class Environment:
    """Everything that a worker's code may come from."""

    interpreter: Interpreter
    distributions: tuple[Installed, ...]
    code: str  # digest of our worker and the adapters
    # where the distributions lie, and what their files looked like when the digests were taken
    entries: tuple[str, ...] = field(default=(), compare=False)
    stamp: str = field(default="", compare=False)
    # versions and hashes of all that is installed, if it was made for a client
    lock: str | None = field(default=None, compare=False)

    @property
    def digest(self) -> str:
        """The same for equal environments, on any machine."""
        return _digest(json.dumps(self.to_plain(), sort_keys=True).encode())

    def to_plain(self) -> dict[str, Any]:
        """Return it as plain JSON, without the folders."""
        return {
            "interpreter": asdict(self.interpreter),
            "distributions": [asdict(one) for one in self.distributions],
            "code": self.code,
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any], lock: str | None = None) -> Environment:
        """The inverse of ``to_plain``, which does without the lock."""
        return cls(
            Interpreter(**plain["interpreter"]),
            tuple(Installed(**one) for one in plain["distributions"]),
            plain["code"],
            lock=lock,
        )

    def has_changed(self) -> bool:
        """Say whether a file of its distributions was written since the digests were taken."""
        return stamp(self.entries) != self.stamp


@dataclass(frozen=True)
class Imported:
    """The modules a process has imported, as it reports them (``harness.worker.provenance``)."""

    executable: str = ""  # the interpreter's, virtual environments and links resolved
    build: str = ""
    modules: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)  # file, __version__

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Imported:
        """From the answer of a process; more is there than is kept."""
        modules = {name: (file, version) for name, (file, version) in plain["modules"].items()}
        return cls(plain["executable"], plain["build"], modules)

    def difference(self, found: Imported) -> str | None:
        """Describe in one line how ``found`` differs from the plan; None if it does not.

        Additional modules are no difference: a client may import more when it sends.
        """
        if (self.executable, self.build) != (found.executable, found.build):
            return f"ran on Python {found.build!r} instead of {self.build!r}"
        for name, (file, version) in self.modules.items():
            if name not in found.modules:
                return f"did not import {name}, as was planned"
            found_file, found_version = found.modules[name]
            if found_version != version:
                return f"imported {name} {found_version}, planned was {version}"
            if found_file != file:
                return f"imported {name} from another folder than was planned"
        return None


def content_digest(entries: Iterable[str]) -> str:
    """Return a digest of names and contents of files below ``entries``, without
    bytecode and notes.
    """
    return _digest_of(f"{name} {_content(path)}" for name, path in _files(entries))


def stamp(entries: Iterable[str]) -> str:
    """Return a digest of the same files' paths, sizes and times, which changes with any write."""
    return _digest_of(f"{path} {_look(path)}" for _, path in _files(entries))


def _content(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def _look(path: str) -> tuple[int, ...]:
    try:
        seen = os.stat(path)  # noqa: PTH116  hundreds of them between two rounds
    except OSError:  # it has just gone
        return ()
    return seen.st_size, seen.st_mtime_ns, seen.st_ino


def _digest_of(lines: Iterable[str]) -> str:
    return _digest("\n".join(sorted(lines)).encode(errors="surrogateescape"))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:DIGEST_LENGTH]


def _files(entries: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Name (from the entry on) and path of each file; what is gone is not there."""
    for entry in entries:
        beginning = len(os.path.join(os.path.dirname(entry), ""))  # noqa: PTH118, PTH120
        if os.path.isfile(entry):  # noqa: PTH113
            yield os.path.basename(entry), entry  # noqa: PTH119
        for folder, subfolders, names in _walked(entry):
            subfolders[:] = [one for one in subfolders if one != "__pycache__"]
            for name in names:
                path = f"{folder}/{name}"
                is_note = name in NOTES and folder.endswith(METADATA_FOLDERS)
                if not is_note and os.path.isfile(path):  # noqa: PTH113
                    yield path[beginning:], path


def _walked(top: str) -> Iterator[tuple[str, list[str], list[str]]]:
    """``os.walk`` through links as well, each folder once."""
    seen = set()
    for folder, subfolders, names in os.walk(top, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            subfolders.clear()
            continue
        seen.add(real)
        yield folder, subfolders, names
