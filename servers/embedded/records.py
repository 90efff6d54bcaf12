"""The records of the target's log, as its reader gets them.

Every instant is CLOCK_MONOTONIC in nanoseconds (``time.monotonic_ns``), the clock that every
process of this machine shares; 0 stands for what has not happened. Every field is a whole number,
so that ``numpy.array(log.requests)`` is a table with a row per request.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["ConnectionRecord", "RequestRecord", "StallRecord", "TruthLog"]


class RequestRecord(NamedTuple):
    """One counted request.

    ``id`` is its ``X-Request-Id`` (up to 18 decimal digits), 0 where there is none. ``port`` is the
    client's. ``arrival_ns``: its header section was parsed to the end. ``wait_ns``: how long the
    answer was meant to wait from there (a body counts as the client's own time: the wait starts
    when it is complete). ``written_ns``: the answer, or the header section of a streamed one, was
    handed to the transport, which sends it at once if the client keeps up. ``end_ns``: the same
    for the answer's last byte. Both are taken just before, so that no client has it sooner.
    """

    id: int
    port: int
    arrival_ns: int
    wait_ns: int
    written_ns: int
    end_ns: int


class ConnectionRecord(NamedTuple):
    """One connection that was opened while the log was on.

    ``port`` is the client's. ``accepted_ns``: the event loop took it from the kernel's queue, where
    the TCP handshake was already done. ``handshake_ns``: the TLS handshake was complete (0 without
    TLS; a connection whose handshake fails has no record). ``first_byte_ns``: the first bytes of a
    request were read, with TLS deciphered. ``closed_ns``: it was closed by either side, as far as
    the server could see.
    """

    port: int
    accepted_ns: int
    handshake_ns: int
    first_byte_ns: int
    closed_ns: int


class StallRecord(NamedTuple):
    """One stall: start and end of the time in which the server did nothing."""

    start_ns: int
    end_ns: int


@dataclass(frozen=True)
class TruthLog:
    """The content of the log: records in the order in which they were begun.

    The ``left_out`` numbers count the records for which the log was full.
    """

    requests: list[RequestRecord]
    connections: list[ConnectionRecord]
    stalls: list[StallRecord]
    left_out_requests: int
    left_out_connections: int
    left_out_stalls: int
