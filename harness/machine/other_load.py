"""The load of other programs on this machine, over a whole run: what its CPUs did, less what was ours.

Ours are this process, all of its descendants, ended ones included, and the targets' processes.
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

# An engine renews its account of a container once a second: over so long that is next to nothing.
ENOUGH_FOR_ENGINES_NS = 20_000_000_000
INTERRUPTS = ("irq", "softirq")
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class _Look:
    """CPU time until an instant, in ns since an instant in the past."""

    at_ns: int
    unused_ns: int  # of all CPUs together: they had nothing to do, or it was not theirs to use
    steal_ns: int | None
    ours_ns: int


class LoadMeter:
    """Looks at the machine when it is made and when it is read; what lies between is the answer.

    It does not add up what was busy: the kernel samples that in ticks of 10 ms. For how long a CPU was idle it
    knows to the microsecond, on kernels that stop the tick then, as nearly all do.
    """

    def __init__(self, targets: Sequence[Target], *, here: bool = False) -> None:
        """``here``: one that cannot be seen is on this machine, whatever its URL says."""
        self._targets = targets
        self._here = here
        self._seen: dict[int, int] = {}  # the last clocks of targets that are no descendants
        self._load_average = _load_average()
        self._first = self._look()

    def read(self) -> OtherLoad:
        """What came since."""
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
        """Whether every target can be told from other programs: it is seen, or elsewhere."""
        return not self._here and all(_is_apart(target, length_ns) for target in self._targets)


def is_here(url: str) -> bool:
    """Whether its host is this machine: the way there begins and ends at the same address. Sends nothing."""
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
    """By its clock, and in ticks its children that have ended."""
    with contextlib.suppress(psutil.Error, ProcessLookupError):
        times = process.cpu_times()
        ended_s = getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
        return cpu_clock_ns(process.pid) + round(ended_s * 1e9)
    return 0


def _children_ns() -> int:
    """Our own children that have ended, with theirs."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return round((usage.ru_utime + usage.ru_stime) * 1e9)


def _containers_ns(target: Target) -> int:
    return 0 if target.processes() else sum(one.cpu_ns for one in containers_of(target))


def containers_of(target: Target) -> list[Use]:
    """What a target's containers have used; nothing of a target that is gone."""
    try:
        return target.use()
    except TargetError:  # that it is gone is found out elsewhere
        return []


def _load_average() -> float | None:
    """Of the minute before."""
    try:
        return float(psutil.getloadavg()[0])
    except (AttributeError, OSError):
        return None
