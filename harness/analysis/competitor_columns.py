"""All columns of ``competitor_results``, in one table.

Its rows, and the table in docs/results.md, are made from it. A new column is an entry at the end,
and a migration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from harness.analysis.competitor_results import CompetitorResult
from harness.records.field import Field, Kind
from harness.records.fields import (
    COLUMNS,
    COUNT,
    JSON_TUPLE,
    MEAN_NS,
    NS,
    RATIO,
    SHARE,
    TEXT,
)
from harness.records.histogram import Censored
from harness.records.model import METRICS, Metric
from harness.records.percentiles import PERCENTILES, percentile_column

__all__ = ["COMPETITOR_COLUMNS"]

_OF_TRIALS = {field.name: field for field in COLUMNS}
# Percentiles whose rarity decides if they can be read: the tail.
_TAIL = (95.0, 99.0, 99.9)


def _shared(names: str) -> Iterator[Field]:
    """Yield the fields of these names, which a competitor has as its trials have them."""
    for name in names.split():
        yield replace(_OF_TRIALS[name], of=_of_summary(_OF_TRIALS[name]))


def _of_summary(field: Field) -> Callable[[CompetitorResult], Any]:
    return lambda result: field.value(result.summary)


def _merged(name: str, kind: Kind, meaning: str) -> Field:
    """Return a field that only the merged trials have."""
    return Field(name, kind, meaning, path=f"summary.{name}")


def _percentiles(name: str, of: str, meaning: str) -> Iterator[Field]:
    for percent in PERCENTILES:
        which = percentile_column(percent)
        told = "its maximum" if percent == 100 else f"its {percent:g}th percentile"
        yield Field(
            f"{which}_{name}_ns",
            NS,
            f"{meaning}: {told}; NULL where it is censored" if percent == 50 else told,
            of=_percentile(of, percent),
        )


def _percentile(of: str, percent: float) -> Callable[[CompetitorResult], int | None]:
    def read(result: CompetitorResult) -> int | None:
        value = getattr(result.summary, of)(percent)
        return None if isinstance(value, Censored) else value

    return read


def _of_loop(name: str, percent: float) -> Callable[[CompetitorResult], int | None]:
    def read(result: CompetitorResult) -> int | None:
        loop = result.summary.open_loop
        found: int | None = None if loop is None else getattr(loop, name).percentile(percent)
        return found

    return read


def _loop_percentiles(name: str, meaning: str, *percents: float) -> Iterator[Field]:
    for percent in percents:
        which = percentile_column(percent)
        told = f"{meaning}: {which}; NULL for a closed loop"
        yield Field(f"{which}_{name}_ns", NS, told, of=_of_loop(name, percent))


def _ratios(metric: Metric) -> Iterator[Field]:
    told = metric.replace("_", " ")
    meanings = {
        "ratio": f"{told} ÷ that of `baseline`, over paired rounds; NULL of the baseline",
        "low": "its simultaneous confidence interval, lower end …",
        "high": "… and upper end",
        "rounds": "its n: rounds in which both are complete",
        "verdict": "`faster`, `slower`, `equivalent` or `inconclusive`; NULL without one",
        "reason": "why there is none",
    }
    for name, meaning in meanings.items():
        kind = {"rounds": COUNT, "verdict": TEXT, "reason": TEXT}.get(name, RATIO)
        yield Field(f"{metric}_{name}", kind, meaning, of=_compared(metric, name))


def _compared(metric: Metric, name: str) -> Callable[[CompetitorResult], Any]:
    def read(result: CompetitorResult) -> Any:
        return getattr(result.comparisons.get(metric), name, None)

    return read


def _beyond(percent: float) -> Callable[[CompetitorResult], int]:
    return lambda result: result.summary.samples_beyond(percent)


_IDENTITY = (
    Field("run_id", TEXT, "the run (→ `runs.id`)"),
    Field("sequence", COUNT, "place in the run, from 0"),
    _merged("label", TEXT, "the competitor, as tables name it; with `run_id` the primary key"),
    _merged("name", TEXT, "the label without the condition"),
    *_shared("condition"),
    Field(
        "series",
        TEXT,
        "key of what was measured: client, mode, loop, load, request, target, settings",
    ),
    Field("software", TEXT, "key of all versions"),
    Field("baseline", TEXT, "label of the competitor that ratios are relative to"),
    *_shared(
        "client_library client_type client_version python_version event_loop profile "
        "unequal http_method"
    ),
    Field("url", TEXT, "URL requested, without the port of a target of ours"),
    *_shared(
        "body_bytes concurrency_level processes connection target runtime instances "
        "tls upstream client_environment_id"
    ),
    _merged(
        "state",
        TEXT,
        "`complete`, `unmeasured`: every trial is; `failed`: none was measured; else `partial`",
    ),
    _merged("reasons", JSON_TUPLE, "why it is not complete, with the rounds"),
    _merged("rounds", COUNT, "its trials"),
    Field("rounds_complete", COUNT, "how many of them are complete"),
    Field("trace_share", SHARE, _OF_TRIALS["trace_share"].meaning),
)
_COUNTS_AND_COSTS = (
    *_shared(
        "window_ns requests_count correct population sent censored timeout_ns "
        "error_count error_rate requests_per_second completions_per_second cpu_ns "
        "cpu_requests cpu_per_request_ns"
    ),
    Field(
        "net_cpu_per_request_ns", MEAN_NS, "the same without what `null` costs; NULL without one"
    ),
    _merged("proxy_cpu_per_request_ns", MEAN_NS, "CPU time of the target's proxy per request"),
    _merged("origin_cpu_per_request_ns", MEAN_NS, "that of the servers that answer"),
    *_shared("idle_rss_bytes peak_rss_bytes mean_service_ns"),
)
_LATENCIES = (
    *_percentiles("service", "percentile", "service time, all rounds merged"),
    Field("service_samples", COUNT, "samples of the service time", path="summary.service.total"),
    *(
        Field(
            f"{percentile_column(percent)}_beyond",
            COUNT,
            f"samples above the {percent:g}th percentile",
            of=_beyond(percent),
        )
        for percent in _TAIL
    ),
    *_shared("planned dropped missed late mean_response_ns"),
    *_percentiles(
        "response",
        "response_percentile",
        "response time, all rounds merged; in a closed loop the service time",
    ),
    _merged("response_samples", COUNT, "samples of the response time"),
    *_loop_percentiles("queue_wait", "wait for a slot of a request that was due", 50, 99),
    *_loop_percentiles("pacer_lag", "delay of starts that is clientbench's own", 50, 99, 100),
)
COMPETITOR_COLUMNS = (
    *_IDENTITY,
    *_COUNTS_AND_COSTS,
    *_LATENCIES,
    *(field for metric in METRICS for field in _ratios(metric)),
)
