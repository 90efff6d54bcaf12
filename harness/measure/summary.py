"""The summary of a trial from its records, counts and costs. Pure except for the new id."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from harness.measure.contenders import Contender
from harness.measure.meters import Costs
from harness.measure.populations import Population, Starts
from harness.measure.samples import Fold, WindowCounts
from harness.measure.worker_counts import WorkerCounts
from harness.records.endpoint_summary import EndpointSummary
from harness.records.model import (
    GroupLatencies,
    OpenLoop,
    Reading,
    SliceRecord,
    TrialState,
    TrialSummary,
    UnexpectedAnswer,
)
from harness.records.phases import TraceRow
from harness.worker.tracing import TRACE_COLUMNS

__all__ = ["Recorded", "summarise"]

START = TRACE_COLUMNS.index("START")


@dataclass(frozen=True)
class Recorded:
    """The records, counts and costs of a trial, which failed if there is a ``reason``.

    ``folds`` hold its windows by group, warm-up excluded; ``traces`` are rows of TRACE_COLUMNS, of
    any requests.
    """

    round_number: int
    reason: str | None
    started_at: str
    ended_at: str
    gil: bool
    folds: Sequence[Fold]
    counts: WorkerCounts
    sent: int
    lost_rows: int
    costs: Costs
    slices: Sequence[SliceRecord]
    readings: Sequence[Reading]
    traces: Iterable[Sequence[int]]
    answer: UnexpectedAnswer | None


# long: a line for each field of the summary
def summarise(contender: Contender, recorded: Recorded) -> TrialSummary:
    """Return the summary of a contender's trial."""
    fold, slices, costs = reduce(Fold.merged, recorded.folds), recorded.slices, recorded.costs
    whole = fold.whole
    window_ns = sum(window.end_ns - window.start_ns for window in fold.windows)
    state = _state(recorded.reason, fold)
    environment = contender.environment
    return TrialSummary(
        id=str(uuid.uuid4()),
        label=contender.label,
        condition=contender.condition,
        round=recorded.round_number,
        state=state,
        reason=f"no request fell into the measured time of {window_ns / 1e9:.3g} s"
        if state == "unmeasured"
        else recorded.reason,
        client_library=contender.client.name,
        client_type=contender.mode,
        client_version=contender.client.version or "",
        versions={**contender.versions, **contender.client.linked},
        python_version=contender.python_version,
        client_environment=replace(
            environment, interpreter=replace(environment.interpreter, gil=recorded.gil)
        ),
        event_loop=contender.loop,
        profile=contender.settings.profile,
        unequal=contender.unequal,
        http_version=contender.http_version,
        http_method=contender.shown_method,
        url=contender.shown_url,
        body_bytes=contender.body_bytes,
        concurrency=contender.concurrency,
        processes=contender.processes,
        started_at=recorded.started_at,
        ended_at=recorded.ended_at,
        window_ns=window_ns,
        completed=sum(window.completed for window in fold.windows),
        correct=sum(window.correct for window in fold.windows),
        population=whole.size,
        service=whole.service,
        censored=whole.censored,
        timeout_ns=max(one.timeout_ns for one in contender.rules),
        mean_service_ns=_mean_of_correct(whole.service_sum_ns, whole),
        status_counts=dict(whole.statuses),
        error_counts=dict(whole.errors),
        cpu_ns=sum(slice_.cpu_ns for slice_ in slices),
        cpu_wall_ns=costs.wall_ns,
        cpu_requests=sum(slice_.cpu_requests for slice_ in slices),
        idle_cpu_ns=costs.idle.used_ns,
        idle_rss_bytes=costs.idle_rss_bytes,
        peak_rss_bytes=costs.peak_rss_bytes,
        mean_rss_bytes=_mean_rss(recorded.readings, costs.idle_rss_bytes),
        orchestrator_cpu_ns=costs.orchestrator_ns,
        target_cpu_share=costs.target.share,
        target=contender.target.factors,
        connection=contender.connection,
        proxy_cpu_ns=costs.target.used_ns.get("proxy"),
        origin_cpu_ns=costs.target.used_ns.get("origin"),
        sent=recorded.sent,
        lost_rows=recorded.lost_rows,
        slices=tuple(slices),
        groups=_groups(recorded) if len(recorded.folds) > 1 else (),
        readings=tuple(recorded.readings),
        open_loop=_open_loop(fold, recorded.counts),
        trace_share=contender.trace_share,
        traces=_measured(recorded.traces, fold.windows),
        unexpected_answer=recorded.answer,
        client_source=contender.source,
        endpoints=_endpoints(contender, fold),
    )


