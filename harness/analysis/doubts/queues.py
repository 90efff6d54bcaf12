"""Warnings about open loops whose windows are too short for their queue.

A window begins with an empty queue, so a short one makes a client near its limit look better than
it is. Two tests detect this. From the utilisation follows the relaxation time of the queue, and a
window must be many times as long. And the first half of a window is compared with the whole: if the
two differ by more than the confidence interval, the figures still depend on the window's length.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import fmean

from harness.analysis.statistics import MARGIN, half_width
from harness.analysis.summaries import by_label
from harness.option_names import option
from harness.records.confidence import CONFIDENCE
from harness.records.histogram import Histogram, rank
from harness.records.model import Doubt, TrialSummary

__all__ = ["RELAXATIONS", "has_moved", "queue_doubts", "relaxation_ns"]

KIND = "queue not settled"
FEWEST = 3  # rounds, to know how p99 and rate scatter
# Samples above the p99 of a half: with fewer, the p99 of the whole is higher merely by its size.
FEWEST_BEYOND = 5
# With windows this many relaxation times long p99 is at most a tenth too low: benchmarks/queues.py.
RELAXATIONS = 30
FULL = 0.999  # above this utilisation no window is long enough


def queue_doubts(trials: Iterable[TrialSummary], *, counted: bool = False) -> list[Doubt]:
    """Warn of each competitor whose p99 or achieved rate depends on the length of its windows.

    ``trials`` have a constant rate. Windows that end by a count (``counted``) have no halves.
    """
    groups = {
        label: [one for one in own if one.state == "complete" and _is_judged(one, counted)]
        for label, own in by_label(trials).items()
    }
    judged = {label: own for label, own in groups.items() if own}
    found = (_doubt(label, own, len(judged), counted) for label, own in judged.items())
    return [doubt for doubt in found if doubt is not None]


def _is_judged(trial: TrialSummary, counted: bool) -> bool:
    loop = trial.open_loop
    if loop is None or not trial.slices:
        return False
    return counted or (loop.early_response is not None and loop.early_response.total > 0)


def _doubt(label: str, trials: Sequence[TrialSummary], family: int, counted: bool) -> Doubt | None:
    service_ns, utilisation = _busiest(trials)
    window_ns = min(part.end_ns - part.start_ns for trial in trials for part in trial.slices)
    wanted_ns = RELAXATIONS * relaxation_ns(service_ns, utilisation)
    if window_ns < wanted_ns:
        message = (
            f"at a utilisation of {100 * utilisation:.0f} %, windows of {window_ns / 1e9:.3g} s are "
            "too short for the queue to settle"
        )
    else:
        moved = None if counted else _moved(trials, family)
        if moved is None:
            return None
        message, wanted_ns = moved, max(wanted_ns, 2 * window_ns)
    return Doubt(KIND, label, message, _remedy(wanted_ns, trials, counted))


def _moved(trials: Sequence[TrialSummary], family: int) -> str | None:
    """Describe the figure that differs between the first half of windows and the whole, if any."""
    for what, unit, scale, values in (
        ("p99 of the response time", "ms", 1e6, [_p99s(trial) for trial in trials]),
        # with few samples p99 cannot be compared; the mean depends less on their number
        ("its mean response time", "ms", 1e6, [_means(trial) for trial in trials]),
        ("its achieved rate", "1/s", 1.0, [_rates(trial) for trial in trials]),
    ):
        known = [(early, whole) for early, whole in values if whole]
        if len(known) >= FEWEST and has_moved(known, family):
            early, whole = (fmean(column) / scale for column in zip(*known, strict=True))
            return (
                f"{what} is {early:.4g} {unit} in the first half of its windows and "
                f"{whole:.4g} {unit} overall, so it depends on their length"
            )
    return None


def _p99s(trial: TrialSummary) -> tuple[float, float]:
    """Return p99 of the first half and of the whole, ns; zeros if the half has too few samples."""
    loop = trial.open_loop
    assert loop is not None and loop.early_response is not None
    if not _has_p99(loop.early_response):
        return 0.0, 0.0
    return float(loop.early_response.percentile(99) or 0), float(loop.response.percentile(99) or 0)


def _means(trial: TrialSummary) -> tuple[float, float]:
    """Return the means of the first half and of the whole, ns; zeros where p99 is compared."""
    loop = trial.open_loop
    assert loop is not None and loop.early_response is not None
    if _has_p99(loop.early_response) or not loop.early_response.total:
        return 0.0, 0.0
    return _mean(loop.early_response), _mean(loop.response)


def _has_p99(early: Histogram) -> bool:
    return early.total - rank(99, early.total) >= FEWEST_BEYOND


def _mean(response: Histogram) -> float:
    return sum(value * count for value, count in response.counted()) / response.total


def _rates(trial: TrialSummary) -> tuple[float, float]:
    """Return correct responses per second of the first half and of the whole.

    The first half is scaled by its share of the arrivals: with bursts, random arrivals or an odd
    number of them that share is not one half, whatever the client does.
    """
    loop = trial.open_loop
    assert loop is not None and loop.early_response is not None
    if not trial.window_ns or not loop.response.total:
        return 0.0, 0.0
    due = loop.early_response.total / loop.response.total
    early_ns = trial.window_ns * due
    return 1e9 * (loop.early_correct or 0) / early_ns, 1e9 * trial.correct / trial.window_ns


def has_moved(values: Sequence[tuple[float, float]], family: int) -> bool:
    """Say whether first half and whole differ by more than the interval, and than the margin."""
    if any(early <= 0 for early, _ in values):
        return True
    wholes = [math.log(whole) for _, whole in values]
    moved = fmean(math.log(whole / early) for early, whole in values)
    half = half_width(wholes, 1 - (1 - CONFIDENCE) / family) or 0.0
    return abs(moved) > max(half, math.log1p(MARGIN))


def _remedy(wanted_ns: float, trials: Sequence[TrialSummary], counted: bool) -> str:
    """Say how to get windows of ``wanted_ns``."""
    if math.isinf(wanted_ns):
        return f"measuring longer does not help, the queue is full: lower {option('rate')}"
    total_s = wanted_ns * len(trials) / 1e9
    whole = f"in whole rounds (without {option('slice')}), " if len(trials[0].slices) > 1 else ""
    if whole and not counted and sum(one.window_ns for one in trials) >= total_s * 1e9:
        # whole rounds are long enough
        return f"measure in whole rounds (without {option('slice')}), or lower {option('rate')}"
    length = f"{option('duration')} {math.ceil(total_s)}"
    if counted:
        rate = sum(one.completed for one in trials) * 1e9 / sum(one.window_ns for one in trials)
        length = f"{option('requests')} {math.ceil(total_s * rate)}"
    return f"measure longer, {whole}about {length}, or lower {option('rate')}"


def _busiest(trials: Sequence[TrialSummary]) -> tuple[float, float]:
    """Return service time (ns) and utilisation of the slowest queue: slots, client, or target."""
    window_ns = sum(trial.window_ns for trial in trials)
    rate = sum(trial.completed for trial in trials) / window_ns if window_ns else 0.0
    if not rate:
        return 0.0, 0.0
    slots_ns = fmean((one.mean_service_ns or 0.0) / one.concurrency for one in trials)
    cpu_ns = fmean((one.cpu_per_request_ns or 0.0) / one.processes for one in trials)
    target_ns = fmean(one.target_cpu_share or 0.0 for one in trials) / rate
    queues = [(service_ns, service_ns * rate) for service_ns in (slots_ns, cpu_ns, target_ns)]
    return max(queues, key=lambda queue: relaxation_ns(*queue))


def relaxation_ns(service_ns: float, utilisation: float) -> float:
    """Return the relaxation time of a queue with one server: s / (1 − √u)².

    This is exact for M/M/1 (Cohen, The Single Server Queue, II.2.1), and about right for others.
    """
    if utilisation > FULL:
        return math.inf
    return service_ns / (1 - math.sqrt(utilisation)) ** 2
