"""Warnings that forbid a verdict, and on which metrics."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from harness.analysis.comparison import LOAD_METRICS
from harness.analysis.doubts.kinds import condemned
from harness.records.model import METRICS, Doubt, Metric

__all__ = ["barred"]

LATENCIES: Collection[Metric] = ("p50", "p99")
TAILS: Collection[Metric] = ("throughput", "p99")
BARRED: Mapping[str, Collection[Metric]] = {
    "generator-saturated": LOAD_METRICS,
    # the requests that waited longest were never sent, so the latencies leave them out
    "client-saturated": LATENCIES,
    "queue not settled": LOAD_METRICS,
    "short slices": LOAD_METRICS,
    "slow tail": TAILS,
}


def barred(doubts: Iterable[Doubt]) -> dict[str, dict[Metric, str]]:
    """Return the kind of warning that forbids a verdict, by competitor and metric.

    A client that a grave warning condemns has none on any metric, unless the kind names its own.
    """
    known = list(doubts)
    reasons: dict[str, dict[Metric, str]] = {}
    for doubt in known:
        without = METRICS if doubt in condemned([doubt]).values() else ()
        for metric in BARRED.get(doubt.kind, without):
            reasons.setdefault(doubt.subject, {}).setdefault(metric, doubt.kind)
    return reasons
