"""All that the trials of a run leave in doubt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.model import Doubt, RunRecord, TrialSummary
from harness.validity.ceiling import ceiling_doubts
from harness.validity.disturbance import disturbance_doubts
from harness.validity.load import open_loop_doubts
from harness.validity.stationarity import stationarity_doubts
from harness.validity.trials import trial_doubts

__all__ = ["concluding_doubts"]


def concluding_doubts(run: RunRecord, trials: Sequence[TrialSummary]) -> list[Doubt]:
    """What follows from the trials and from what the run found out before them."""
    return [
        *trial_doubts(trials),
        *open_loop_doubts(trials, run.held),
        *ceiling_doubts(trials, run.ceilings),
        *disturbance_doubts(trials),
        *(stationarity_doubts(trials) if _is_steady(run.scenario) else ()),
    ]


def _is_steady(scenario: Mapping[str, Any]) -> bool:
    """Whether throughput is the clients' own, and asked to be the same from beginning to end."""
    changing = ("open_load", "held", "steps", "trace_share")
    return scenario.get("duration_s") is not None and not any(map(scenario.get, changing))
