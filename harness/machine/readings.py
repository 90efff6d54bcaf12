"""Readers of /proc and /sys below a ``root``.

None stands for an unknown value: another system, an older kernel, a container that hides it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import psutil

__all__ = [
    "Cores",
    "Frequency",
    "Kernel",
    "Ports",
    "Virtualisation",
    "cores",
    "fastest_mhz",
    "frequency",
    "kernel",
    "load_average",
    "ports",
    "virtualisation",
]

CPUS = "sys/devices/system/cpu"
CONTAINER_MARKS = (".dockerenv", "run/.containerenv")


@dataclass(frozen=True)
class Cores:
    """CPUs that this process may use."""

    online: frozenset[int]
    allowed: frozenset[int]
    quota: float | None  # CPUs' worth of time that a control group grants
    siblings: tuple[frozenset[int], ...]  # hardware threads that share one core


@dataclass(frozen=True)
class Frequency:
    """Settings that choose the clock frequency of the CPUs."""

    driver: str | None
    governors: frozenset[str]
    turbo: bool | None


@dataclass(frozen=True)
class Virtualisation:
    """Virtual machine and container between this process and the hardware."""

    virtual: bool | None
    machine: str | None  # vendor and product
    container: bool


@dataclass(frozen=True)
class Ports:
    """Ports for outgoing connections, and those that closed connections still hold."""

    first: int
    last: int
    time_wait: int | None
    reuse: int | None  # tcp_tw_reuse: 0 never, 1 always, 2 on the loopback interface


@dataclass(frozen=True)
class Kernel:
    """Kernel settings of one word each."""

    huge_pages: str | None
    clock_source: str | None
    other_clock_sources: tuple[str, ...]
    timer_slack_ns: int | None
    autogroup: bool | None


def cores(root: Path) -> Cores | None:
    """Read online and allowed CPUs, quotas of control groups and hardware threads."""
    online = _cpu_list(_text(root / CPUS / "online"))
    allowed = _cpu_list(_field(root / "proc/self/status", "Cpus_allowed_list"))
    if not online:
        return None
    lists = {
        _cpu_list(_text(root / CPUS / f"cpu{cpu}/topology/thread_siblings_list")) for cpu in online
    }
    siblings = sorted((one for one in lists if len(one) > 1), key=min)
    return Cores(online, (allowed & online) or online, _quota(root), tuple(siblings))


def frequency(root: Path) -> Frequency | None:
    """Read the frequency settings; None if the kernel has none, as in most virtual machines."""
    policies = sorted((root / CPUS).glob("cpu[0-9]*/cpufreq"))
    governors = {_text(policy / "scaling_governor") for policy in policies} - {None}
    if not governors:
        return None
    driver = _text(policies[0] / "scaling_driver")
    return Frequency(driver, frozenset(filter(None, governors)), _turbo(root))


def fastest_mhz() -> float | None:
    """Read the clock of the fastest CPU: that of an idle one says nothing about the load."""
    try:
        return max(one.current for one in psutil.cpu_freq(percpu=True)) or None
    except (AttributeError, NotImplementedError, OSError, RuntimeError, ValueError):
        return None  # psutil cannot tell on every system


def virtualisation(root: Path) -> Virtualisation:
    """Detect a virtual machine by the CPU flag that hypervisors set and by the firmware's names."""
    flags = _field(root / "proc/cpuinfo", "flags")
    hypervisor = _text(root / "sys/hypervisor/type")
    names = [_text(root / "sys/class/dmi/id" / file) for file in ("sys_vendor", "product_name")]
    machine = " ".join(filter(None, names)) or hypervisor
    virtual = None if flags is None else "hypervisor" in flags.split()
    container = any((root / mark).exists() for mark in CONTAINER_MARKS)
    return Virtualisation(True if hypervisor else virtual, machine, container)


def load_average(root: Path) -> float | None:
    """Read the load average of the last minute."""
    text = _text(root / "proc/loadavg")
    return float(text.split()[0]) if text else None


def ports(root: Path) -> Ports | None:
    """Read the range of ephemeral ports, and the number of sockets in TIME_WAIT."""
    ipv4 = root / "proc/sys/net/ipv4"
    text = _text(ipv4 / "ip_local_port_range")
    if text is None:
        return None
    first, last = map(int, text.split())
    waiting = re.search(r"^TCP:.* tw (\d+)", _text(root / "proc/net/sockstat") or "", re.MULTILINE)
    return Ports(first, last, int(waiting[1]) if waiting else None, _number(ipv4 / "tcp_tw_reuse"))


def kernel(root: Path) -> Kernel:
    """Read the kernel settings of one word each."""
    pages = re.search(
        r"\[(\w+)\]", _text(root / "sys/kernel/mm/transparent_hugepage/enabled") or ""
    )
    clock = root / "sys/devices/system/clocksource/clocksource0"
    source = _text(clock / "current_clocksource")
    available = (_text(clock / "available_clocksource") or "").split()
    grouping = _number(root / "proc/sys/kernel/sched_autogroup_enabled")
    return Kernel(
        huge_pages=pages[1] if pages else None,
        clock_source=source,
        other_clock_sources=tuple(name for name in available if name != source),
        timer_slack_ns=_number(root / "proc/self/timerslack_ns"),
        autogroup=None if grouping is None else bool(grouping),
    )


def _quota(root: Path) -> float | None:
    """Return the smallest quota, in CPUs, of the control groups above us (version 1 or 2)."""
    granted = []
    for line in (_text(root / "proc/self/cgroup") or "").splitlines():
        _, controllers, path = line.split(":", 2)
        names = controllers.split(",")
        if controllers and "cpu" not in names:
            continue
        for mount in ("cpu", "cpu,cpuacct") if controllers else ("", "unified"):
            top = root / "sys/fs/cgroup" / mount
            group = top / path.strip("/")
            while group.is_relative_to(top):
                granted.append(_granted(group))
                group = group.parent
    return min((one for one in granted if one is not None), default=None)


def _granted(group: Path) -> float | None:
    """Read quota and period: one file in version 2, two in version 1; "max" and -1: no limit."""
    old = [_text(group / f"cpu.cfs_{what}_us") or "" for what in ("quota", "period")]
    quota, _, period = (_text(group / "cpu.max") or " ".join(old)).partition(" ")
    if not quota.isdigit() or not period.isdigit():
        return None
    return int(quota) / int(period)


def _turbo(root: Path) -> bool | None:
    forbidden = _number(root / CPUS / "intel_pstate/no_turbo")
    if forbidden is not None:
        return not forbidden
    boost = _number(root / CPUS / "cpufreq/boost")
    return None if boost is None else bool(boost)


def _cpu_list(text: str | None) -> frozenset[int]:
    """Parse ``0-2,5`` (cpuset(7))."""
    found: set[int] = set()
    for part in filter(None, (text or "").split(",")):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return frozenset(found)


def _field(file: Path, name: str) -> str | None:
    """Return the text after ``name:`` in the first line that begins with it."""
    match = re.search(rf"^{name}\s*:[ \t]*(.*)", _text(file) or "", re.MULTILINE)
    return match[1] if match else None


def _number(file: Path) -> int | None:
    text = _text(file)
    return int(text) if text and re.fullmatch(r"-?\d+", text) else None


def _text(file: Path) -> str | None:
    try:
        return file.read_text("utf-8", errors="replace").strip()
    except OSError:
        return None
