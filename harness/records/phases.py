"""Where the time of traced requests went: name resolution, TCP, TLS, first byte, transfer. Pure.

Time that a request was held is no part of any phase.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from harness.records.histogram import Histogram
from harness.worker.tracing import TRACE_COLUMNS

__all__ = ["PHASES", "TraceRow", "phases"]

TraceRow = tuple[int, ...]  # as TRACE_COLUMNS has it

# name: from one column to another
PHASES = {
    "dns": ("DNSStart", "DNSDone"),
    "tcp": ("ConnectStart", "ConnectDone"),
    "tls": ("TLSHandshakeStart", "TLSHandshakeDone"),
    "ttfb": ("START", "GotFirstResponseByte"),
    "transfer": ("GotFirstResponseByte", "END"),
}
_COLUMN = {name: number for number, name in enumerate(TRACE_COLUMNS)}
_INSTANTS = sorted({_COLUMN[name] for edges in PHASES.values() for name in edges})


def phases(rows: Iterable[TraceRow]) -> dict[str, Histogram]:
    """The phases' durations in ns; a request counts where both edges were passed and visible."""
    table = np.array(list(rows), np.int64).reshape(-1, len(TRACE_COLUMNS)).T
    arrived, held = table[_COLUMN["ARRIVED"]], table[_COLUMN["HELD"]]
    for column in _INSTANTS:
        # what came after the hold would have come earlier without it
        table[column] -= np.where((table[column] > arrived) & (arrived > 0), held, 0)
    found = {}
    for name, (first, last) in PHASES.items():
        begin, end = table[_COLUMN[first]], table[_COLUMN[last]]
        found[name] = Histogram()
        found[name].record((end - begin)[(begin > 0) & (end > 0)])
    return found
