"""Judgements on the machine. Pure: readings in, findings out; None is an unknown reading."""

from __future__ import annotations

from harness.doctor.watching import Activity, Clock, Use
from harness.machine.readings import Cores, Frequency, Kernel, Ports, Virtualisation
from harness.option_names import option
from harness.records.finding import Finding, State, unknown

__all__ = [
    "autogroup",
    "clock",
    "cores",
    "frequency",
    "huge_pages",
    "load",
    "open_files",
    "others",
    "ports",
    "quota",
    "sleep",
    "steal",
    "threads",
    "turbo",
    "virtualisation",
]

FEW, ENOUGH = 2, 4  # CPUs: one for the target, the others for workers
LIGHT_LOAD, HEAVY_LOAD = 0.25, 1.0  # per CPU
BUSY_OTHERS, NOTED_OTHERS = 10.0, 2.0  # % of one CPU
LONG_BURST_MS, NOTED_BURST_MS = 25.0, 10.0
MUCH_STEAL, NOTED_STEAL = 1.0, 0.2  # %
SPARE_FILES = 128
COMMON_CONCURRENCY, LARGEST_CONCURRENCY = 1_000, 10_000
FEW_PORTS = 20_000
MUCH_WAITING, NOTED_WAITING = 0.5, 0.1  # share of the ports
DEAR_CLOCKS = {"hpet", "acpi_pm", "jiffies", "pit"}
DEAR_READ_NS, NOTED_READ_NS = 1_000, 200
COARSE_NS = 1_000
VERY_LATE_US, LATE_US = 1_000, 200
SHOWN = 3  # other processes by name
_REUSE: dict[int | None, str] = {0: ", never reused", 1: ", reused", 2: ", reused on loopback"}

# Remedies by the beginning of a name: the kernel's own threads cannot simply be stopped.
_REMEDIES = {
    "kdamond": "as root: echo off > /sys/kernel/mm/damon/admin/kdamonds/0/state",
    "khugepaged": "as root: echo never > /sys/kernel/mm/transparent_hugepage/enabled",
    "ksmd": "as root: echo 0 > /sys/kernel/mm/ksm/run",
    "kswapd": "memory is short: stop what holds it",
}


def cores(reading: Cores | None) -> Finding:
    """Judge the number of CPUs for target and workers."""
    effect = "target, orchestrator and clients share CPUs and slow each other down"
    if reading is None:
        return unknown("cores", effect)
    usable = len(reading.allowed)
    seen = f"{usable} of {len(reading.online)} CPUs may be used"
    if usable < FEW:
        return Finding("cores", "harmful", seen, effect, "use a machine with 2 CPUs, better 4")
    if usable < ENOUGH:
        effect = (
            f"target and orchestrator share one CPU; several {option('processes')} share the other"
        )
        remedy = f"use {option('processes')} 1 and modest rates, or a machine with 4 CPUs"
        return Finding("cores", "notice", seen, effect, remedy)
    return Finding("cores", "good", seen, effect)


def quota(reading: Cores | None) -> Finding:
    """Judge the CPU quota of control groups, which stops processes once it is used up."""
    effect = "processes stand still for up to 100 ms as soon as the quota is used up"
    if reading is None:
        return unknown("CPU quota", effect)
    if reading.quota is None:
        return Finding("CPU quota", "good", "none", effect)
    seen = f"{reading.quota:g} CPUs' worth of time"
    remedy = "take the limit away (docker run without --cpus), or give whole CPUs (--cpuset-cpus)"
    return Finding("CPU quota", "harmful", seen, effect, remedy)


def threads(reading: Cores | None) -> Finding:
    """Judge CPUs that share one core."""
    name, effect = "hardware threads", "what runs on one CPU of a core slows down the other"
    if reading is None:
        return unknown(name, effect)
    shared = [both for both in reading.siblings if len(both & reading.allowed) > 1]
    if not shared:
        return Finding(name, "good", "every CPU is a core, as far as the kernel can see", effect)
    pairs = ", ".join("+".join(map(str, sorted(both))) for both in shared[:4])
    more = ", …" if len(shared) > 4 else ""
    remedy = f"give the target a whole core ({option('target_cpus')}), or turn SMT off"
    return Finding(name, "notice", f"one core each: CPUs {pairs}{more}", effect, remedy)


