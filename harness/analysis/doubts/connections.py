"""Warnings about connections: their number differs from the option, or ports may run out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from harness.analysis.summaries import CompetitorSummary, summarised
from harness.option_names import option
from harness.records.model import Doubt, TrialSummary
from harness.text import is_loopback

__all__ = ["Opened", "connection_doubt", "port_doubts"]

# One reconnection per this many requests does not show in any figure.
RARELY = 100
# Linux keeps the port of a connection that this machine closed first so long (TCP_TIMEWAIT_LEN).
TIME_WAIT_S = 60


@dataclass(frozen=True)
class Opened:
    """Connections that the target accepted in one trial or several, and their numbers of requests.

    ``answered`` ≤ ``sent``: the difference is requests that failed. ``slots``: the most connections
    that keep-alive needs, and those that may be opened without sending any of these requests.
    """

    connections: int
    sent: int
    answered: int
    slots: int


def connection_doubt(
    subject: str, round_number: int, asked: Literal["keep-alive", "close"], opened: Opened
) -> Doubt | None:
    """Warn if the target's count of connections does not agree with ``--connection``.

    "close": one for each request. "keep-alive": one for each slot, and one more after each failure.
    """
    if asked == "close":
        least, most, wanted = opened.answered, opened.sent, "one for each request"
    else:
        least = 0
        most = opened.slots + opened.sent - opened.answered + opened.sent // RARELY
        wanted = f"at most {opened.slots}"
    if least <= opened.connections <= most:
        return None
    return Doubt(
        "connections differ",
        subject,
        f"it opened {opened.connections:,} connections for {opened.sent:,} requests in round "
        f"{round_number}, but {option('connection')} {asked} means {wanted}",
        "leave it out, or find out what keeps or closes its connections",
    )


def port_doubts(trials: Sequence[TrialSummary], ports: int | None) -> list[Doubt]:
    """Warn of each competitor that may have run out of this machine's ports.

    ``ports``: the number of ports for outgoing connections; None: not known. On the loopback
    interface Linux reuses a port after a second.
    """
    if ports is None:
        return []
    found = (
        _port_doubt(one, ports)
        for one in summarised(trials)
        if one.connection == "close" and not is_loopback(one.url)
    )
    return [doubt for doubt in found if doubt is not None]


def _port_doubt(summary: CompetitorSummary, ports: int) -> Doubt | None:
    rate = summary.completions_per_second or 0.0
    if summary.sent <= ports or rate * TIME_WAIT_S <= ports:
        return None
    return Doubt(
        "few ports",
        summary.label,
        f"it opened {rate:,.0f} connections/s; if this machine closes them first, its {ports:,} "
        f"ports allow {ports // TIME_WAIT_S:,}/s",
        f"use a lower {option('rate')} or a wider net.ipv4.ip_local_port_range",
    )
