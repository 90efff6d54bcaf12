"""Doubts about open loops whose queue was still growing when their windows ended.

A window begins with an empty queue. What one of half its length would have found is what came in its first
half. If that differs by more than what is known of the whole, the window is too short for a steady state.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import fmean

from harness.competitors import by_label
from harness.model import Doubt, OpenLoop, TrialSummary
from harness.statistics import CONFIDENCE, MARGIN, half_width

__all__ = ["queue_doubts"]

FEWEST = 3  # rounds, to know how p99 and rate scatter
RELAXATIONS = 10  # of a queue: a window that long forgets that it was empty at the beginning
FULL = 0.999  # a utilisation from which on no window is long enough


def queue_doubts(trials: Iterable[TrialSummary]) -> list[Doubt]:
    """One for each competitor whose 99th percentile or achieved rate depends on how long its windows are."""
    groups = {
        label: [one for one in own if one.state == "complete" and _is_known(one.open_loop)]
        for label, own in by_label(trials).items()
    }
    judged = {label: own for label, own in groups.items() if len(own) >= FEWEST}
    found = (_doubt(label, own, len(judged)) for label, own in judged.items())
    return [doubt for doubt in found if doubt is not None]


def _is_known(loop: OpenLoop | None) -> bool:
    return loop is not None and loop.early_response is not None and loop.early_response.total > 0


def _doubt(label: str, trials: Sequence[TrialSummary], family: int) -> Doubt | None:
    for what, unit, scale, values in (
        ("p99 of the response time", "ms", 1e6, [_p99s(trial) for trial in trials]),
        ("its achieved rate", "1/s", 1.0, [_rates(trial) for trial in trials]),
    ):
        known = [(early, whole) for early, whole in values if whole]
        if known and _has_moved(known, family):
            early, whole = (fmean(column) / scale for column in zip(*known, strict=True))
            return Doubt(
                "queue not settled",
                label,
                f"{what} is {early:.4g} {unit} in the first half of its windows, "
                f"{whole:.4g} {unit} in all of them: it depends on how long they are",
                _remedy(trials),
            )
    return None


def _p99s(trial: TrialSummary) -> tuple[float, float]:
    """Of the first half and of the whole window, ns."""
    loop = trial.open_loop
    assert loop is not None and loop.early_response is not None
    return float(loop.early_response.percentile(99) or 0), float(loop.response.percentile(99) or 0)


def _rates(trial: TrialSummary) -> tuple[float, float]:
    """The same of correct responses per second."""
    loop = trial.open_loop
    assert loop is not None
    if not trial.window_ns:
        return 0.0, 0.0
    return 2e9 * (loop.early_correct or 0) / trial.window_ns, 1e9 * trial.correct / trial.window_ns


def _has_moved(values: Sequence[tuple[float, float]], family: int) -> bool:
    """Whether the halves are beyond the interval of the whole, by more than what counts as equivalent."""
    if any(early <= 0 for early, _ in values):
        return True
    wholes = [math.log(whole) for _, whole in values]
    moved = fmean(math.log(whole / early) for early, whole in values)
    half = half_width(wholes, 1 - (1 - CONFIDENCE) / family) or 0.0
    return abs(moved) > max(half, math.log1p(MARGIN))


def _remedy(trials: Sequence[TrialSummary]) -> str:
    """A longer window, by how fast a queue of that utilisation forgets; none where it is full."""
    window_ns = max(trial.window_ns for trial in trials)
    relaxation_ns = max(map(_relaxation_ns, trials))
    if math.isinf(relaxation_ns):
        return "it cannot take this load here, however long it is measured: lower --rate"
    wanted_s = max(2 * window_ns, RELAXATIONS * relaxation_ns) * len(trials) / 1e9
    return f"measure longer, about --duration {math.ceil(wanted_s)}, or lower --rate"


def _relaxation_ns(trial: TrialSummary) -> float:
    """Of the slots' queue or of the client's CPU, whichever is slower.

    The relaxation time of a queue with one server, service time s and utilisation u is about s / (1 − √u)²
    (M/M/1: Cohen, The Single Server Queue, II.2.1).
    """
    slots_ns = (trial.mean_service_ns or 0.0) / trial.concurrency
    cpu_ns = (trial.cpu_per_request_ns or 0.0) / trial.processes
    rate = trial.completed / trial.window_ns if trial.window_ns else 0.0
    return max(_of_queue(slots_ns, rate), _of_queue(cpu_ns, rate))


def _of_queue(service_ns: float, rate: float) -> float:
    utilisation = service_ns * rate
    return math.inf if utilisation > FULL else service_ns / (1 - math.sqrt(utilisation)) ** 2
