"""Phases of traced requests: name resolution, TCP, TLS, first byte, transfer. Pure.

The time for which a request was held belongs to no phase.
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
    """Return the phases' durations in ns; a request counts if both edges were passed
    and visible.
    """
    table = np.array(list(rows), np.int64).reshape(-1, len(TRACE_COLUMNS)).T
    arrived, held = table[_COLUMN["ARRIVED"]], table[_COLUMN["HELD"]]
    for column in _INSTANTS:
        # without the hold, everything after it would have come earlier
        table[column] -= np.where((table[column] > arrived) & (arrived > 0), held, 0)
    found = {}
    for name, (first, last) in PHASES.items():
        begin, end = table[_COLUMN[first]], table[_COLUMN[last]]
        found[name] = Histogram()
        found[name].record((end - begin)[(begin > 0) & (end > 0)])
    return found
