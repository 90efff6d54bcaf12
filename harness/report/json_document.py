"""A run as one JSON document: every number unrounded, its unit in its name. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from typing import Any

from harness.analysis.compared import comparisons_of
from harness.analysis.summaries import CompetitorSummary, net_cpu_per_request_ns, summarised
from harness.analysis.trust import trust
from harness.records.client_environment import ClientSource, Environment
from harness.records.endpoint_summary import EndpointSummary
from harness.records.fields import FIELDS
from harness.records.gate_result import GateFinding
from harness.records.histogram import Censored, Histogram
from harness.records.model import (
    Ceiling,
    Ending,
    EndpointComparison,
    GroupLatencies,
    HeldPlan,
    OpenLoop,
    OtherLoad,
    RunRecord,
    SelftestNote,
    SliceRecord,
    Spread,
    TargetRecord,
    TrialSummary,
    UnexpectedAnswer,
)
from harness.records.percentiles import PERCENTILES
from harness.records.provenance import MachineReading, Provenance
from harness.report import documents
from harness.report.documents import VERSIONS
from harness.report.view import matrix_of, scaling_of
from harness.text import json_text
from servers.spec import TargetSpec

__all__ = ["document", "to_json"]


def to_json(run: RunRecord, trials: Sequence[TrialSummary], *, with_matrix: bool = False) -> str:
    """Return ``document`` as text with a final line break; on demand with every pair compared."""
    made = document(run, trials)
    if with_matrix:
        made["matrix"] = [asdict(comparison) for comparison in matrix_of(run, trials)]
    return json_text(made)


def document(run: RunRecord, trials: Sequence[TrialSummary]) -> dict[str, Any]:
    """Return everything known of a run except the series of readings, as plain JSON values."""
    summaries = summarised(trials)
    content = {
        "schema_version": VERSIONS["run"],  # what 0.1 called it
        "run": _run(run),
        "competitors": [_competitor(summary, summaries) for summary in summaries],
        "comparisons": [asdict(comparison) for comparison in comparisons_of(run, trials)],
        "scaling": [asdict(step) for step in scaling_of(run, trials)],
        "doubts": [asdict(doubt) for doubt in run.doubts],
        "trust": _trust(run, trials),
        "trials": [_trial(trial) for trial in trials],
    }
    return documents.document("run", content)


def _run(run: RunRecord) -> dict[str, Any]:
    listed_apart = {"doubts", "comparisons"}
    return {
        field.name: _plain(getattr(run, field.name))
        for field in fields(run)
        if field.name not in listed_apart
    }


def _trust(run: RunRecord, trials: Sequence[TrialSummary]) -> dict[str, Any]:
    judged = trust(run, comparisons_of(run, trials))
    own = {
        "resolution": _finite(judged.resolution),
        "wide": {label: _finite(width) for label, width in judged.wide},
        "silent": list(judged.silent),
        "distrusted": list(judged.distrusted),
    }
    return asdict(judged) | own


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _selftest(note: SelftestNote) -> dict[str, Any]:
    own = {
        "resolution": _finite(note.resolution),
        "passed": note.passed,
        "failed": list(note.failed),
    }
    return asdict(note) | own


def _target(spec: TargetSpec) -> dict[str, Any]:
    return asdict(spec) | {"cpus": list(spec.cpus)}


def _competitor(summary: CompetitorSummary, others: Sequence[CompetitorSummary]) -> dict[str, Any]:
    derived_or_bulky = {
        *("service", "open_loop", "phases", "status_counts", "error_counts", "unequal", "reasons")
    }
    plain = {
        field.name: _plain(getattr(summary, field.name))
        for field in fields(summary)
        if field.name not in derived_or_bulky
    }
    return plain | {
        "unequal": list(summary.unequal),
        "reasons": list(summary.reasons),
        "proxy_cpu_per_request_ns": summary.proxy_cpu_per_request_ns,
        "origin_cpu_per_request_ns": summary.origin_cpu_per_request_ns,
        "requests_per_second": summary.requests_per_second,
        "completions_per_second": summary.completions_per_second,
        "cpu_per_request_ns": summary.cpu_per_request_ns,
        "net_cpu_per_request_ns": net_cpu_per_request_ns(summary, others),
        "samples": summary.service.total,
        "percentiles": [_percentile(summary, percent) for percent in PERCENTILES],
        "uncounted": summary.uncounted,
        "errors": summary.errors,
        "error_rate": summary.error_rate,
        "error_counts": dict(summary.error_counts),
        "status_counts": _text_keys(summary.status_counts),
        "open_loop": _plain(summary.open_loop),
        "phases_ns": {
            name: {"samples": found.total, **_all_percentiles(found)}
            for name, found in summary.phases.items()
        },
    }


def _all_percentiles(histogram: Histogram) -> dict[str, int | None]:
    return {f"p{percent:g}": histogram.percentile(percent) for percent in PERCENTILES}


def _open_loop(loop: OpenLoop) -> dict[str, Any]:
    distributions = {
        "response_ns": loop.response,
        "queue_wait_ns": loop.queue_wait,
        "pacer_lag_ns": loop.pacer_lag,
    }
    return {
        **{name: getattr(loop, name) for name in ("planned", "dropped", "missed", "late")},
        "mean_response_ns": loop.mean_response_ns,
        "early_correct": loop.early_correct,
        **{name: _all_percentiles(histogram) for name, histogram in distributions.items()},
    }


def _trials_open_loop(loop: OpenLoop) -> dict[str, Any]:
    """Return the same with the histograms whole: those of a competitor follow from its trials'."""
    names = ("response", "queue_wait", "pacer_lag", "early_response")
    known = {name: getattr(loop, name) for name in names}
    whole = {name: _plain(one) for name, one in known.items() if one is not None}
    return _open_loop(loop) | {"histograms": whole}


