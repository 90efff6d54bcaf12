"""All figures of one competitor, in lines for people. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from harness.analysis.summaries import CompetitorSummary, net_cpu_per_request_ns, summarised
from harness.records.histogram import Censored, Histogram
from harness.records.model import OpenLoop, TrialSummary
from harness.records.percentiles import PERCENTILES, percentile_name
from harness.report import figures

__all__ = ["lines", "trial_lines"]

Duration = float | Censored | None


def lines(summary: CompetitorSummary, others: Sequence[CompetitorSummary]) -> Iterator[str]:
    """Yield all figures of a competitor; the CPU of a ``null`` among ``others`` is subtracted."""
    yield from _measured(summary, others)
    yield f"load: {'; '.join(_load(summary))}"
    if summary.unequal:
        yield f"unequal settings: {'; '.join(summary.unequal)}"


def trial_lines(trial: TrialSummary) -> Iterator[str]:
    """Yield all figures of one trial; those of single slices are in JSON and SQL."""
    (summary,) = summarised([trial])
    yield from _measured(summary, ())
    more = (
        f"mean memory {figures.megabytes(trial.mean_rss_bytes)} MB",
        f"{figures.with_unit(trial.cpu_wall_ns)} between readings of the CPU clocks",
        f"CPU while others were measured {figures.with_unit(trial.idle_cpu_ns)}",
        f"clientbench's own {figures.with_unit(trial.orchestrator_cpu_ns)}",
        f"{_percent(trial.target_cpu_share)} of the target's CPUs",
        f"{_percent(trial.trace_share)} traced",
        f"{trial.lost_rows:,} rows lost",
    )
    yield f"besides: {'; '.join(more)}"


def _percent(share: float | None) -> str:
    return figures.NOTHING if share is None else f"{figures.significant(100 * share)} %"


def _measured(summary: CompetitorSummary, others: Sequence[CompetitorSummary]) -> Iterator[str]:
    yield f"throughput: {'; '.join(_throughput(summary))}"
    yield f"counts: {'; '.join(_counts(summary))}"
    yield from _times(summary)
    if summary.open_loop is not None:
        yield from _open_loop(summary, summary.open_loop)
    for name, histogram in summary.phases.items():
        yield _distribution(name, histogram, f"{histogram.total:,} traced")
    yield f"CPU: {'; '.join(_cpu(summary, others))}"
    memory = (("idle", summary.idle_rss_bytes), ("peak", summary.peak_rss_bytes))
    yield f"memory: {'; '.join(f'{name} {figures.megabytes(of)} MB' for name, of in memory)}"


def _throughput(summary: CompetitorSummary) -> Iterator[str]:
    yield f"{figures.significant(summary.requests_per_second)} req/s"
    yield f"{figures.significant(summary.completions_per_second)}/s with errors"
    length = figures.with_unit(summary.window_ns)
    yield f"{length} measured in {summary.rounds} {figures.plural('round', summary.rounds)}"


def _counts(summary: CompetitorSummary) -> Iterator[str]:
    yield f"{summary.population:,} counted"
    yield f"{summary.completed:,} completed in the windows, {summary.correct:,} of them correct"
    yield f"{summary.sent:,} sent, {summary.uncounted:,} of them uncounted"
    yield f"{figures.error_count(summary)} errors"
    yield from _by_key("status", summary.status_counts)
    yield from _by_key("error", summary.error_counts)


def _by_key(what: str, counts: Mapping[int, int] | Mapping[str, int]) -> Iterator[str]:
    for key, count in sorted(counts.items()):
        yield f"{what} {key} {figures.TIMES} {count:,}"


def _times(summary: CompetitorSummary) -> Iterator[str]:
    timed_out = f"{summary.censored:,} timed out at {figures.with_unit(summary.timeout_ns)}"
    more = (
        f"mean {figures.with_unit(summary.mean_service_ns)}",
        f"{summary.service.total:,} samples",
        timed_out,
    )
    yield _percentiles("service time", [summary.percentile(p) for p in PERCENTILES], *more)
    beyond = (
        f"{percentile_name(percent)} {summary.samples_beyond(percent):,}" for percent in PERCENTILES
    )
    yield f"samples beyond: {'; '.join(beyond)}"


def _open_loop(summary: CompetitorSummary, loop: OpenLoop) -> Iterator[str]:
    response = [summary.response_percentile(percent) for percent in PERCENTILES]
    mean = f"mean {figures.with_unit(loop.mean_response_ns)}"
    yield _percentiles("response time", response, mean, f"{loop.response.total:,} samples")
    yield _distribution("queue wait", loop.queue_wait)
    yield _distribution("start delay", loop.pacer_lag)
    counts = ("planned", "late", "missed", "dropped")
    yield f"starts: {'; '.join(f'{getattr(loop, name):,} {name}' for name in counts)}"


def _cpu(summary: CompetitorSummary, others: Sequence[CompetitorSummary]) -> Iterator[str]:
    yield f"{figures.with_unit(summary.cpu_per_request_ns)} per request"
    net = net_cpu_per_request_ns(summary, others)
    if net is not None:
        yield f"{figures.with_unit(net)} net of null"
    yield f"{figures.with_unit(summary.cpu_ns)} for {summary.cpu_requests:,} requests"
    for name, cost, each in (
        ("proxy", summary.proxy_cpu_ns, summary.proxy_cpu_per_request_ns),
        ("server", summary.origin_cpu_ns, summary.origin_cpu_per_request_ns),
    ):
        if cost is not None:
            total, each_text = figures.with_unit(cost), figures.with_unit(each)
            yield f"{name} {each_text} per request, {total} in all"


def _load(summary: CompetitorSummary) -> Iterator[str]:
    yield f"{summary.http_method} {summary.url}"
    yield f"concurrency {summary.concurrency:,}"
    yield f"{summary.processes} {'process' if summary.processes == 1 else 'processes'}"
    yield f"{summary.body_bytes:,} B body"
    yield f"{summary.profile} settings"
    yield f"{summary.client_library} {summary.client_version or figures.NOTHING}"
    yield f"Python {summary.python_version}"
    if summary.client_environment is not None:
        others = [
            f"{one.name} {one.version}"
            for one in summary.client_environment.distributions
            if one.name != summary.client_library
        ]
        if others:
            yield f"with {', '.join(others)}"


def _distribution(name: str, histogram: Histogram, *more: str) -> str:
    return _percentiles(name, [histogram.percentile(p) for p in PERCENTILES], *more)


def _percentiles(name: str, values: Sequence[Duration], *more: str) -> str:
    told = (
        f"{percentile_name(percent)} {figures.with_unit(value)}"
        for percent, value in zip(PERCENTILES, values, strict=True)
    )
    return f"{name}: {'; '.join((*told, *more))}"
