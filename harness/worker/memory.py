"""A limit to the memory of a worker, so that an answer without end is an error and not the end of the machine.

Where a library reads a body whole, nobody can stop it once it has more than is wanted; the kernel can. What it
counts is private memory that can be written (RLIMIT_DATA), the stacks of threads included: not code, not our
shared segments, and not what allocators reserve.
"""

from __future__ import annotations

import resource

__all__ = ["OUT_OF_MEMORY", "lift", "limit"]

OUT_OF_MEMORY = "the answers of the server took more memory than a worker may use (see --max-body)"
_DATA = 5  # field of statm, in pages


def limit(growth_bytes: int) -> None:
    """Let this process use that much more than it does now; a stricter limit stays."""
    try:
        with open("/proc/self/statm", "rb") as statm:  # noqa: PTH123  pathlib would be one more import
            used = int(statm.read().split()[_DATA]) * resource.getpagesize()
    except OSError:  # only Linux counts this way
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if soft == resource.RLIM_INFINITY or used + growth_bytes < soft:
        resource.setrlimit(resource.RLIMIT_DATA, (used + growth_bytes, hard))


def lift() -> None:
    """Take the limit away again: to report a failure takes memory."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))
