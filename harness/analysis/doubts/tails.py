"""Doubts about closed loops whose waiting lies outside their slices (see ``harness.analysis.drain``)."""

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
    """Of closed loops of a given time; ``think_ns`` is the pause of a slot after each request.

    ``asked_s`` is what was to be measured of each competitor: of somebody's server it may have been less.
    """
    doubts = []
    for label, own in by_label(trials).items():
        drain = sum((Drain.of(trial.slices) for trial in own), Drain())
        if not drain.is_beyond():
            continue
        # by what was seen of the requests; and by what was waited, which is the same after longer slices
        service = merged(trial.service for trial in own)
        settled_s = settled_ns(service, think_ns) * len(own) / 1e9
        diluted_s = drain.share / LIMIT * max(asked_s, drain.windows_ns / 1e9)
        wanted_s = math.ceil(max(settled_s, diluted_s))
        doubts += [
            Doubt(
                "slow tail",
                label,
                f"after its slices, slots waited for answers for {100 * drain.share:.0f} % of the measured "
                f"time, more than {100 * LIMIT:.0f} %: throughput and tail look better than they are",
                f"measure longer: about {option('duration')} {wanted_s}",
            )
        ]
    return doubts
