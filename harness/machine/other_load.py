"""Measures the load of other programs over a whole run: the busy time of all CPUs, less our own.

Our own is that of this process, all of its descendants (ended ones included) and the targets.
"""

from __future__ import annotations

import contextlib
import resource
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import psutil

from harness.machine.kernel import interrupts_are_apart
from harness.machine.processors import cpu_clock_ns
from harness.records.model import OtherLoad
from servers.base import Target, TargetError, Use

__all__ = ["INTERRUPTS", "LoadMeter", "containers_of", "is_here"]

# An engine updates a container's account once a second: over this length that error is negligible.
ENOUGH_FOR_ENGINES_NS = 20_000_000_000
INTERRUPTS = ("irq", "softirq")
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class _Look:
    """CPU time until an instant, in ns since an instant in the past."""

    at_ns: int
    unused_ns: int  # all CPUs together: idle, or taken by the hypervisor or interrupts
    steal_ns: int | None
    ours_ns: int


class LoadMeter:
    """Measures the load between its creation and ``read``.

    It does not add up busy time, which the kernel samples in ticks of 10 ms. Idle time is exact to
    the microsecond on kernels that stop the tick while idle, as nearly all do.
    """

    def __init__(self, targets: Sequence[Target], *, here: bool = False) -> None:
        """``here``: the processes of some target cannot be seen although it is on this machine."""
        self._targets = targets
        self._here = here
        self._seen: dict[int, int] = {}  # last CPU clocks of targets that are not our descendants
        self._load_average = _load_average()
        self._first = self._look()

    def read(self) -> OtherLoad:
        """Return the load since the creation."""
        first, last = self._first, self._look()
        length_ns = last.at_ns - first.at_ns if first and last else 0
        load = OtherLoad(length_ns, None, None, self._load_average, self._are_apart(length_ns))
        if first is None or last is None:
            return load
        used_ns = (psutil.cpu_count() or 1) * length_ns - (last.unused_ns - first.unused_ns)
        return replace(
            load,
            used_ns=max(0, used_ns - (last.ours_ns - first.ours_ns)),
            steal_ns=None
            if first.steal_ns is None or last.steal_ns is None
            else last.steal_ns - first.steal_ns,
        )

    def _look(self) -> _Look | None:
        try:
            times = psutil.cpu_times()
        except (OSError, RuntimeError, ValueError):  # no /proc
            return None
        steal_s = getattr(times, "steal", None)
        apart = INTERRUPTS if interrupts_are_apart() else ()
        unused_s = sum(getattr(times, kind, 0.0) for kind in ("idle", "iowait", "steal", *apart))
        return _Look(
            at_ns=time.monotonic_ns(),
            unused_ns=round(unused_s * 1e9),
            steal_ns=None if steal_s is None else round(steal_s * 1e9),
            ours_ns=self._ours_ns(),
        )

    def _ours_ns(self) -> int:
        descendants = psutil.Process().children(recursive=True)
        known = {process.pid for process in descendants}
        for target in self._targets:
            for pid in set(target.processes()) - known:
                with contextlib.suppress(ProcessLookupError):
                    self._seen[pid] = cpu_clock_ns(pid)
        return (
            time.process_time_ns()
            + _children_ns()
            + sum(map(_with_children_ns, descendants))
            + sum(self._seen.values())
            + sum(map(_containers_ns, self._targets))
        )

    def _are_apart(self, length_ns: int) -> bool:
        """Say whether every target can be told from other programs: visible, or elsewhere."""
        return not self._here and all(_is_apart(target, length_ns) for target in self._targets)


def is_here(url: str) -> bool:
    """Say whether the host is this machine (its route begins and ends there). Sends nothing."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or PORTS.get(parts.scheme, 80)
    with contextlib.suppress(OSError, UnicodeError):
        for family, kind, protocol, _, address in socket.getaddrinfo(
            host, port, type=socket.SOCK_DGRAM
        ):
            with socket.socket(family, kind, protocol) as probe:
                probe.connect(address)
                return bool(probe.getsockname()[0] == probe.getpeername()[0])
    return False


def _is_apart(target: Target, length_ns: int) -> bool:
    if target.processes():
        return True
    use = containers_of(target)
    if use:
        return length_ns >= ENOUGH_FOR_ENGINES_NS or not any(one.by_engine for one in use)
    return not is_here(target.base_url)


def _with_children_ns(process: psutil.Process) -> int:
    """Return the CPU time of a process, by its clock, plus that of its ended children, in ticks."""
    with contextlib.suppress(psutil.Error, ProcessLookupError):
        times = process.cpu_times()
        ended_s = getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
        return cpu_clock_ns(process.pid) + round(ended_s * 1e9)
    return 0


def _children_ns() -> int:
    """Return the CPU time of our own ended children, with their descendants."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return round((usage.ru_utime + usage.ru_stime) * 1e9)


def _containers_ns(target: Target) -> int:
    return 0 if target.processes() else sum(one.cpu_ns for one in containers_of(target))


def containers_of(target: Target) -> list[Use]:
    """Return the use of a target's containers; empty if the target is gone."""
    try:
        return target.use()
    except TargetError:  # a target that is gone is reported elsewhere
        return []


def _load_average() -> float | None:
    """Return the load average of the minute before."""
    try:
        return float(psutil.getloadavg()[0])
    except (AttributeError, OSError):
        return None
