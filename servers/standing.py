"""What runs: one record per host process, kept until the process has cleaned up after itself.

Records are files of the user's state folder (``XDG_STATE_HOME``). One whose process is gone tells what it may
have left behind; ``sweep`` removes that. Of the *standing* ones, which outlive the command that started them,
there is one for each name at most.
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

_AGE_TOLERANCE_S = 0.02  # of a process's creation time, which psutil rounds
_POLL_S = 0.02
_KILL_TIMEOUT_S = 3.0
_END_TIMEOUT_S = 30.0  # of a host: engines give each container some seconds


@dataclass(frozen=True)
class Record:
    """One host process and its target.

    ``told`` is its ``ready`` event, empty until then; ``left`` is what each part would leave behind.
    """

    id: str
    pid: int
    created: float  # when the process was, which tells it from another one with its id
    started_at: str
    standing: bool
    spec: TargetSpec
    folder: str
    told: dict[str, Any] = field(default_factory=dict)
    left: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def begin(cls, spec: TargetSpec, folder: Path, standing: bool) -> Record:
        """The record of this process."""
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
        """The same, now that everything runs."""
        return replace(self, told=told, left=list(left))

    @property
    def alive(self) -> bool:
        """Whether its process is there."""
        return _is_alive(self.pid, self.created)

    def remove(self) -> None:
        """Forget it, if it was ever stored."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            _path(self.id).unlink()


def enter(record: Record) -> None:
    """Store the first record of a process, and remove what a crashed standing one of its name has left.

    Raises ``TargetError`` if a standing one of that name is up.
    """
    try:
        with _alone():
            others = _standing(record.spec.name) if record.standing else []
            for other in (other for other in others if other.alive):
                raise TargetError(
                    f"{other.spec.name}: is up already ({other.told.get('base_url', 'starting')}); "
                    f"stop it first: clientbench targets down {other.spec.name}"
                )
            write(record)
    except OSError as error:
        raise TargetError(
            f"{_state_folder()}: cannot keep what runs there: {error.strerror}; "
            "set XDG_STATE_HOME to a folder of yours"
        ) from error
    for other in others:
        sweep(other)


def write(record: Record) -> None:
    """Store it, in one piece."""
    path = _path(record.id)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(record)))
    fresh.replace(path)


def records() -> list[Record]:
    """All of them, oldest first. Raises ``TargetError`` for a file that is none."""
    found = []
    for path in _state_folder().glob("*.json"):
        with contextlib.suppress(FileNotFoundError):  # it has just ended
            found.append(_read(path))
    return sorted(found, key=lambda record: (record.started_at, record.id))


def ask_to_end(record: Record) -> None:
    """Let its process stop everything, without waiting."""
    with contextlib.suppress(psutil.NoSuchProcess):
        if record.alive:
            psutil.Process(record.pid).terminate()


def end(record: Record) -> None:
    """The same, and wait; a process that does not end is killed and swept up after."""
    ask_to_end(record)
    host = {record.pid: record.created}
    _wait_gone(host, _END_TIMEOUT_S)
    with contextlib.suppress(psutil.NoSuchProcess):
        if record.alive:
            psutil.Process(record.pid).kill()
    _wait_gone(host, _KILL_TIMEOUT_S)
    for left in (one for one in records() if one.id == record.id):  # the latest that is known of it
        sweep(left)


def sweep(record: Record) -> None:
    """Remove what a host that was killed has left behind: processes, containers, files."""
    ages = {int(pid): age for part in record.left for pid, age in part.get("pids", {}).items()}
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in [pid for pid, age in ages.items() if _is_alive(pid, age)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        _wait_gone(ages, _KILL_TIMEOUT_S)
    if record.spec.runtime != "native":
        from servers.engine import remove_labelled  # noqa: PLC0415  the SDK is dear to load

        remove_labelled(record.id)
    shutil.rmtree(record.folder, ignore_errors=True)
    record.remove()


def has_ended(part: Mapping[str, Any]) -> bool:
    """Whether a part, as in ``left``, is no more. Raises ``TargetError`` if the engine does not say."""
    if "container" not in part:
        pid, created = next(iter(part["pids"].items()))  # the first has started the others
        return not _is_alive(int(pid), created)
    from servers.engine import connect, failures  # noqa: PLC0415  the SDK is dear to load

    with contextlib.closing(connect()) as engine, failures("docker: containers cannot be listed"):
        filters = {"id": part["container"], "status": "running"}
        return not engine.containers.list(filters=filters, ignore_removed=True)


def log(record: Record, name: str, part: Mapping[str, Any], lines: int) -> list[str]:
    """The last lines that a part has printed. Raises ``TargetError`` if the engine does not say."""
    if "container" not in part:
        return read_log(Path(record.folder) / name / LOG)[-lines:]
    from servers.engine import connect, failures  # noqa: PLC0415  the SDK is dear to load

    with contextlib.closing(connect()) as engine, failures(f"docker: no log of {name}"):
        text: bytes = engine.containers.get(part["container"]).logs(tail=lines)
        return text.decode(errors="replace").splitlines()


def read_log(path: Path) -> list[str]:
    """A log's lines; none without a log: the embedded target prints nothing."""
    try:
        return path.read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return []


def _is_alive(pid: int, created: float) -> bool:
    """Whether the process with this id is still the one that was created then."""
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
    except (ValueError, KeyError, TypeError) as error:  # of another version of clientbench
        raise TargetError(f"{path}: is no record of a target that we know; remove it") from error


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """One process at a time; the lock goes with the process."""
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
    """The base directory specification has relative paths ignored."""
    home = Path(os.environ.get("XDG_STATE_HOME", ""))
    base = home if home.is_absolute() else Path("~/.local/state").expanduser()
    return base / "clientbench" / "targets"