def _percentile(summary: CompetitorSummary, percent: float) -> dict[str, Any]:
    """Return a percentile; ``service_ns`` is null without samples, or if only a limit is known."""
    value = summary.percentile(percent)
    censored = isinstance(value, Censored)
    return {
        "percent": percent,
        "service_ns": None if censored else value,
        "above_ns": value.timeout_ns if isinstance(value, Censored) else None,
        "samples_beyond": summary.samples_beyond(percent),
    }


# These keys of a trial have always come last, in this order. People compare documents as text, so
# the order stays, wherever they are among the fields.
LAST = (
    *("unequal", "requests_per_second", "cpu_per_request_ns", "status_counts", "slices"),
    *("open_loop", "service_histogram"),
)


def _trial(trial: TrialSummary) -> dict[str, Any]:
    found = {key: _plain(field.value(trial)) for field in FIELDS if (key := field.json_key)}
    if trial.open_loop is not None:
        found["open_loop"] = _trials_open_loop(trial.open_loop)
    own = [field.name for field in fields(trial) if field.name in found.keys() - {*LAST}]
    return {key: found.pop(key) for key in (*own, *LAST)} | found


def _plain(value: Any) -> Any:
    """Return a field's value as plain JSON."""
    make = PLAIN.get(type(value))
    return value if make is None else make(value)


def _text_keys(counts: Any) -> dict[str, int]:
    """Convert keys to text, as JSON has them, so that ``document`` equals what is read back."""
    return {str(key): count for key, count in counts.items()}


PLAIN: dict[type, Callable[[Any], Any]] = {
    Histogram: lambda histogram: histogram.encode().decode("ascii"),
    OpenLoop: _open_loop,
    TargetSpec: _target,
    TargetRecord: lambda one: {"spec": _target(one.spec), "description": one.description},
    SelftestNote: _selftest,
    **dict.fromkeys(
        (
            *(Provenance, MachineReading, GateFinding),
            Spread,
            Ceiling,
            HeldPlan,
            OtherLoad,
            Ending,
            EndpointComparison,
            UnexpectedAnswer,
            ClientSource,
        ),
        asdict,
    ),
    Environment: lambda environment: {"id": environment.digest, **environment.to_plain()},
    EndpointSummary: lambda one: {name: _plain(value) for name, value in vars(one).items()},
    GroupLatencies: lambda one: asdict(one) | {"latencies": _plain(one.latencies)},
    SliceRecord: lambda one: asdict(one) | {"parts": list(one.parts)},
    dict: _text_keys,
    tuple: lambda values: [_plain(one) for one in values],
}
