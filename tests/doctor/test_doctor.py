"""The doctor's judgements, both ways, and its readers on trees made here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.clients.catalogue import Client
from harness.clients.closure import Closure
from harness.clients.contamination import Contamination
from harness.doctor import installed, machine, watching
from harness.doctor.watching import Activity, Clock, Snapshot, Use
from harness.machine import readings
from harness.machine.readings import Cores, Frequency, Kernel, Ports, Virtualisation
from harness.records.finding import Finding, State, unknown
from harness.report import diagnosis

INFINITE = float("inf")
CPUS = "sys/devices/system/cpu"


def cores(allowed: int, quota: float | None = None, *siblings: set[int]) -> Cores:
    numbers = frozenset(range(allowed))
    return Cores(numbers | {0, 1}, numbers, quota, tuple(map(frozenset, siblings)))


def governed(*governors: str, driver: str = "acpi-cpufreq", turbo: bool | None = None) -> Frequency:
    return Frequency(driver, frozenset(governors), turbo)


def active(
    *users: Use, steal: float | None = 0.0, boot: float = 0.0, percent: float | None = None
) -> Activity:
    total = sum(use.percent for use in users) if percent is None else percent
    return Activity(6.0, total, users, steal, boot)


def kernel(**settings: Any) -> Kernel:
    known: dict[str, Any] = {
        "huge_pages": "madvise",
        "clock_source": "tsc",
        "other_clock_sources": (),
        "timer_slack_ns": 50_000,
        "autogroup": False,
    }
    return Kernel(**{**known, **settings})


def clock(cost: float = 50, resolution: float = 1, late: float = 10, p99: float = 100) -> Clock:
    return Clock(resolution, cost, late, p99)


def waiting(time_wait: int | None, first: int = 32768, last: int = 60999) -> Ports:
    return Ports(first, last, time_wait, 2)


def client(name: str, *versions: str, hidden: tuple[str, ...] = (), **known: Any) -> Client:
    seen = Closure(dict.fromkeys((name, *versions), "1.0"), {}, hidden)
    facts: dict[str, Any] = {"installed": True, "modes": {"sync": {}}, "linked": {}, **known}
    return Client(name, f"adapters.{name}", name, seen, **facts)


# --- judgements on the machine ------------------------------------------------------------------

KDAMOND = Use("kdamond.0", 1.0, 50.0)

JUDGED: list[tuple[Finding, State]] = [
    (machine.cores(cores(1)), "harmful"),
    (machine.cores(cores(2)), "notice"),
    (machine.cores(cores(4)), "good"),
    (machine.cores(None), "unknown"),
    (machine.quota(cores(4, 1.5)), "harmful"),
    (machine.quota(cores(4)), "good"),
    (machine.quota(None), "unknown"),
    (machine.threads(cores(4, None, {0, 2}, {1, 3})), "notice"),
    (machine.threads(cores(2, None, {0, 2}, {1, 3})), "good"),
    (machine.threads(cores(4)), "good"),
    (machine.threads(None), "unknown"),
    (machine.frequency(governed("performance")), "good"),
    (machine.frequency(governed("performance", "ondemand")), "harmful"),
    (machine.frequency(governed("powersave")), "harmful"),
    (machine.frequency(governed("powersave", driver="intel_pstate")), "notice"),
    (machine.frequency(governed("schedutil")), "notice"),
    (machine.frequency(None), "unknown"),
    (machine.turbo(governed("performance", turbo=True)), "notice"),
    (machine.turbo(governed("performance", turbo=False)), "good"),
    (machine.turbo(governed("performance")), "unknown"),
    (machine.turbo(None), "unknown"),
    (machine.load(2.0, 2), "harmful"),
    (machine.load(1.0, 2), "notice"),
    (machine.load(0.1, 2), "good"),
    (machine.load(None, 2), "unknown"),
    (machine.load(1.0, None), "unknown"),
    (machine.others(active(KDAMOND)), "harmful"),
    (machine.others(active(Use("find", 30.0, 1.0))), "harmful"),
    (machine.others(active(Use("sshd", 3.0, 1.0))), "notice"),
    (machine.others(active(Use("cron", 0.2, 12.0))), "notice"),
    (machine.others(active(Use("sshd", 0.5, 1.0))), "good"),
    (machine.others(active()), "good"),
    (machine.others(None), "unknown"),
    (machine.steal(active(steal=2.0)), "harmful"),
    (machine.steal(active(steal=0.0, boot=0.5)), "notice"),
    (machine.steal(active(steal=0.1)), "good"),
    (machine.steal(active(steal=None)), "unknown"),
    (machine.steal(None), "unknown"),
    (machine.virtualisation(Virtualisation(True, "Vendor Product", False)), "notice"),
    (machine.virtualisation(Virtualisation(False, None, True)), "good"),
    (machine.virtualisation(Virtualisation(None, None, False)), "unknown"),
    (machine.open_files(1024, 1024), "harmful"),
    (machine.open_files(1024, 4096), "notice"),
    (machine.open_files(1024, 1_048_576), "good"),
    (machine.open_files(INFINITE, INFINITE), "good"),
    (machine.ports(waiting(20_000)), "harmful"),
    (machine.ports(waiting(4_000)), "notice"),
    (machine.ports(waiting(0, 50_000, 60_000)), "notice"),
    (machine.ports(waiting(None)), "good"),
    (machine.ports(None), "unknown"),
    (machine.huge_pages(kernel(huge_pages="always")), "notice"),
    (machine.huge_pages(kernel()), "good"),
    (machine.huge_pages(kernel(huge_pages="never")), "good"),
    (machine.huge_pages(kernel(huge_pages=None)), "unknown"),
    (machine.clock("hpet", ("tsc",), clock()), "harmful"),
    (machine.clock("tsc", (), clock(cost=1_500)), "harmful"),
    (machine.clock("tsc", (), clock(cost=300)), "notice"),
    (machine.clock(None, (), clock(resolution=1e6)), "harmful"),
    (machine.clock("tsc", ("hpet",), clock()), "good"),
    (machine.clock(None, (), clock()), "good"),
    (machine.sleep(50_000, clock(late=2_000)), "harmful"),
    (machine.sleep(50_000, clock(p99=6_000)), "harmful"),
    (machine.sleep(50_000, clock(late=300)), "notice"),
    (machine.sleep(None, clock()), "good"),
    (machine.autogroup(kernel(autogroup=True)), "notice"),
    (machine.autogroup(kernel()), "good"),
    (machine.autogroup(kernel(autogroup=None)), "unknown"),
]


@pytest.mark.parametrize(
    ("finding", "state"), JUDGED, ids=[f"{one.name}-{one.seen}"[:60] for one, _ in JUDGED]
)
def test_a_reading_is_judged(finding: Finding, state: State) -> None:
    assert finding.state == state
    assert finding.seen and finding.effect
    assert (finding.remedy is not None) == (state in {"harmful", "notice"})


def test_every_judgement_is_tested_good_and_not() -> None:
    by_name: dict[str, set[State]] = {}
    for finding, state in JUDGED:
        by_name.setdefault(finding.name, set()).add(state)
    assert len(by_name) == len(machine.__all__)
    for name, states in by_name.items():
        assert "good" in states and states & {"harmful", "notice"}, name


def test_a_kernel_thread_is_named_with_its_remedy_however_busy_others_are() -> None:
    users = [Use(f"busy{number}", 50.0, 200.0) for number in range(5)]
    found = machine.others(active(*users, KDAMOND))
    assert "kdamond.0 1.0 %, up to 50 ms of CPU in 0.5 s" in found.seen
    assert "busy0" in found.seen and "busy4" not in found.seen
    assert found.remedy is not None and "kdamonds/0/state" in found.remedy


def test_a_better_clock_is_named_where_there_is_one() -> None:
    assert machine.clock("hpet", ("acpi_pm", "tsc"), clock()).remedy == "boot with clocksource=tsc"
    assert machine.clock("hpet", ("acpi_pm",), clock()).remedy == "use another machine"


# --- judgements on what is installed ------------------------------------------------------------


def test_docker_is_there_or_a_remedy_is() -> None:
    assert installed.docker("27.1", None) == Finding(
        "docker", "good", "engine 27.1", installed.docker(None, "x").effect
    )
    missing = installed.docker(None, "docker: not installed; install it")
    assert (missing.state, missing.seen, missing.remedy) == (
        *("notice", "not installed"),
        "install it",
    )
    assert installed.docker(None, "docker: odd").remedy == "use --runtime native"


def test_clients_are_installed_missing_or_broken() -> None:
    there = client("requests")
    gone = client("requestx", installed=False)
    wreck = client("wreck", problem="no module")
    assert installed.clients([there]).state == "good"
    assert installed.clients([there]).seen == "requests 1.0"
    assert installed.clients([there, gone]).seen == "requests 1.0; not installed: requestx"
    assert installed.clients([there, gone]).state == "notice"
    assert installed.clients([there, wreck]).state == "harmful"
    assert "broken: wreck (no module)" in installed.clients([there, wreck]).seen


def test_accelerators_are_in_sight_or_not() -> None:
    known = [client("aiohttp", hidden=("aiodns", "sphinx")), client("fast", "h2")]
    assert installed.accelerators(known).seen == "visible: fast: h2; hidden: aiohttp: aiodns"
    assert installed.accelerators(known[:1]).seen == "hidden: aiohttp: aiodns"
    assert installed.accelerators([client("raw")]).seen == "none installed for a client"


def test_contamination_is_harmful_where_a_client_is_touched() -> None:
    (clean,) = installed.contaminated([])
    assert clean.state == "good"
    touched, apart = installed.contaminated(
        [Contamination(("requests",), "is a fork", "mend"), Contamination((), "a hook", "mend")]
    )
    assert (touched.state, apart.state) == ("harmful", "notice")
    assert "requests" in touched.effect


# --- readers ------------------------------------------------------------------------------------


def tree(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{text}\n")
    return root


def test_on_a_system_without_proc_and_sys_nothing_is_known(tmp_path: Path) -> None:
    assert readings.cores(tmp_path) is None
    assert readings.frequency(tmp_path) is None
    assert readings.load_average(tmp_path) is None
    assert readings.ports(tmp_path) is None
    assert readings.virtualisation(tmp_path) == Virtualisation(None, None, False)
    assert readings.kernel(tmp_path) == Kernel(None, None, (), None, None)
    assert watching.watch(tmp_path, 1.0) is None


def test_cores_are_read_with_affinity_and_threads(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            f"{CPUS}/online": "0-3,6",
            f"{CPUS}/cpu0/topology/thread_siblings_list": "0,2",
            f"{CPUS}/cpu1/topology/thread_siblings_list": "1",
            f"{CPUS}/cpu2/topology/thread_siblings_list": "0,2",
            "proc/self/status": "Name:\tx\nCpus_allowed:\tf\nCpus_allowed_list:\t1-2,6-9",
        },
    )
    assert readings.cores(root) == Cores(
        frozenset({0, 1, 2, 3, 6}), frozenset({1, 2, 6}), None, (frozenset({0, 2}),)
    )


@pytest.mark.parametrize(
    ("files", "quota"),
    [
        ({"proc/self/cgroup": "0::/a/b", "sys/fs/cgroup/a/b/cpu.max": "max 100000"}, None),
        ({"proc/self/cgroup": "0::/a/b", "sys/fs/cgroup/a/cpu.max": "150000 100000"}, 1.5),
        (
            {
                "proc/self/cgroup": "0::/a",
                "sys/fs/cgroup/a/cpu.max": "200000 100000",
                "sys/fs/cgroup/cpu.max": "50000 100000",
            },
            0.5,
        ),
        (
            {
                "proc/self/cgroup": "4:memory:/m\n1:cpu,cpuacct:/",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "250000",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000",
            },
            2.5,
        ),
        (
            {
                "proc/self/cgroup": "1:cpu:/",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
            },
            None,
        ),
    ],
)
def test_quotas_of_both_versions_are_read(
    files: dict[str, str], quota: float | None, tmp_path: Path
) -> None:
    found = readings.cores(tree(tmp_path, {f"{CPUS}/online": "0-1", **files}))
    assert found is not None
    assert found.quota == quota


@pytest.mark.parametrize(
    ("files", "turbo"),
    [
        ({f"{CPUS}/intel_pstate/no_turbo": "1"}, False),
        ({f"{CPUS}/intel_pstate/no_turbo": "0"}, True),
        ({f"{CPUS}/cpufreq/boost": "1"}, True),
        ({}, None),
    ],
)
def test_the_frequency_is_read(files: dict[str, str], turbo: bool | None, tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            f"{CPUS}/cpu0/cpufreq/scaling_governor": "performance",
            f"{CPUS}/cpu0/cpufreq/scaling_driver": "intel_pstate",
            f"{CPUS}/cpu1/cpufreq/scaling_governor": "powersave",
            **files,
        },
    )
    expected = Frequency("intel_pstate", frozenset({"performance", "powersave"}), turbo)
    assert readings.frequency(root) == expected


def test_virtual_and_real_machines_are_told_apart(tmp_path: Path) -> None:
    real = tree(tmp_path / "real", {"proc/cpuinfo": "processor\t: 0\nflags\t\t: fpu tsc"})
    assert readings.virtualisation(real) == Virtualisation(False, None, False)
    guest = tree(
        tmp_path / "guest",
        {
            "proc/cpuinfo": "flags\t\t: fpu hypervisor tsc",
            "sys/class/dmi/id/sys_vendor": "Vendor",
            "sys/class/dmi/id/product_name": "Product",
            ".dockerenv": "",
        },
    )
    assert readings.virtualisation(guest) == Virtualisation(True, "Vendor Product", True)


def test_load_ports_and_settings_are_read(tmp_path: Path) -> None:
    clocks = "sys/devices/system/clocksource/clocksource0"
    root = tree(
        tmp_path,
        {
            "proc/loadavg": "5.16 3.64 2.69 5/160 31080",
            "proc/sys/net/ipv4/ip_local_port_range": "32768\t60999",
            "proc/sys/net/ipv4/tcp_tw_reuse": "2",
            "proc/net/sockstat": "sockets: used 43\nTCP: inuse 9 orphan 0 tw 955 alloc 9 mem 190",
            "sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never",
            f"{clocks}/current_clocksource": "tsc",
            f"{clocks}/available_clocksource": "tsc kvm-clock",
            "proc/self/timerslack_ns": "50000",
            "proc/sys/kernel/sched_autogroup_enabled": "1",
        },
    )
    assert readings.load_average(root) == 5.16
    assert readings.ports(root) == Ports(32768, 60999, 955, 2)
    assert readings.kernel(root) == Kernel("madvise", "tsc", ("kvm-clock",), 50_000, True)


# --- watching -----------------------------------------------------------------------------------

STEP_NS = 250_000_000


def seen(step: int, busy_ns: int | None = None, **ms: float) -> Snapshot:
    used = {number: (name, round(value * 1e6)) for number, (name, value) in enumerate(ms.items())}
    return Snapshot(step * STEP_NS, 0, used, busy_ns, (step, 100 * step))


def test_a_burst_is_found_in_a_small_share_also_on_the_edge_of_two_steps() -> None:
    found = watching.activity(
        [
            seen(0, kdamond=100, sshd=7),
            seen(1, kdamond=100, sshd=8),
            seen(2, kdamond=120, sshd=9),
            seen(3, kdamond=150, sshd=10),
            seen(4, kdamond=150, sshd=11),
        ]
    )
    assert found.seconds == 1.0
    assert found.users == (Use("kdamond", 5.0, 50.0), Use("sshd", 0.4, 2.0))
    assert found.percent == pytest.approx(5.4)
    assert found.steal_percent == found.steal_percent_since_boot == 1.0


def test_a_new_process_has_used_all_its_time_since_and_one_that_renames_itself_has_not() -> None:
    before = Snapshot(0, 0, {7: ("sh", 900_000_000)}, None, None)
    after = Snapshot(STEP_NS, 0, {7: ("find", 901_000_000), 8: ("new", 5_000_000)}, None, None)
    found = watching.activity([before, after])
    assert {use.name: use.burst_ms for use in found.users} == {"find": 1.0, "new": 5.0}
    assert found.steal_percent is None


def test_what_ended_meanwhile_is_seen_in_what_the_machine_was_busy_with() -> None:
    quiet = watching.activity([seen(0, 0, sshd=0), seen(4, 20_000_000, sshd=10)])
    assert [use.name for use in quiet.users] == ["sshd"]
    storm = watching.activity([seen(0, 0, sshd=0), seen(4, 510_000_000, sshd=10)])
    assert storm.users[0] == Use(watching.ENDED, 50.0, 0.0)


def test_processes_are_read_without_us_and_without_what_pools_call_themselves(
    tmp_path: Path,
) -> None:
    root = tree(
        tmp_path,
        {
            "proc/stat": "cpu  10 20 30 400 5 6 7 8 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0",
            "proc/1/comm": "init",
            "proc/2/comm": "kworker/1:1-events",
            "proc/3/comm": "gone",
            f"proc/{os.getpid()}/comm": "python",
        },
    )

    def cpu_ns(pid: int) -> int:
        if pid == 3:
            raise ProcessLookupError(pid)
        return pid * 1000

    found = watching.snapshot(root, cpu_ns)
    assert found.by_process == {1: ("init", 1000), 2: ("kworker", 2000)}
    assert found.busy_ns == 600_000_000
    assert found.stolen == (8, 486)


def test_it_looks_as_often_as_the_time_allows(tmp_path: Path) -> None:
    slept: list[float] = []
    root = tree(tmp_path, {"proc/stat": "cpu  1 0 0 9 0 0 0 0 0 0"})
    found = watching.watch(root, 1.0, slept.append)
    assert slept == [watching.STEP_S] * 4
    assert found is not None and found.users == ()
    assert found.steal_percent is None  # no tick has passed


# --- the report ---------------------------------------------------------------------------------


def test_the_report_fits_its_width_and_says_most_of_what_is_bad() -> None:
    findings = [
        machine.others(active(KDAMOND)),
        machine.cores(cores(2)),
        machine.huge_pages(kernel()),
        unknown("turbo", "effect"),
        unknown("steal time", "effect"),
    ]
    lines = list(diagnosis.lines(findings, 60))
    assert max(map(len, lines)) <= 60
    headings = [line for line in lines if line and not line.startswith(" ")]
    assert headings == ["HARMFUL to measurements", "worth knowing", "good", "not known here"]
    assert lines[-1] == "  turbo, steal time"
    assert sum("effect:" in line for line in lines) == 2
    assert sum("remedy:" in line for line in lines) == 2
    assert "  transparent huge pages: madvise" in lines
