"""Records of running targets: one per host process, kept until the process has cleaned up.

Records are files in the user's state folder (``XDG_STATE_HOME``). If a process is gone but its
record is not, the record lists what may be left; ``sweep`` removes that. *Standing* targets outlive
the command that started them; there is at most one of each name.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from servers.base import TargetError
from servers.files import LOG
from servers.spec import TargetSpec

__all__ = [
    "Record",
    "ask_to_end",
    "end",
    "enter",
    "has_ended",
    "log",
    "read_log",
    "records",
    "sweep",
    "write",
]

_AGE_TOLERANCE_S = 0.02  # psutil rounds creation times
_POLL_S = 0.02
_KILL_TIMEOUT_S = 3.0
_END_TIMEOUT_S = 30.0  # engines give each container some seconds


@dataclass(frozen=True)
class Record:
    """One host process and its target.

    ``told`` is its ``ready`` event, empty until then; ``left`` lists what each part would leave
    behind.
    """

    id: str
    pid: int
    created: float  # start time of the process, because ids are reused
    started_at: str
    standing: bool
    spec: TargetSpec
    folder: str
    told: dict[str, Any] = field(default_factory=dict)
    left: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def begin(cls, spec: TargetSpec, folder: Path, standing: bool) -> Record:
        """Return a new record of this process."""
        return cls(
            id=uuid.uuid4().hex[:12],
            pid=os.getpid(),
            created=psutil.Process().create_time(),
            started_at=datetime.now(UTC).isoformat(timespec="seconds"),
            standing=standing,
            spec=spec,
            folder=str(folder),
        )

    def ready(self, told: dict[str, Any], left: Iterable[dict[str, Any]]) -> Record:
        """Return the same after everything has started."""
        return replace(self, told=told, left=list(left))

    @property
    def alive(self) -> bool:
        """Say whether its process is alive."""
        return _is_alive(self.pid, self.created)

    def remove(self) -> None:
        """Remove it, if it was stored."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            _path(self.id).unlink()


def enter(record: Record) -> None:
    """Store the first record of a process, and clean up after crashed standing targets of its name.

    Raises ``TargetError`` if a standing target of that name is running.
    """
    try:
        with _alone():
            others = _standing(record.spec.name) if record.standing else []
            for other in (other for other in others if other.alive):
                raise TargetError(
                    f"{other.spec.name}: is already running ({other.told.get('base_url', 'starting')}); "
                    f"stop it first: clientbench targets down {other.spec.name}"
                )
            write(record)
    except OSError as error:
        raise TargetError(
            f"{_state_folder()}: cannot store the records of running targets: {error.strerror}; "
            "set XDG_STATE_HOME to a folder that you can write to"
        ) from error
    for other in others:
        sweep(other)


def write(record: Record) -> None:
    """Store it atomically."""
    path = _path(record.id)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(record)))
    fresh.replace(path)


def records() -> list[Record]:
    """Return all records, oldest first. Raises ``TargetError`` for a file that is not a record."""
    found = []
    for path in _state_folder().glob("*.json"):
        with contextlib.suppress(FileNotFoundError):  # it has just ended
            found.append(_read(path))
    return sorted(found, key=lambda record: (record.started_at, record.id))


def ask_to_end(record: Record) -> None:
    """Ask its process to stop everything, without waiting."""
    with contextlib.suppress(psutil.NoSuchProcess):
        if record.alive:
            psutil.Process(record.pid).terminate()


def end(record: Record) -> None:
    """Ask the process to stop, and wait. If it does not end, kill it and clean up."""
    ask_to_end(record)
    host = {record.pid: record.created}
    _wait_gone(host, _END_TIMEOUT_S)
    with contextlib.suppress(psutil.NoSuchProcess):
        if record.alive:
            psutil.Process(record.pid).kill()
    _wait_gone(host, _KILL_TIMEOUT_S)
    for left in (one for one in records() if one.id == record.id):  # the newest state
        sweep(left)


def sweep(record: Record) -> None:
    """Remove what a killed host has left behind: processes, containers, files."""
    ages = {int(pid): age for part in record.left for pid, age in part.get("pids", {}).items()}
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in [pid for pid, age in ages.items() if _is_alive(pid, age)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        _wait_gone(ages, _KILL_TIMEOUT_S)
    if record.spec.runtime != "native":
        from servers.engine import remove_labelled  # noqa: PLC0415  the SDK is slow to import

        remove_labelled(record.id)
    shutil.rmtree(record.folder, ignore_errors=True)
    record.remove()


def has_ended(part: Mapping[str, Any]) -> bool:
    """Say whether a part, as in ``left``, is gone. Raises ``TargetError`` if the engine fails."""
    if "container" not in part:
        pid, created = next(iter(part["pids"].items()))  # the first one has started the others
        return not _is_alive(int(pid), created)
    from servers.engine import connect, failures  # noqa: PLC0415  the SDK is slow to import

    with contextlib.closing(connect()) as engine, failures("docker: containers cannot be listed"):
        filters = {"id": part["container"], "status": "running"}
        return not engine.containers.list(filters=filters, ignore_removed=True)


def log(record: Record, name: str, part: Mapping[str, Any], lines: int) -> list[str]:
    """Return the last lines that a part printed. Raises ``TargetError`` if the engine fails."""
    if "container" not in part:
        return read_log(Path(record.folder) / name / LOG)[-lines:]
    from servers.engine import connect, failures  # noqa: PLC0415  the SDK is slow to import

    with contextlib.closing(connect()) as engine, failures(f"docker: no log of {name}"):
        text: bytes = engine.containers.get(part["container"]).logs(tail=lines)
        return text.decode(errors="replace").splitlines()


def read_log(path: Path) -> list[str]:
    """Return the lines of a log; none without a log, because the embedded target prints nothing."""
    try:
        return path.read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return []


def _is_alive(pid: int, created: float) -> bool:
    """Say whether the process with this id is still the one created at that time."""
    try:
        process = psutil.Process(pid)
        same: bool = abs(process.create_time() - created) <= _AGE_TOLERANCE_S
        return same and str(process.status()) != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _wait_gone(ages: dict[int, float], timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline and any(_is_alive(*one) for one in ages.items()):
        time.sleep(_POLL_S)


def _standing(name: str) -> list[Record]:
    return [one for one in records() if one.standing and one.spec.name == name]


def _read(path: Path) -> Record:
    try:
        fields = json.loads(path.read_text())
        spec = TargetSpec.from_json(json.dumps(fields.pop("spec")))
        return Record(spec=spec, **fields)
    except (ValueError, KeyError, TypeError) as error:  # written by another version of clientbench
        raise TargetError(
            f"{path}: is not a record that this version can read; remove it"
        ) from error


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Let one process in at a time; the lock ends with the process."""
    folder = _state_folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _path(name: str) -> Path:
    return _state_folder() / f"{name}.json"


def _state_folder() -> Path:
    """Return the state folder; the base directory specification ignores relative paths."""
    home = Path(os.environ.get("XDG_STATE_HOME", ""))
    base = home if home.is_absolute() else Path("~/.local/state").expanduser()
    return base / "clientbench" / "targets"
