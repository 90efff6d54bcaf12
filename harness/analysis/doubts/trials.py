"""Warnings about a competitor that follow from its own trials."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from statistics import median

from harness.analysis.comparison import ENOUGH_BEYOND, samples_beyond
from harness.analysis.summaries import CompetitorSummary, by_label, summarised
from harness.option_names import option
from harness.records.model import Doubt, TrialSummary
from harness.scenario.plan import MEDIANS_PER_SLICE

__all__ = ["short_slices_doubts", "trial_doubts"]

BUSY_TARGET = 0.9
BUSY_IDLE = 0.02
LONGER = f"measure longer ({option('duration')} or {option('requests')})"
FEWER = f"fewer rounds ({option('rounds')})"


def trial_doubts(trials: Sequence[TrialSummary]) -> list[Doubt]:
    """Return the warnings that follow from the trials, one per competitor and kind."""
    groups = by_label(trials)
    doubts: list[Doubt] = []
    for summary in summarised(trials):
        of_label = groups[summary.label]
        doubts += _server_bound(summary.label, of_label)
        doubts += _errors(summary)
        doubts += _too_few(summary.label, of_label)
        doubts += _incomplete(summary.label, of_label)
        doubts += _unmeasured(summary.label, of_label)
        doubts += _lost(summary.label, of_label)
        doubts += _not_idle(summary.label, of_label)
        doubts += _unequal(summary)
    return doubts


def _unequal(summary: CompetitorSummary) -> Iterator[Doubt]:
    """Note parity settings that the library has no switch for."""
    if summary.unequal:
        yield Doubt(
            "unequal settings",
            summary.label,
            "; ".join(summary.unequal),
            f"check with {option('profile')} defaults",
        )


def _server_bound(label: str, trials: Sequence[TrialSummary]) -> Iterator[Doubt]:
    shares = [t.target_cpu_share for t in trials if t.target_cpu_share is not None]
    if shares and sum(shares) / len(shares) >= BUSY_TARGET:
        yield Doubt(
            "server-bound",
            label,
            f"the target used {100 * sum(shares) / len(shares):.0f} % of its CPU, so throughput is a "
            "lower bound",
            "give the target more CPUs or servers",
        )


def _errors(summary: CompetitorSummary) -> Iterator[Doubt]:
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(summary.error_counts.items()))
    if summary.errors:
        yield Doubt(
            "errors",
            summary.label,
            f"{summary.errors:,} of {summary.population:,} HTTP requests failed ({kinds})",
            "fix the cause before comparing",
        )


def _too_few(label: str, trials: Sequence[TrialSummary]) -> Iterator[Doubt]:
    """Warn if a single round has too few samples: ratios of percentiles are taken within rounds."""
    measured = [trial for trial in trials if trial.window_ns and _is_sampled(trial)]
    weak = [
        percent
        for percent in (50.0, 95.0, 99.0)
        if any(samples_beyond(trial, percent) < ENOUGH_BEYOND for trial in measured)
    ]
    if weak:
        names = ", ".join(f"p{percent:g}" for percent in weak)
        fewest = min(trial.population for trial in measured)
        yield Doubt(
            "too few samples",
            label,
            f"a round of {fewest:,} samples is too short for {names}: fewer than {ENOUGH_BEYOND} lie "
            "above",
            f"{LONGER}, or in {FEWER}",
        )


def _is_sampled(trial: TrialSummary) -> bool:
    """Skip trials in which everything failed or nothing was sent: other warnings say so."""
    if trial.state == "unmeasured":
        return False
    return trial.service.total > 0 or not (trial.errors or trial.open_loop)


def _incomplete(label: str, trials: Sequence[TrialSummary]) -> Iterator[Doubt]:
    complete = sum(trial.state == "complete" for trial in trials)
    limits = ", so figures are those of the complete ones" if complete else ""
    if any(trial.state not in ("complete", "unmeasured") for trial in trials):
        yield Doubt(
            "incomplete",
            label,
            f"{complete} of {len(trials)} rounds are complete{limits}",
            "find out why, and measure again",
        )


def _unmeasured(label: str, trials: Sequence[TrialSummary]) -> Iterator[Doubt]:
    """Warn of rounds without throughput: no request started, or no response arrived, in time."""
    without = sum(trial.state == "unmeasured" for trial in trials)
    late = sum(bool(trial.population and not trial.completed) for trial in trials)
    seen = [
        f"in {number} of {len(trials)} rounds no {what} fell into the measured time"
        for number, what in ((without, "request"), (late, "response"))
        if number
    ]
    if seen:
        yield Doubt(
            "nothing measured",
            label,
            "; ".join(seen),
            f"{LONGER}, in {FEWER}, or at a higher {option('rate')}",
        )


def short_slices_doubts(
    trials: Sequence[TrialSummary], think_ns: int = 0, *, counted: bool = False
) -> list[Doubt]:
    """Warn of each competitor whose slices hold too few requests per slot, think time included.

    A slice must hold 20, or its edges weigh too much. Each trial is judged by its own median
    service time, and the competitor by the median of its trials, so that one slow round does not
    decide. ``trials`` are closed loops; with ``counted`` they end by a count.
    """
    doubts = []
    for label, own in by_label(trials).items():
        known = (_medians_held(trial, think_ns) for trial in own)
        held = [medians for medians in known if medians is not None]
        if not held or median(held) >= MEDIANS_PER_SLICE:
            continue
        number = math.floor(10 * median(held)) / 10  # 19.96 must not be shown as 20
        thinking = " with think times" if think_ns else ""
        doubts += [
            Doubt(
                "short slices",
                label,
                f"slices last {number:g} median service times{thinking}; a verdict needs "
                f"{MEDIANS_PER_SLICE}",
                f"measure longer ({_longer(own, counted)}), in {FEWER}, "
                f"or with less {option('concurrency')}",
            )
        ]
    return doubts


def _longer(trials: Sequence[TrialSummary], counted: bool) -> str:
    if not counted:
        return option("duration")
    slots = max(one.concurrency for one in trials)
    return f"{option('requests')} {MEDIANS_PER_SLICE * slots * len(trials)}"


def _medians_held(trial: TrialSummary, think_ns: int) -> float | None:
    """Return the shortest slice ÷ (median service time + think time)."""
    median_ns = trial.service.percentile(50)
    lengths = [one.end_ns - one.start_ns for one in trial.slices]
    return min(lengths) / (median_ns + think_ns) if median_ns and lengths else None


def _lost(label: str, trials: Sequence[TrialSummary]) -> Iterator[Doubt]:
    lost = sum(trial.lost_rows for trial in trials)
    if lost:
        yield Doubt(
            "rows lost",
            label,
            f"{lost:,} of {sum(trial.sent for trial in trials):,} requests were not recorded in time",
            "leave clientbench more CPU",
        )


def _not_idle(label: str, trials: Sequence[TrialSummary]) -> Iterator[Doubt]:
    """Warn of a client whose background threads slow the others down while they are measured."""
    idle = sum(trial.idle_cpu_ns for trial in trials)
    busy = sum(trial.cpu_ns for trial in trials)
    if busy and idle / busy >= BUSY_IDLE:
        yield Doubt(
            "not idle",
            label,
            f"it used {idle / 1e6:.0f} ms of CPU while others were measured, which slows them",
            "compare it alone against each of the others",
        )
