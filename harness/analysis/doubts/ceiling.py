"""Warnings about the target, from runs of ``raw`` under each competitor's load."""

from __future__ import annotations

from collections.abc import Iterable

from harness.analysis.summaries import CompetitorSummary, summarised
from harness.records.model import Ceiling, Doubt, TrialSummary
from harness.text import split_url
from servers.spec import DEFAULT_NAME

__all__ = ["ceiling_doubts", "unasked_doubts"]

PACED_SHARE = 0.5  # share of a competitor's median service time
PACED_NS = 300_000  # a shorter wait is transport and waking up
DOUBLED = 1.1  # if two processes gain less than this factor, the target is the limit
BUSY_WORKERS = 0.9  # above this share the workers' CPUs are the limit
# First segments of paths at which the embedded target waits.
WAITING = frozenset({"delay", "drip", "wait"})
NEAR = 0.9  # share of raw's throughput


def ceiling_doubts(trials: Iterable[TrialSummary], ceilings: Iterable[Ceiling]) -> list[Doubt]:
    """Warn of each competitor whose figures are the target's: its wait, or else its throughput."""
    summaries = {summary.label: summary for summary in summarised(trials)}
    doubts = []
    for ceiling in ceilings:
        summary = summaries.get(ceiling.label)
        if summary is not None:
            doubt = _target_paced(summary, ceiling) or _server_bound(summary, ceiling)
            doubts += [doubt] if doubt is not None else []
    return doubts


def unasked_doubts(trials: Iterable[TrialSummary]) -> list[Doubt]:
    """Note that the server is not ours: its limits are never tested, and it is not watched."""
    if not any(one.target.name == "url" and one.completed for one in trials):
        return []
    return [
        Doubt(
            "not checked",
            "run",
            "the server may have been the limit; clientbench tests only its own targets for that",
            "watch how busy the server is, or compare with a target of clientbench",
        )
    ]


def _target_paced(summary: CompetitorSummary, ceiling: Ceiling) -> Doubt | None:
    median_ns, wait_ns = summary.percentile(50), ceiling.wait_ns
    if not isinstance(median_ns, int) or wait_ns is None:
        return None
    if wait_ns < max(PACED_NS, PACED_SHARE * median_ns):
        return None
    if _is_asked_to_wait(summary):
        return Doubt(
            "paced as asked",
            summary.label,
            f"of {median_ns / 1e6:.3g} ms (median) {wait_ns / 1e6:.3g} ms are the wait in the URL, "
            "which limits throughput",
            "compare CPU, and the time added to the wait",
        )
    waits = "waits or computes" if ceiling.target_cpu_ns is None else "waits"
    return Doubt(
        "target-paced",
        summary.label,
        f"of {median_ns / 1e6:.3g} ms (median) the target {waits} {wait_ns / 1e6:.3g} ms, so mostly "
        "the target is measured",
        "use a target or a path that answers at once",
    )


def _is_asked_to_wait(summary: CompetitorSummary) -> bool:
    """Say whether the user chose a path at which our own server waits before it answers."""
    segment, _, _ = split_url(summary.url).path.removeprefix("/").partition("/")
    return summary.target.origin == DEFAULT_NAME and segment in WAITING


def _server_bound(summary: CompetitorSummary, ceiling: Ceiling) -> Doubt | None:
    """Judge by raw's throughput; this works for targets whose CPU cannot be seen, too."""
    one, two, share = ceiling.rate, ceiling.doubled_rate, ceiling.worker_share
    ours = summary.requests_per_second
    if one is None or two is None or share is None or ours is None:
        return None
    if two >= DOUBLED * one or share >= BUSY_WORKERS or ours < NEAR * max(one, two):
        return None
    return Doubt(
        "server-bound",
        summary.label,
        f"raw reaches {one:,.0f} requests/s with one process and only {two:,.0f} with two, so "
        "throughput is a lower bound",
        "give the target more CPUs",
    )
