"""The load generator wrk, as a yardstick: one thread on a core of its own."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass

__all__ = ["MISSING", "WrkRun", "run_wrk"]

CONNECTIONS = 16
_PACKAGES = {"wrk": "wrk", "taskset": "util-linux"}
MISSING = [package for program, package in _PACKAGES.items() if shutil.which(program) is None]
_UNITS_NS = {"us": 1e3, "ms": 1e6, "s": 1e9}


@dataclass(frozen=True)
class WrkRun:
    """The result of one run."""

    requests: int
    rate: float  # requests per second
    p99_ns: float


def run_wrk(url: str, core: int, seconds: int) -> WrkRun:
    """Load ``url`` for so long. Raises ``RuntimeError`` if anything but success was seen."""
    command = ["taskset", "-c", str(core), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s"]
    shown = subprocess.run(
        [*command, "--latency", url],
        capture_output=True,
        text=True,
        check=True,
        timeout=seconds + 30,
    ).stdout
    if "errors" in shown or "Non-2xx" in shown:
        raise RuntimeError(f"wrk saw errors at {url}:\n{shown}")
    p99, unit = _found(r"99%\s+([\d.]+)(us|ms|s)", shown)
    return WrkRun(
        requests=int(_found(r"(\d+) requests in", shown)[0]),
        rate=float(_found(r"Requests/sec:\s+([\d.]+)", shown)[0]),
        p99_ns=float(p99) * _UNITS_NS[unit],
    )


def _found(pattern: str, text: str) -> tuple[str, ...]:
    match = re.search(pattern, text)
    if match is None:
        raise RuntimeError(f"wrk printed something else than expected:\n{text}")
    return match.groups()
