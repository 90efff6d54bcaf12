"""A memory limit for workers: an endless answer causes an error and not a crash of the machine.

If a library reads bodies whole, only the kernel can stop it. The limit (RLIMIT_DATA) counts private
writable memory, including stacks of threads; not code, our shared segments, or address space that
allocators reserve.
"""

from __future__ import annotations

import resource

__all__ = ["OUT_OF_MEMORY", "lift", "limit"]

OUT_OF_MEMORY = "the answers of the server took more memory than a worker may use (see --max-body)"
_DATA = 5  # field of statm, in pages


def limit(growth_bytes: int) -> None:
    """Let this process use that many more bytes than now; a stricter limit stays."""
    try:
        with open("/proc/self/statm", "rb") as statm:  # noqa: PTH123  pathlib would be one more import
            used = int(statm.read().split()[_DATA]) * resource.getpagesize()
    except OSError:  # only Linux counts this way
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if soft == resource.RLIM_INFINITY or used + growth_bytes < soft:
        resource.setrlimit(resource.RLIMIT_DATA, (used + growth_bytes, hard))


def lift() -> None:
    """Remove the limit: reporting a failure needs memory."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))
