"""What runs: one record per host process, kept until the process has cleaned up after itself.

Records are files of the user's state folder (``XDG_STATE_HOME``). One whose process is gone tells what it may
have left behind; ``sweep`` removes that.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import time
import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from servers.spec import TargetSpec

__all__ = ["LABEL", "Record", "records", "sweep", "write"]

LABEL = "clientbench.target"  # of containers and networks: the record's id
_AGE_TOLERANCE_S = 0.02  # of a process's creation time, which psutil rounds
_END_TIMEOUT_S = 3.0


@dataclass(frozen=True)
class Record:
    """One host process and its target.

    ``told`` is its ``ready`` event, ``left`` what each part would leave behind, ``reason`` why it failed.
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
    reason: str = ""

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

    def failed(self, reason: str) -> Record:
        """The same, now that it could not be started."""
        return replace(self, reason=reason)

    @property
    def alive(self) -> bool:
        """Whether its process is there."""
        return _is_alive(self.pid, self.created)

    def remove(self) -> None:
        """Forget it."""
        _path(self.id).unlink(missing_ok=True)


def write(record: Record) -> None:
    """Store it, in one piece."""
    path = _path(record.id)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(record)))
    fresh.replace(path)


def records() -> list[Record]:
    """All of them, oldest first."""
    found = []
    for path in _state_folder().glob("*.json"):
        with contextlib.suppress(FileNotFoundError):  # it has just ended
            fields = json.loads(path.read_text())
            spec = TargetSpec.from_json(json.dumps(fields.pop("spec")))
            found.append(Record(spec=spec, **fields))
    return sorted(found, key=lambda record: record.started_at)


def sweep(record: Record) -> None:
    """Remove what a host that was killed has left behind: processes, containers, files."""
    ages = {int(pid): age for part in record.left for pid, age in part.get("pids", {}).items()}
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in [pid for pid, age in ages.items() if _is_alive(pid, age)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        _wait_gone(ages)
    if record.spec.runtime != "native":
        from servers.containers import remove_labelled  # noqa: PLC0415  the SDK is dear to load

        remove_labelled(record.id)
    shutil.rmtree(record.folder, ignore_errors=True)
    record.remove()


def _wait_gone(ages: dict[int, float]) -> None:
    deadline = time.monotonic() + _END_TIMEOUT_S
    while time.monotonic() < deadline and any(_is_alive(*one) for one in ages.items()):
        time.sleep(0.02)


def _is_alive(pid: int, created: float) -> bool:
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - created) <= _AGE_TOLERANCE_S
        return same and str(process.status()) != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _path(name: str) -> Path:
    return _state_folder() / f"{name}.json"


def _state_folder() -> Path:
    home = os.environ.get("XDG_STATE_HOME") or Path("~/.local/state").expanduser()
    return Path(home) / "clientbench" / "targets"
