"""Locks: the exact distributions of an environment, by version and hash, as text.

One environment's lock is uv's requirements with hashes below a line that says for which Python it
was made, and one with the names of what was asked for. A run's lock is TOML with one table for each
of its environments.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name

from harness.clients.environments.pythons import FoundPython
from harness.clients.environments.recipe import named
from harness.errors import UnusableError, UsageError
from harness.option_names import option
from harness.records.client_environment import Interpreter
from harness.redaction import quoted

__all__ = [
    "LockedEnvironment",
    "body",
    "check",
    "headed",
    "is_hashed",
    "of_lock",
    "of_versions",
    "pins",
    "read",
    "with_files",
    "write",
]

FIELD = "lock"
FORMAT = 1
_PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)")
# The client's own library, where it came from a file: other machines do not have it.
_FILE = re.compile(r"^\S+ @ file:[^\n]*\n(?:[ \t]+--hash=[^\n]*\n?)*", re.MULTILINE)
ANY = "any"  # instead of a platform
# Everything else that uv reads from such a file would be an option, such as another index.
_LINE = re.compile(
    r"(#.*|[A-Za-z0-9._-]+(\[[^\]]*\])?==[^\s;\\]+(\s*;[^\\]*?)?(\s+--hash=\w+:[0-9a-f]+)*|\s+--hash=\w+:[0-9a-f]+)?\s*\\?"
)
_HEADER = re.compile(r"# clientbench: python (\S+), (\S+), (\S+)\n(?:# for (.*)\n)?")


def headed(requirements: str, python: FoundPython, asked: Iterable[str] = ()) -> str:
    """Return the lock of one environment, from uv's requirements with hashes.

    ``asked`` are the requirements that these come from.
    """
    version = python.version + ("t" if python.free_threaded else "")
    names = ", ".join(map(named, asked))
    return (
        f"# clientbench: python {version}, {python.implementation}, {python.platform}\n"
        + (f"# for {names}\n" if names else "")
        + requirements
    )


def of_lock(lock: str) -> LockedEnvironment:
    """Return the environment of one lock, without files of this machine.

    Its label has what was asked for, with versions: equal for equal environments, whoever asks.
    """
    found = _HEADER.match(lock)
    if found is None:
        raise UnusableError("a lock has no first line that says for which Python it is")
    versions = pins(lock)
    asked = found[4].split(", ") if found[4] else versions
    label = ", ".join(f"{name} {versions.get(name, '')}".rstrip() for name in asked)
    return LockedEnvironment(label, _FILE.sub("", lock))


def of_versions(
    label: str, versions: Mapping[str, str], interpreter: Interpreter
) -> LockedEnvironment:
    """Return an environment that was not made by us: versions without hashes, for any platform."""
    version = interpreter.version + ("" if interpreter.gil else "t")
    # without the note on its source: "0.27.0 (editable)", "2.7.0, in fact 2.25.904"
    plain = {name: found.partition(" ")[0].rstrip(",") for name, found in versions.items()}
    pinned = "".join(f"{name}=={found}\n" for name, found in sorted(plain.items()))
    lock = f"# clientbench: python {version}, cpython, {ANY}\n{pinned}"
    return LockedEnvironment(label, lock)


def is_hashed(lock: str) -> bool:
    """Say whether a lock has the hashes of what it lists."""
    return "--hash=" in lock


def body(lock: str) -> str:
    """Return the requirements with hashes alone, without the first lines."""
    return _HEADER.sub("", lock, count=1)


def check(lock: str, python: FoundPython) -> None:
    """Raise ``UnusableError`` if ``lock`` was made for another Python or platform.

    ``UsageError`` if it does not say for which. Releases of one minor version are compatible; the
    record of a run tells them apart.
    """
    found = _HEADER.match(lock)
    if found is None:
        problem = "an environment has no first line that says for which Python it is"
        raise UsageError(problem, FIELD)
    version, implementation, platform, _ = found.groups()
    wanted = _minor(version)
    if platform not in (ANY, python.platform):
        raise UnusableError(f"the lock is for {platform}, this is {python.platform}")
    if (wanted, implementation) != (python.minor, python.implementation):
        raise UnusableError(
            f"the lock is for {implementation} {wanted}, not {python.implementation} {python.minor}"
        )


@dataclass(frozen=True)
class LockedEnvironment:
    """One environment, as the lock of a run lists it."""

    label: str
    lock: str

    @property
    def selector(self) -> str | None:
        """The Python that it needs, as ``find`` takes it: 3.13 or 3.13t; None: it does not say."""
        found = _HEADER.match(self.lock)
        return _minor(found[1]) if found else None


def _minor(version: str) -> str:
    """Return 3.13 of 3.13.0, and 3.13t of 3.13.0t."""
    return re.sub(r"^(\d+\.\d+)\.[^t]*", r"\1", version)


def write(environments: Iterable[LockedEnvironment]) -> str:
    """Return the lock of a run: each environment once."""
    parts = [
        f"# The environments of a run of clientbench: compare {option('lock')} FILE\n"
        f"format = {FORMAT}\n"
    ]
    for one in dict.fromkeys(environments):
        parts.append(
            f"\n[[environment]]\nlabel = {json.dumps(one.label)}\nlock = '''\n{one.lock}'''\n"
        )
    return "".join(parts)


def read(text: str, name: str = "the lock") -> list[LockedEnvironment]:
    """Read the lock of a run. Raises ``UsageError`` that names what is wrong."""
    try:
        plain = tomllib.loads(text)
    except RecursionError:
        raise UsageError(f"{quoted(name)} is no lock: it is nested too deep", FIELD) from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{quoted(name)} is no lock: {error}", FIELD) from None
    if "environment" not in plain or "format" not in plain:
        raise UsageError(f"{quoted(name)} is no lock: it lists no environments", FIELD)
    if plain["format"] != FORMAT:
        raise UsageError(
            f"{quoted(name)} has format {plain['format']!r}, this clientbench reads {FORMAT}; "
            "update clientbench",
            FIELD,
        )
    try:
        return [_checked(_environment(one), name) for one in plain["environment"]]
    except (TypeError, ValueError, KeyError):
        problem = f"{quoted(name)} is no lock: a part of an environment is missing"
        raise UsageError(problem, FIELD) from None


def _environment(plain: dict[str, object]) -> LockedEnvironment:
    label, lock = plain["label"], plain["lock"]
    if not isinstance(label, str) or not isinstance(lock, str):
        raise TypeError
    return LockedEnvironment(label, lock)


def _checked(one: LockedEnvironment, name: str) -> LockedEnvironment:
    """Raise ``UsageError`` if a line is neither a version nor a hash."""
    for line in one.lock.splitlines():
        if not _LINE.fullmatch(line):
            problem = f"a line is neither NAME==VERSION nor a hash: {quoted(line)}"
            raise UsageError(f"{quoted(name)} is no lock: {problem}", FIELD)
    return one


def with_files(lock: str, requirements: Iterable[str]) -> str:
    """Return a lock with the files among ``requirements`` as well, which no lock lists.

    Raises ``UnusableError`` for a URL: its hash is not known before it is fetched.
    """
    added = []
    for text in requirements:
        url = text.partition(" @ ")[2]
        if url and not url.startswith("file:"):
            problem = f"{quoted(url)} cannot be added to it; fetch the file and name its path"
            raise UnusableError(problem, FIELD)
        if url:
            with Path(unquote(urlsplit(url).path)).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
            hashed = f" \\\n    --hash=sha256:{found}\n" if is_hashed(lock) else "\n"
            added.append(f"{text}{hashed}")
    return _sorted(lock, added) if added else lock


def _sorted(lock: str, added: Sequence[str]) -> str:
    """Return a lock with more requirements, in the order of names, as uv writes it.

    So what is made of it has the key of the environment that the lock was taken from.
    """
    content = body(lock)
    parts = [*re.split(r"\n(?=[A-Za-z0-9])", content.rstrip("\n")), *map(str.rstrip, added)]
    return lock[: len(lock) - len(content)] + "".join(
        f"{one}\n" for one in sorted(filter(None, parts), key=_name_of)
    )


def _name_of(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    return str(canonicalize_name(found[0])) if found else ""


def pins(lock: str) -> dict[str, str]:
    """Return the versions that a lock lists, by canonical name."""
    found = (_PIN.match(line) for line in lock.splitlines())
    return {str(canonicalize_name(one["name"])): one["version"] for one in found if one}
