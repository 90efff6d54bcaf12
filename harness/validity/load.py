"""Doubts about an open loop: who did not hold it, the generator or the client."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from harness.competitors import competitors
from harness.model import Doubt, OpenLoop, TrialSummary

__all__ = ["open_loop_doubts", "saturated"]

LOST_STARTS = 0.001  # share of the planned
PACER_LIMIT_NS = 1_000_000


def open_loop_doubts(trials: Sequence[TrialSummary], held: Mapping[str, OpenLoop]) -> list[Doubt]:
    """Who did not hold an open loop: the generator, or the client.

    ``held`` says by label how ``null`` held the same plan; nothing is told apart without it.
    """
    doubts = []
    for summary in competitors(trials):
        ours, theirs = held.get(summary.label), summary.open_loop
        if ours is not None and _unsteady(ours):
            doubts.append(_generator_saturated(summary.label, ours))
        elif ours is not None and theirs is not None and _unsteady(theirs):
            doubts.append(_client_saturated(summary.label, theirs))
    return doubts


def saturated(doubts: Iterable[Doubt]) -> frozenset[str]:
    """The competitors whose load the generator itself did not hold: no verdict on what it falsifies."""
    return frozenset(doubt.subject for doubt in doubts if doubt.kind == "generator-saturated")


def _unsteady(loop: OpenLoop) -> bool:
    """Whether a noticeable part of the starts did not come about, or came late with a slot free."""
    lag_ns = loop.pacer_lag.percentile(99) or 0
    lost = loop.missed + loop.dropped
    return lost > LOST_STARTS * loop.planned or lag_ns > PACER_LIMIT_NS


def _generator_saturated(label: str, loop: OpenLoop) -> Doubt:
    return Doubt(
        "generator-saturated",
        label,
        f"without sending anything, {_starts(loop)}",
        "allow no verdict; lower --rate, or use more --processes or a quieter machine",
    )


def _client_saturated(label: str, loop: OpenLoop) -> Doubt:
    return Doubt(
        "client-saturated",
        label,
        f"{_starts(loop)}; with null in its place the plan is held",
        "it cannot take this load here: that is the result; for latencies lower --rate",
    )


def _starts(loop: OpenLoop) -> str:
    lost = loop.missed + loop.dropped
    lag_ms = (loop.pacer_lag.percentile(99) or 0) / 1e6
    return (
        f"{lost:,} of {loop.planned:,} planned starts were missed or dropped, "
        f"p99 of the pacer lag is {lag_ms:.3g} ms"
    )