def _endpoints(contender: Contender, fold: Fold) -> tuple[EndpointSummary, ...]:
    """Return what is kept of the endpoints; nothing where the only one has no name."""
    pairs = zip(contender.endpoints, fold.populations, strict=True)
    return tuple(
        EndpointSummary(
            name=endpoint.name,
            http_method=endpoint.request.method,
            url=endpoint.shown_url,
            share=endpoint.share,
            body_bytes=len(endpoint.request.body or b""),
            population=counts.size,
            correct=counts.ended,
            service=counts.service,
            censored=counts.censored,
            timeout_ns=endpoint.rules.timeout_ns,
            response=None if counts.starts is None else counts.starts.response,
            status_counts=dict(counts.statuses),
            error_counts=dict(counts.errors),
        )
        for endpoint, counts in pairs
        if endpoint.name is not None
    )


def _groups(recorded: Recorded) -> tuple[GroupLatencies, ...]:
    """Return the latencies by group; a group without a slice has none."""
    found = []
    for fold in recorded.folds:
        starts = {window.start_ns for window in fold.windows}
        first = next((one.block for one in recorded.slices if one.start_ns in starts), None)
        if first is not None:
            whole = fold.whole
            latencies = whole.service if whole.starts is None else whole.starts.response
            found.append(GroupLatencies(first, latencies, whole.censored))
    return tuple(found)


def _state(reason: str | None, fold: Fold) -> TrialState:
    measured = fold.population or any(window.completed for window in fold.windows)
    if reason is None:
        return "complete" if measured else "unmeasured"
    return "partial" if fold.population else "failed"


def _mean_of_correct(total_ns: int, whole: Population) -> float | None:
    return total_ns / whole.correct if whole.correct else None


def _mean_rss(readings: Iterable[Reading], idle_bytes: int | None) -> int | None:
    """Return the mean of the readings; without any, the memory of the idle workers."""
    rss = [r.rss_bytes for r in readings if r.source == "worker" and r.rss_bytes]
    return sum(rss) // len(rss) if rss else idle_bytes


def _open_loop(fold: Fold, counts: WorkerCounts) -> OpenLoop | None:
    whole = fold.whole
    if whole.starts is None and not counts.planned:
        return None
    starts, started = whole.starts or Starts(), whole.size
    halves = all(window.has_halves for window in fold.windows)
    # a worker that died did not say what was planned
    planned = max(counts.planned, started + counts.dropped)
    return OpenLoop(
        planned=planned,
        dropped=counts.dropped,
        missed=planned - counts.dropped - started,
        late=starts.late,
        response=starts.response,
        mean_response_ns=_mean_of_correct(starts.response_sum_ns, whole),
        queue_wait=starts.queue_wait,
        pacer_lag=starts.pacer_lag,
        early_response=starts.early_response if halves else None,
        early_correct=sum(window.early_correct for window in fold.windows) if halves else None,
    )


def _measured(
    traces: Iterable[Sequence[int]], windows: Sequence[WindowCounts]
) -> tuple[TraceRow, ...]:
    """Return the traces of requests that started in a window, in that order."""
    edges = [(window.start_ns, window.end_ns) for window in windows]
    inside = (tuple(row) for row in traces if any(a <= row[START] < b for a, b in edges))
    return tuple(sorted(inside, key=lambda row: row[START]))
