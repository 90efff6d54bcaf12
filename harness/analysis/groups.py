"""Groups of a round in its trials: who shared blocks with whom. Pure.

Groups run one after the other, so a drift of the machine lies between them. It cancels if a client
is compared with the slices of the baseline in its own group.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from harness.records.model import TrialSummary

__all__ = ["beside", "number_of_groups"]


def beside(theirs: TrialSummary, ours: TrialSummary) -> TrialSummary:
    """Return ``theirs``, of several groups, as measured in the one of ``ours``; else unchanged.

    Throughput, CPU per request and latencies are then those of that group. Counts of errors and
    memory stay those of the whole trial.
    """
    blocks = {one.block for one in ours.slices}
    slices = tuple(one for one in theirs.slices if one.block in blocks)
    group = next((one for one in theirs.groups if one.first_block in blocks), None)
    if ours.groups or group is None:
        return theirs
    loop = theirs.open_loop
    return replace(
        theirs,
        slices=slices,
        window_ns=sum(one.end_ns - one.start_ns for one in slices),
        completed=sum(one.completed for one in slices),
        correct=sum(one.correct for one in slices),
        cpu_ns=sum(one.cpu_ns for one in slices),
        cpu_requests=sum(one.cpu_requests for one in slices),
        censored=group.censored,
        service=group.latencies if loop is None else theirs.service,
        open_loop=None if loop is None else replace(loop, response=group.latencies),
    )


def number_of_groups(trials: Iterable[TrialSummary]) -> int:
    """Return how many groups a round had at most: each begins with a block of its own."""
    firsts: dict[int, set[int]] = {}
    for trial in trials:
        if trial.slices and not trial.groups:
            firsts.setdefault(trial.round, set()).add(min(one.block for one in trial.slices))
    return max(map(len, firsts.values()), default=1)
