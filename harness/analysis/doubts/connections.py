"""Doubts about connections: whether as many were opened as the run asked for, and whether ports suffice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from harness.analysis.summaries import CompetitorSummary, summarised
from harness.option_names import option
from harness.records.model import Doubt, TrialSummary
from harness.text import is_loopback

__all__ = ["Opened", "connection_doubt", "port_doubts"]

# Reconnecting once in so many requests does not show in any figure.
RARELY = 100
# How long Linux keeps the port of a connection that this machine closed first (TCP_TIMEWAIT_LEN).
TIME_WAIT_S = 60


@dataclass(frozen=True)
class Opened:
    """Connections that the target accepted from one trial, or from several, beside their requests.

    ``answered`` ≤ ``sent``: the difference is requests that failed. ``slots``: connections that may
    have been opened without a request of these, or for all of them together.
    """

    connections: int
    sent: int
    answered: int
    slots: int


def connection_doubt(
    subject: str, round_number: int, asked: Literal["keep-alive", "close"], opened: Opened
) -> Doubt | None:
    """The target's count of connections is not the one that ``--connection`` asks for.

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
        f"in round {round_number} it opened {opened.connections:,} connections for "
        f"{opened.sent:,} requests; {option('connection')} {asked} means {wanted}",
        "its figures are not those of the connections you asked for: leave it out, "
        "or look for what keeps or closes its connections",
    )


def port_doubts(trials: Sequence[TrialSummary], ports: int | None) -> list[Doubt]:
    """One for each competitor that may have run out of ports of this machine.

    ``ports``: how many the system gives to outgoing connections; None: not known. On the loopback
    interface Linux uses a port again after a second.
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
        f"it opened {rate:,.0f} connections per second; if this machine closes them first, its "
        f"{ports:,} ports are good for {ports // TIME_WAIT_S:,} per second",
        f"use a lower {option('rate')} or a wider net.ipv4.ip_local_port_range",
    )
