"""Describes the machine of a run: host, kernel, CPU, Python, limits. Stored with every result."""

from __future__ import annotations

import os
import platform
import resource
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import psutil

from harness.machine import readings
from harness.machine.processors import Processors

__all__ = ["describe"]

ORCHESTRATOR_DISTRIBUTIONS = (
    "clientbench",
    "psutil",
    "numpy",
    "scipy",
    "sqlite-utils",
    "hdrhistogram",
)


def describe(processors: Processors, python: str) -> dict[str, Any]:
    """Describe this machine as plain JSON; ``python`` is the version that runs the clients."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return {
        "host": platform.node(),
        "system": platform.system(),
        "kernel": platform.release(),
        "machine": platform.machine(),
        "cpu": _cpu_model(),
        "cpus": os.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
        "virtualisation": _virtualisation(),
        "target_cpus": _plain(processors.target),
        "worker_cpus": _plain(processors.workers),
        "python": python,
        "orchestrator_python": platform.python_version(),
        "implementation": sys.implementation.name,
        "versions": _versions(),
        "open_files": [soft, hard],
    }


def _virtualisation(root: Path = Path("/")) -> str:
    """Return what lies between this process and the hardware, in one line; empty for nothing."""
    found = readings.virtualisation(root)
    machine = (found.machine or "virtual machine") if found.virtual else ""
    return ", ".join(filter(None, (machine, "container" if found.container else "")))


def _plain(cpus: tuple[int, ...] | None) -> list[int] | None:
    return None if cpus is None else list(cpus)


def _versions() -> dict[str, str]:
    found = {}
    for name in ORCHESTRATOR_DISTRIBUTIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # run from a source tree that is not installed
            continue
    return found


def _cpu_model() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor()
    models = [line.partition(":")[2] for line in text.splitlines() if line.startswith("model name")]
    return models[0].strip() if models else platform.machine()
