"""The whole examination: takes and judges every reading; the worst findings come first."""

from __future__ import annotations

import contextlib
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

from harness import interrupts
from harness.clients import contamination
from harness.clients.bundle import Bundle
from harness.clients.catalogue import Catalogue, Client
from harness.doctor import installed, machine, watching
from harness.machine import readings
from harness.records.finding import STATES, Finding
from servers import engine
from servers.base import TargetError

__all__ = ["examine"]


def examine(watched_s: float, root: Path = Path("/")) -> list[Finding]:
    """Examine this machine. It takes ``watched_s`` and two seconds more."""
    found = [*_machine(root, watched_s), *_software()]
    return sorted(found, key=lambda finding: STATES.index(finding.state))


def _machine(root: Path, watched_s: float) -> Iterator[Finding]:
    average = readings.load_average(root)  # before we add to it
    activity = watching.watch(root, watched_s)
    yield machine.others(activity)
    cores = readings.cores(root)
    yield machine.load(average, None if cores is None else len(cores.allowed))
    yield from (machine.cores(cores), machine.quota(cores), machine.threads(cores))
    yield machine.virtualisation(readings.virtualisation(root))
    yield machine.steal(activity)
    frequency = readings.frequency(root)
    yield from (machine.frequency(frequency), machine.turbo(frequency))
    kernel, clock = readings.kernel(root), watching.clock()
    yield machine.clock(kernel.clock_source, kernel.other_clock_sources, clock)
    yield machine.sleep(kernel.timer_slack_ns, clock)
    yield from (machine.autogroup(kernel), machine.huge_pages(kernel))
    yield machine.open_files(*map(_number, resource.getrlimit(resource.RLIMIT_NOFILE)))
    yield machine.ports(readings.ports(root))


def _software() -> Iterator[Finding]:
    yield _docker()
    with interrupts.deferred(), Bundle() as bundle:
        known = Catalogue(bundle).clients()
    yield installed.clients(known)
    yield from installed.contaminated(_contaminations(known))
    yield installed.accelerators(known)


def _docker() -> Finding:
    try:
        with contextlib.closing(engine.connect()) as client, engine.failures("docker"):
            return installed.docker(str(client.version().get("Version", "")), None)
    except TargetError as error:
        return installed.docker(None, str(error))


def _contaminations(known: list[Client]) -> list[contamination.Contamination]:
    site = contamination.read(map(Path, filter(None, sys.path)))
    closures = {one.name: one.closure.versions.keys() for one in known if one.installed}
    return contamination.contaminations(site, closures)


def _number(limit: int) -> float:
    return float("inf") if limit == resource.RLIM_INFINITY else limit
