"""All warnings that follow from the trials of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.analysis.doubts.ceiling import ceiling_doubts, unasked_doubts
from harness.analysis.doubts.disturbance import disturbance_doubts
from harness.analysis.doubts.load import open_loop_doubts
from harness.analysis.doubts.queues import queue_doubts
from harness.analysis.doubts.stationarity import stationarity_doubts
from harness.analysis.doubts.tails import tail_doubts
from harness.analysis.doubts.trials import short_slices_doubts, trial_doubts
from harness.records.model import Doubt, RunRecord, TrialSummary

__all__ = ["concluding_doubts", "load_doubts"]


def concluding_doubts(run: RunRecord, trials: Sequence[TrialSummary]) -> list[Doubt]:
    """Return the warnings that follow from the trials and from the tests before them."""
    return [
        *trial_doubts(trials),
        *load_doubts(run, trials),
        *ceiling_doubts(trials, run.ceilings),
        *(unasked_doubts(trials) if not run.scenario.get("held") else ()),
        *disturbance_doubts(trials, run.other_load, run.environment.get("cpus")),
        *(stationarity_doubts(trials) if _is_steady(run.scenario) else ()),
    ]


def load_doubts(run: RunRecord, trials: Sequence[TrialSummary]) -> list[Doubt]:
    """Warn if the load differed from the scenario's, or if slices were too short for it."""
    scenario = run.scenario
    think_ns = round((scenario.get("think_time_s") or 0.0) * 1e9)
    counted = scenario.get("duration_s") is None
    return [
        *(short_slices_doubts(trials, think_ns, counted=counted) if _is_loop(scenario) else ()),
        *(tail_doubts(trials, think_ns, scenario["duration_s"]) if _is_closed(scenario) else ()),
        *open_loop_doubts(trials, run.held),
        *(queue_doubts(trials, counted=counted) if _has_constant_rate(scenario) else ()),
    ]


def _has_constant_rate(scenario: Mapping[str, Any]) -> bool:
    """Say whether this is an open loop without stages, whose halves differ on purpose."""
    return bool((scenario.get("open_load") or {}).get("rate"))


def _is_loop(scenario: Mapping[str, Any]) -> bool:
    """Say whether this is a closed loop: slots send again when they are done."""
    return not any(map(scenario.get, ("open_load", "held")))


def _is_closed(scenario: Mapping[str, Any]) -> bool:
    """Say whether a closed loop runs with constant concurrency for a given time."""
    return (
        _is_loop(scenario) and scenario.get("duration_s") is not None and not scenario.get("steps")
    )


def _is_steady(scenario: Mapping[str, Any]) -> bool:
    """Say whether the clients set the throughput, and should keep it from beginning to end."""
    return _is_closed(scenario) and not scenario.get("trace_share")
