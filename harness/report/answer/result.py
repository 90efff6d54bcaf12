"""The result of a run in one sentence for each condition. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from harness.analysis.losses import holds_rate, lost_share
from harness.analysis.summaries import CompetitorSummary
from harness.records.conditions import by_condition
from harness.records.confidence import CONFIDENCE
from harness.records.model import Comparison, Metric, RunRecord
from harness.report import figures

__all__ = ["sentences"]

LEVEL = f"{100 * CONFIDENCE:g} % CI"
NAMES: Mapping[Metric, str] = {"throughput": "throughput", "p99": "p99 response time"}
LOST = "failed or were never sent"
NOBODY = "Nobody comes first."
COUNTED = {
    "faster": "better",
    "slower": "worse",
    "equivalent": "equivalent",
    "inconclusive": "inconclusive",
    "None": "without a verdict",
}


def sentences(
    run: RunRecord, ranked: Sequence[CompetitorSummary], comparisons: Sequence[Comparison]
) -> Iterator[str]:
    """Yield one sentence for each condition; ``ranked`` has the best of each first.

    It is about throughput, or in an open loop the p99 of the response time, and says "4.4× the
    throughput", never "4.4× faster". A second sentence names those that do not hold the rate.
    """
    judged = by_condition(one for one in comparisons if one.metric == run.deciding_metric)
    for condition, own in by_condition(ranked).items():
        if judged.get(condition):
            measured = [one for one in own if one.state != "failed"] or own
            names = {one.label: one.name for one in measured}
            losing = [one for one in measured if run.is_open and not holds_rate(run, one)]
            is_won = len(losing) < len(measured)
            said = _sentence(names, judged[condition]) if is_won else NOBODY
            said = " ".join(filter(None, (said, _losses(losing))))
            yield f"{condition}: {said}" if condition is not None else said


def _sentence(names: Mapping[str, str], compared: Sequence[Comparison]) -> str:
    """Return the sentence; ``names`` are those of the competitors by label, the best first."""
    metric, baseline = compared[0].metric, compared[0].baseline
    against = names.get(baseline, baseline)
    judged = {one.label: one for one in compared if one.verdict}
    if not judged:
        reasons = dict.fromkeys(one.reason for one in compared if one.reason)
        return f"No verdict on {NAMES[metric]}: {'; '.join(reasons)}."
    if len(compared) == 1:
        return _pair(names, compared[0])
    first = next(iter(names))
    said = f"{names[first]} comes first"
    if first in judged:
        ratio = f"{_ratio(judged[first])} the {NAMES[metric]} of {against}"
        verdict = judged[first].verdict
        said += f" ({verdict})" if verdict in ("equivalent", "inconclusive") else ""
        said += f", with {ratio} ({_interval(judged[first])})"
    elif first != baseline:
        said += ", without a verdict"
    return f"{said}. Against {against}: {_counts(judged, len(compared) - len(judged))}."


def _losses(losing: Sequence[CompetitorSummary]) -> str:
    """Say which competitors do not hold the rate; empty without any."""
    shares = {one.name: f"{figures.significant(100 * lost_share([one]), 2)} %" for one in losing}
    if len(shares) == 1:
        ((name, share),) = shares.items()
        return f"{name} does not hold the rate: {share} of its HTTP requests {LOST}."
    told = ", ".join(f"{name} {share}" for name, share in shares.items())
    share = f"the share of HTTP requests that {LOST}"
    return f"These do not hold the rate, with {share}: {told}." if told else ""


def _pair(names: Mapping[str, str], one: Comparison) -> str:
    label, baseline = (names.get(key, key) for key in (one.label, one.baseline))
    metric = NAMES[one.metric]
    if one.verdict == "equivalent":
        return f"{label} and {baseline} have equivalent {metric} ({_interval(one)})."
    if one.verdict == "inconclusive":
        return (
            f"No difference between {label} and {baseline} is established: "
            f"{_ratio(one)} the {metric} ({_interval(one)})."
        )
    return f"{label} has {_ratio(one)} the {metric} of {baseline} ({_interval(one)})."


def _counts(judged: Mapping[str, Comparison], silent: int) -> str:
    counts = Counter(str(one.verdict) for one in judged.values())
    counts["None"] = silent
    return ", ".join(
        f"{counts[verdict]} {word}" for verdict, word in COUNTED.items() if counts[verdict]
    )


def _ratio(one: Comparison) -> str:
    return figures.significant(one.ratio) + figures.TIMES


def _interval(one: Comparison) -> str:
    return f"{LEVEL} {figures.interval(one)}"
