"""Doubts about the target, from what ``raw`` did in the place of the competitors."""

from __future__ import annotations

from collections.abc import Iterable

from harness.analysis.summaries import CompetitorSummary, summarised
from harness.records.model import Ceiling, Doubt, TrialSummary
from harness.text import split_url
from servers.spec import DEFAULT_NAME

__all__ = ["ceiling_doubts", "unasked_doubts"]

PACED_SHARE = 0.5  # of a competitor's median service time
PACED_NS = 300_000  # less is the way there and back, and waking up
DOUBLED = 1.1  # what twice the processes must bring at least, or the target is the limit
BUSY_WORKERS = 0.9  # from here on the workers' CPUs are the limit
WAITING = ("/wait", "/delay")  # paths of the embedded target
NEAR = 0.9  # of raw's throughput


def ceiling_doubts(trials: Iterable[TrialSummary], ceilings: Iterable[Ceiling]) -> list[Doubt]:
    """Whether a competitor's figures are those of the target; of one that is paced nothing else is said."""
    summaries = {summary.label: summary for summary in summarised(trials)}
    doubts = []
    for ceiling in ceilings:
        summary = summaries.get(ceiling.label)
        if summary is not None:
            doubt = _target_paced(summary, ceiling) or _server_bound(summary, ceiling)
            doubts += [doubt] if doubt is not None else []
    return doubts


def unasked_doubts(trials: Iterable[TrialSummary]) -> list[Doubt]:
    """One against somebody's server, which is never tested for its limits, nor watched."""
    if not any(one.target.name == "url" and one.completed for one in trials):
        return []
    return [
        Doubt(
            "not checked",
            "run",
            "whether the server was the limit, or had a queue of its own: one that is not clientbench's own "
            "gets no test of that",
            "see how busy it is, or compare with a target of clientbench's own",
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
            f"the target waits {wait_ns / 1e6:.3g} ms of {median_ns / 1e6:.3g} ms, as asked, and "
            "throughput follows from that",
            "compare CPU, and what is added to the wait",
        )
    unseen = ", its unseen computing included," if ceiling.target_cpu_ns is None else ""
    return Doubt(
        "target-paced",
        summary.label,
        f"the target lets even one connection of raw wait{unseen} for {wait_ns / 1e6:.3g} ms; "
        f"the median service time is {median_ns / 1e6:.3g} ms",
        "it is the target's wait that is measured, not the client: use a target or a path that answers at once",
    )


def _is_asked_to_wait(summary: CompetitorSummary) -> bool:
    """Whether the path is one at which our own server waits before it answers."""
    path = split_url(summary.url).path
    return summary.target.name == DEFAULT_NAME and path.startswith(WAITING)


def _server_bound(summary: CompetitorSummary, ceiling: Ceiling) -> Doubt | None:
    """By the throughput that raw had, for targets whose CPU cannot be seen."""
    one, two, share = ceiling.rate, ceiling.doubled_rate, ceiling.worker_share
    ours = summary.requests_per_second
    if one is None or two is None or share is None or ours is None:
        return None
    if two >= DOUBLED * one or share >= BUSY_WORKERS or ours < NEAR * max(one, two):
        return None
    return Doubt(
        "server-bound",
        summary.label,
        f"raw gets {one:,.0f} requests/s here by one process and {two:,.0f} by two, and has CPU to spare",
        "its throughput is a lower bound; give the target more cores",
    )