def frequency(reading: Frequency | None) -> Finding:
    """Judge the governor of the CPU clock."""
    name, effect = (
        "frequency governor",
        "the clock follows the load, so short slices run at a lower frequency",
    )
    if reading is None:
        return unknown(name, effect)
    seen = f"{', '.join(sorted(reading.governors))} (driver {reading.driver or 'not known'})"
    if reading.governors == {"performance"}:
        return Finding(name, "good", seen, effect)
    # for these drivers "powersave" means what others call "schedutil"
    active = (reading.driver or "").startswith(("intel_pstate", "amd-pstate"))
    slow = {"ondemand", "conservative", *(() if active else ("powersave",))}
    state: State = "harmful" if slow & reading.governors else "notice"
    return Finding(name, state, seen, effect, "as root: cpupower frequency-set -g performance")


def turbo(reading: Frequency | None) -> Finding:
    """Judge turbo: a CPU clock that depends on heat and on other cores."""
    effect = "the clock depends on temperature and on how many cores are busy"
    if reading is None or reading.turbo is None:
        return unknown("turbo", effect)
    if not reading.turbo:
        return Finding("turbo", "good", "off", effect)
    remedy = "for the narrowest intervals turn it off in the firmware or the driver"
    return Finding("turbo", "notice", "on", effect, remedy)


def load(average: float | None, usable: int | None) -> Finding:
    """Judge the load of the minute before; ``others`` judges the present."""
    name, effect = (
        "load average",
        "other programs compete for the CPUs: throughput falls, tails grow",
    )
    if average is None or not usable:
        return unknown(name, effect)
    seen = f"{average:g} in the last minute, on {usable} CPUs"
    state = _state(average / usable, HEAVY_LOAD, LIGHT_LOAD)
    remedy = f"stop other work, and wait until it is below {usable * LIGHT_LOAD:g}"
    return Finding(name, state, seen, effect, _unless_good(state, remedy))


def others(reading: Activity | None) -> Finding:
    """Judge the CPU that other processes took, in total and in their longest burst."""
    name, effect = (
        "other processes",
        "they take CPU from client and target, and distort p99 and p99.9",
    )
    if reading is None:
        return unknown(name, effect)
    heavy = [use for use in reading.users if use.percent >= 0.1 or use.burst_ms >= NOTED_BURST_MS]
    bursts = sorted(heavy, key=lambda use: -use.burst_ms)
    shown = list(dict.fromkeys([*heavy[:SHOWN], *bursts[:1], *filter(_remedy, heavy)]))
    longest = max((use.burst_ms for use in reading.users), default=0.0)
    state = _worse(
        _state(reading.percent, BUSY_OTHERS, NOTED_OTHERS),
        _state(longest, LONG_BURST_MS, NOTED_BURST_MS),
    )
    names = "; ".join(map(_described, shown))
    seen = f"{reading.percent:.1f} % of one CPU within {reading.seconds:.0f} s"
    seen += f": {names}" if names else ""
    return Finding(name, state, seen, effect, _unless_good(state, _calming(shown)))


def steal(reading: Activity | None) -> Finding:
    """Judge the CPU time that the hypervisor gave to other virtual machines."""
    effect = "the host runs other virtual machines meanwhile: everything stalls for milliseconds"
    if reading is None or reading.steal_percent is None:
        return unknown("steal time", effect)
    boot = reading.steal_percent_since_boot or 0.0
    seen = f"{reading.steal_percent:.2f} % now, {boot:.2f} % since boot"
    state = _state(max(reading.steal_percent, boot), MUCH_STEAL, NOTED_STEAL)
    remedy = "measure with more rounds, or on a machine with CPUs of its own"
    return Finding("steal time", state, seen, effect, _unless_good(state, remedy))


def virtualisation(reading: Virtualisation) -> Finding:
    """Judge virtualisation: the host of a virtual machine cannot be seen."""
    name = "virtualisation"
    effect = "the host's load and clock cannot be seen; steal time shows only a part"
    where = ", in a container" if reading.container else ""
    if reading.virtual is None:
        return unknown(name, effect)
    if not reading.virtual:
        return Finding(name, "good", f"none{where}", effect)
    seen = f"a virtual machine{f' ({reading.machine})' if reading.machine else ''}{where}"
    return Finding(name, "notice", seen, effect, "trust ratios of one run, not absolute figures")


def open_files(soft: float, hard: float) -> Finding:
    """Judge the limits of open files (``inf``: none). ``machine.limits`` raises the soft one."""
    name, effect = "open files", "a higher concurrency is refused: each connection is an open file"
    room = hard - SPARE_FILES
    seen = _limit(soft) + (f", raised to {_limit(hard)} as needed" if hard > soft else "")
    state: State = "harmful" if room < COMMON_CONCURRENCY else "notice"
    if room >= LARGEST_CONCURRENCY:
        state = "good"
    remedy = f"raise it: ulimit -Hn {LARGEST_CONCURRENCY + SPARE_FILES} (in limits.conf)"
    return Finding(name, state, seen, effect, _unless_good(state, remedy))


