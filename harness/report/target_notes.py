"""Lines about the targets of a run, for people. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from operator import attrgetter

from harness.analysis.summaries import CompetitorSummary, summarised
from harness.option_names import option
from harness.records.model import RunRecord, TrialSummary
from harness.report import figures
from servers.spec import DEFAULT_NAME

__all__ = ["target_notes"]

# Besides the target's name, these must be equal to attribute a difference to the proxy.
_rest = attrgetter("target.runtime", "target.tls", "client_library", "client_type", "event_loop")


def target_notes(run: RunRecord, trials: Sequence[TrialSummary]) -> list[str]:
    """List the targets, the spread of requests over their servers, and the cost of proxies."""
    summaries = summarised(trials)
    return [*_targets(run), *_spreads(run), *_proxy_costs(summaries)]


def _targets(run: RunRecord) -> list[str]:
    """List the targets, unless there is only the built-in server."""
    if [record.spec.name for record in run.targets] == [DEFAULT_NAME] and not run.spreads:
        return []
    return [
        f"target: {record.spec}"
        + "".join(
            f", {name} {version}"
            for name, version in record.description.items()
            if name in (record.spec.name, record.spec.upstream)
        )
        for record in run.targets
    ]


def _spreads(run: RunRecord) -> list[str]:
    """Return the share of requests that each server got, over all rounds."""
    lines = []
    for index, record in enumerate(run.targets):
        counts: Counter[str] = Counter()
        for spread in run.spreads:
            if spread.target == index:
                counts[spread.instance] += spread.requests
        total = counts.total()
        if total:
            shares = ", ".join(
                f"{name} {100 * count / total:.1f} %" for name, count in counts.items()
            )
            requests = f"{total:,} {figures.plural('request', total)}"
            lines.append(f"spread: {record.spec}: {requests}: {shares}")
    return lines


def _proxy_costs(summaries: Sequence[CompetitorSummary]) -> list[str]:
    return [
        f"proxy: {summary.label}: {figures.microseconds(summary.proxy_cpu_per_request_ns)} µs of CPU "
        f"per request in the proxy, {figures.microseconds(summary.origin_cpu_per_request_ns)} µs in the "
        f"servers behind it; {_added_latency(summary, summaries)}"
        for summary in summaries
        if summary.target.upstream and summary.proxy_cpu_per_request_ns is not None
    ]


def _added_latency(summary: CompetitorSummary, summaries: Sequence[CompetitorSummary]) -> str:
    """Compare with the latencies of the same client and server without a proxy in the same run."""
    direct = next((other for other in summaries if _is_direct(summary, other)), None)
    name = summary.target.upstream
    if direct is None:
        return f"add {option('target')} {name} to see the latency it adds"
    added = []
    for percent in (50, 99):
        through, without = summary.percentile(percent), direct.percentile(percent)
        if isinstance(through, int) and isinstance(without, int):
            sign = "+" if through >= without else "−"
            added.append(f"p{percent} {sign}{figures.latency_ms(abs(through - without))} ms")
    return f"{', '.join(added)} over {direct.label}" if added else "its latencies are unknown"


def _is_direct(summary: CompetitorSummary, other: CompetitorSummary) -> bool:
    return other.target.name == summary.target.upstream and _rest(other) == _rest(summary)
