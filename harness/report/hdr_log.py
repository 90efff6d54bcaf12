"""A run as an HdrHistogram log (``.hlog``, version 1.3), which every HdrHistogram library reads. Pure.

A line is the histogram of one metric of one trial, under the tag ``label.metric``. Its interval is
that of the trial's round. The format is that of Java's ``HistogramLogWriter``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from harness.records.histogram import Histogram
from harness.records.model import RunRecord, TrialSummary
from harness.report.latency_metrics import IN_TAGS, histograms, names_of
from harness.text import one_line

__all__ = ["to_hlog"]

LEGEND = '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"'
NS_PER_MS = 1e6  # Interval_Max is in ms


def to_hlog(run: RunRecord, trials: Sequence[TrialSummary], *, with_matrix: bool = False) -> str:
    """Return a line per trial and metric, in the order of rounds; values are in ns.

    There are no histograms of pairs, so ``with_matrix`` changes nothing. Comments say which of the
    values are time limits.
    """
    names = names_of((one.label for one in trials), IN_TAGS)
    began_s = _seconds(run.started_at)
    lines = [
        f"#[clientbench run {one_line(run.id)}]",
        "#[Histogram log format version 1.3]",
        f"#[StartTime: {began_s:.3f} (seconds since epoch), {one_line(run.started_at)}]",
        *_time_limits(trials, names),
        LEGEND,
    ]
    for one in sorted(trials, key=lambda one: one.round):
        start_s = max(0.0, _seconds(one.started_at) - began_s)
        length_s = max(0.0, _seconds(one.ended_at) - _seconds(one.started_at))
        for metric, histogram in histograms(one).items():
            interval = f"{start_s:.3f},{length_s:.3f},{_largest_ms(histogram):.3f}"
            encoded = histogram.encode().decode("ascii")
            lines.append(f"Tag={names[one.label]}.{metric},{interval},{encoded}")
    return "\n".join(lines) + "\n"


def _time_limits(trials: Sequence[TrialSummary], names: dict[str, str]) -> Iterator[str]:
    for one in trials:
        if one.censored:
            what = f"{names[one.label]}, round {one.round}: the {one.censored} largest values"
            yield f"#[{what} are time limits of {one.timeout_ns / NS_PER_MS:g} ms, not durations]"


def _largest_ms(histogram: Histogram) -> float:
    return (histogram.percentile(100) or 0) / NS_PER_MS


def _seconds(at: str) -> float:
    """Return seconds since the epoch; 0 for a text that is no time, as an edited run may have."""
    try:
        return datetime.fromisoformat(at).timestamp()
    except (ValueError, OverflowError):
        return 0.0