def ports(reading: Ports | None) -> Finding:
    """Judge the ports left for connections that are not kept alive."""
    name = "ephemeral ports"
    effect = "clients that open a connection per request run out of ports, and requests fail"
    if reading is None:
        return unknown(name, effect)
    number = reading.last - reading.first + 1
    waiting = reading.time_wait or 0
    seen = f"{number:,} ({reading.first}-{reading.last}); {waiting:,} sockets in TIME_WAIT"
    seen += _REUSE.get(reading.reuse, "")
    state = _worse(
        _state(waiting / number, MUCH_WAITING, NOTED_WAITING),
        "notice" if number < FEW_PORTS else "good",
    )
    remedy = "wait a minute; as root: sysctl net.ipv4.ip_local_port_range='10000 65000'"
    return Finding(name, state, seen, effect, _unless_good(state, remedy))


def huge_pages(reading: Kernel) -> Finding:
    """Judge transparent huge pages: 2 MB even if a few kB were requested."""
    name = "transparent huge pages"
    effect = "memory figures grow in steps of 2 MB, and differ from run to run"
    if reading.huge_pages is None:
        return unknown(name, effect)
    state: State = "notice" if reading.huge_pages == "always" else "good"
    remedy = "as root: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled"
    return Finding(name, state, reading.huge_pages, effect, _unless_good(state, remedy))


def clock(source: str | None, others: tuple[str, ...], reading: Clock) -> Finding:
    """Judge the clock that measures every sample; it is read at least twice per request."""
    effect = "every request reads it at least twice, and it limits the resolution of latencies"
    seen = f"{source or 'source not known'}, {reading.cost_ns:.0f} ns per reading, "
    seen += f"steps of {reading.resolution_ns:g} ns"
    state = _worse(
        _state(reading.cost_ns, DEAR_READ_NS, NOTED_READ_NS),
        "harmful" if reading.resolution_ns > COARSE_NS or source in DEAR_CLOCKS else "good",
    )
    better = [name for name in others if name not in DEAR_CLOCKS]
    remedy = f"boot with clocksource={better[0]}" if better else "use another machine"
    return Finding("clock", state, seen, effect, _unless_good(state, remedy))


def sleep(slack_ns: int | None, reading: Clock) -> Finding:
    """Judge how well an open loop can keep its schedule; the pacer sets its own timer slack."""
    name = "sleeping"
    effect = "requests of an open loop start late by as much (start delay)"
    slack = "not known" if slack_ns is None else f"{slack_ns / 1000:g} µs (load: 1 ns)"
    seen = f"1 ms lasts {reading.late_us:.0f} µs longer, p99 {reading.late_p99_us:.0f} µs; "
    seen += f"timer slack {slack}"
    state = _worse(
        _state(reading.late_us, VERY_LATE_US, LATE_US),
        _state(reading.late_p99_us, 5 * VERY_LATE_US, 5 * LATE_US),
    )
    remedy = "a quieter machine; a kernel with high-resolution timers"
    return Finding(name, state, seen, effect, _unless_good(state, remedy))


def autogroup(reading: Kernel) -> Finding:
    """Judge autogroup: with it, priorities do not count between sessions."""
    name = "autogroup"
    effect = "priorities count within a session only: `nice` work elsewhere still gets a full share"
    if reading.autogroup is None:
        return unknown(name, effect)
    if not reading.autogroup:
        return Finding(name, "good", "off", effect)
    remedy = (
        "nice does not help here: stop other work; as root: sysctl kernel.sched_autogroup_enabled=0"
    )
    return Finding(name, "notice", "on", effect, remedy)


def _described(use: Use) -> str:
    burst = f", up to {use.burst_ms:.0f} ms of CPU in 0.5 s" if use.burst_ms else ""
    return f"{use.name} {use.percent:.1f} %{burst}"


def _calming(users: list[Use]) -> str:
    special = [remedy for remedy in map(_remedy, users) if remedy]
    return "; ".join([*special, "stop what is not needed, and look again"])


def _remedy(use: Use) -> str | None:
    return next((text for name, text in _REMEDIES.items() if use.name.startswith(name)), None)


def _limit(value: float) -> str:
    return "no limit" if value == float("inf") else f"{value:,.0f}"


def _state(value: float, harmful: float, notice: float) -> State:
    if value >= harmful:
        return "harmful"
    return "notice" if value >= notice else "good"


def _worse(one: State, other: State) -> State:
    order: tuple[State, ...] = ("harmful", "notice", "good")
    return min(one, other, key=order.index)


def _unless_good(state: State, remedy: str) -> str | None:
    return None if state == "good" else remedy
