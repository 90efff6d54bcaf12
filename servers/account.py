"""CPU and memory of a container, from the kernel's counters of its control group.

Engines read the same counters once a second, which is too seldom for short windows; we read them on
demand. If they are not visible (the engine runs elsewhere or in a virtual machine), the statistics
of the engine are used instead.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from servers.base import Use

__all__ = ["Account", "group_of"]

_GROUPS = Path("/sys/fs/cgroup")


class Account:
    """The resources used by one container: its SDK object and the id of its first process."""

    def __init__(self, name: str, container: Any, pid: int) -> None:
        self._name = name
        self._counters = _Counters.find(pid, container.id)
        self._reader = None if self._counters else _Reader(name, container)

    def use(self) -> Use | None:
        """Return the use so far; None before the engine's first statistics and after the end."""
        if self._reader is not None:
            return self._reader.newest
        assert self._counters is not None
        with contextlib.suppress(OSError):
            return self._counters.read(self._name)
        return None

    def close(self) -> None:
        """Wait for the end of the statistics, which comes when the container is removed."""
        if self._reader is not None:
            self._reader.join(1.0)


class _Counters:
    """The files of a control group, version 1 or 2."""

    def __init__(self, groups: Mapping[str, Path]) -> None:
        self._cpu, self._memory = groups.get("cpuacct"), groups.get("memory")
        self._unified = groups.get("")

    @classmethod
    def find(cls, pid: int, container: str) -> _Counters | None:
        """Return those of a process, if it belongs to the container and they can be read."""
        made = cls(dict(group_of(pid, container)))
        try:
            made.read("")
        except (OSError, TypeError):
            return None
        return made

    def read(self, name: str) -> Use:
        """Return memory without reclaimable file cache, as ``docker stats`` does."""
        if self._cpu and self._memory:
            cpu_ns = int((self._cpu / "cpuacct.usage").read_text())
            used = int((self._memory / "memory.usage_in_bytes").read_text())
            cache = _field(self._memory / "memory.stat", "total_inactive_file")
        elif self._unified:
            cpu_ns = 1000 * _field(self._unified / "cpu.stat", "usage_usec")
            used = int((self._unified / "memory.current").read_text())
            cache = _field(self._unified / "memory.stat", "inactive_file")
        else:
            raise FileNotFoundError("no control group")
        return Use(name, cpu_ns, max(0, used - cache), time.monotonic_ns(), by_engine=False)


def group_of(pid: int, container: str) -> Iterator[tuple[str, Path]]:
    """Yield the folder of each controller (version 2: ``""``) for a process of that container.

    Yield nothing if the process is another one: the id comes from an engine that may run elsewhere.
    """
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if container in path:
            for controller in controllers.split(","):
                yield controller, _GROUPS / controllers / path.lstrip("/")


def _field(path: Path, name: str) -> int:
    """Read a file with a name and a number on each line."""
    for line in path.read_text().splitlines():
        key, _, value = line.partition(" ")
        if key == name:
            return int(value)
    return 0


class _Reader(threading.Thread):
    """Reads the engine's stream of statistics until the container is removed.

    Single requests would cost as much: the engine computes an entry once a second and lets callers
    wait.
    """

    def __init__(self, name: str, container: Any) -> None:
        super().__init__(daemon=True)
        self.newest: Use | None = None
        self._of = name
        self._container = container
        self.start()

    def run(self) -> None:
        """Store each entry as the newest."""
        with contextlib.suppress(Exception):  # any end of the stream ends the statistics
            for entry in self._container.stats(stream=True, decode=True):
                self.newest = _told(self._of, entry) or self.newest


def _told(name: str, entry: dict[str, Any]) -> Use | None:
    memory = entry.get("memory_stats", {})
    if "usage" not in memory:  # it has ended
        return None
    details = memory.get("stats", {})
    cache = details.get("total_inactive_file", details.get("inactive_file", 0))
    cpu_ns = int(entry["cpu_stats"]["cpu_usage"]["total_usage"])
    at_ns = round(datetime.fromisoformat(entry["read"]).timestamp() * 1e9)
    return Use(name, cpu_ns, max(0, int(memory["usage"]) - int(cache)), at_ns, by_engine=True)
