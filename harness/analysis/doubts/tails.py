"""Warnings about slow tails in closed loops: waits after the slices (see ``analysis.drain``)."""

from __future__ import annotations

import math
from collections.abc import Iterable

from harness.analysis.drain import LIMIT, Drain, settled_ns
from harness.analysis.summaries import by_label, merged
from harness.option_names import option
from harness.records.model import Doubt, TrialSummary

__all__ = ["tail_doubts"]


def tail_doubts(
    trials: Iterable[TrialSummary], think_ns: int = 0, asked_s: float = 0.0
) -> list[Doubt]:
    """Warn of slow tails in closed loops with a given duration.

    ``think_ns`` is the pause of a slot after each request. ``asked_s`` is the planned time per
    competitor; on servers that are not ours less may have been measured.
    """
    doubts = []
    for label, own in by_label(trials).items():
        drain = sum((Drain.of(trial.slices) for trial in own), Drain())
        if not drain.is_beyond():
            continue
        # two estimates: from the service times, and from the wait, which stays the same in longer
        # slices
        service = merged(trial.service for trial in own)
        settled_s = settled_ns(service, think_ns) * len(own) / 1e9
        diluted_s = drain.share / LIMIT * max(asked_s, drain.windows_ns / 1e9)
        wanted_s = math.ceil(max(settled_s, diluted_s))
        doubts += [
            Doubt(
                "slow tail",
                label,
                f"waits for responses after its slices add {100 * drain.share:.0f} % (limit "
                f"{100 * LIMIT:.0f} %), so throughput and p99 look too good",
                f"measure longer: about {option('duration')} {wanted_s}",
            )
        ]
    return doubts
