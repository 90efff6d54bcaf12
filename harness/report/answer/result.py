"""The result of a run in one sentence, or over several conditions in a few. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

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


@dataclass(frozen=True)
class _Condition:
    """One condition, and what was found in it."""

    name: str
    names: Mapping[str, str]  # of the competitors by label, the best first
    compared: Sequence[Comparison]

    @property
    def judged(self) -> Mapping[str, Comparison]:
        return {one.label: one for one in self.compared if one.verdict}

    @property
    def best(self) -> str:
        """The label of the best."""
        return next(iter(self.names))

    def name_of(self, label: str) -> str:
        return self.names.get(label, label.removesuffix(f" {self.name}"))


def sentences(
    run: RunRecord, ranked: Sequence[CompetitorSummary], comparisons: Sequence[Comparison]
) -> Iterator[str]:
    """Yield one paragraph; ``ranked`` has the best of each condition first.

    It is about throughput, or in an open loop the p99 of the response time, and says "4.4× the
    throughput", never "4.4× faster". A second sentence names those that do not hold the rate.
    """
    judged = by_condition(one for one in comparisons if one.metric == run.deciding_metric)
    found, losing = [], {}
    for condition, own in by_condition(ranked).items():
        if not judged.get(condition):
            continue
        measured = [one for one in own if one.state != "failed"] or own
        losing[condition] = [one for one in measured if run.is_open and not holds_rate(run, one)]
        names = {one.label: one.name for one in measured}
        is_won = len(losing[condition]) < len(measured)
        found.append(_Condition(condition or "", names, judged[condition] if is_won else ()))
    won = [one for one in found if one.compared]
    if len(found) == 1:
        first = [_sentence(one.names, one.compared) for one in won] or [NOBODY]
    else:
        first = [*_over_conditions(won), *_nobody([one for one in found if not one.compared])]
    said = " ".join(
        filter(None, (*first, _losses([one for own in losing.values() for one in own])))
    )
    if said:
        yield said


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


def _over_conditions(found: Sequence[_Condition]) -> Iterator[str]:
    """Yield a sentence for each client that comes first somewhere, or about the only one compared,
    and a sentence for each reason why there is no verdict.
    """
    judged = [one for one in found if one.judged]
    if judged and all(len(one.compared) == 1 for one in judged):
        parts = [_ratio_in(one, one.compared[0], is_first=one is judged[0]) for one in judged]
        yield f"{judged[0].name_of(judged[0].compared[0].label)} has {_listed(parts)}."
    else:
        yield from _firsts(judged)
    by_reason: dict[str, list[str]] = {}
    for one in found:
        if not one.judged:
            reasons = dict.fromkeys(two.reason for two in one.compared if two.reason)
            by_reason.setdefault("; ".join(reasons), []).append(one.name)
    for reason, conditions in by_reason.items():
        yield f"No verdict for {_listed(conditions)}: {reason}."


def _firsts(judged: Sequence[_Condition]) -> Iterator[str]:
    """Yield a sentence for each client that comes first in some conditions."""
    by_name: dict[str, list[_Condition]] = {}
    for one in judged:
        by_name.setdefault(one.names[one.best], []).append(one)
    told = False  # which ratios they are
    for name, own in by_name.items():
        parts = []
        for one in own:
            if found := one.judged.get(one.best):
                parts.append(f"with {_ratio_in(one, found, is_first=not told)}")
                told = True
        others = [one for one in own if one.best not in one.judged]
        plain = [one.name for one in others if one.best == one.compared[0].baseline]
        silent = [one.name for one in others if one.best != one.compared[0].baseline]
        parts += [f"for {_listed(plain)}"] if plain else []
        parts += [f"without a verdict for {_listed(silent)}"] if silent else []
        yield f"{name} comes first {_listed(parts)}."


def _ratio_in(one: _Condition, found: Comparison, *, is_first: bool) -> str:
    """*2.1× the throughput of requests for c=1 (95 % CI 2.0–2.2)*, shorter if it is not the first."""
    meant = f" the {NAMES[found.metric]} of {one.name_of(found.baseline)}" if is_first else ""
    interval = _interval(found) if is_first else figures.interval(found)
    doubt = f", {found.verdict}" if found.verdict in ("equivalent", "inconclusive") else ""
    return f"{_ratio(found)}{meant} for {one.name} ({interval}{doubt})"


def _listed(parts: Sequence[str]) -> str:
    *others, last = parts
    return f"{', '.join(others)} and {last}" if others else last


def _nobody(lost: Sequence[_Condition]) -> Iterator[str]:
    """Yield a sentence about the conditions in which nobody holds the rate."""
    if lost:
        yield f"Nobody comes first for {_listed([one.name for one in lost])}."


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
