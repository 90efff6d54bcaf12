"""All fields of a trial, in one table.

Rows of ``benchmark_results`` and what is read back of them, trials in JSON, columns in CSV and the table in
docs/results.md are made from it. A new column is an entry at the end of ``OWN``, and a migration.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial

from harness.records.field import Field, Kind
from harness.records.histogram import Histogram, percentile
from harness.records.model import TrialSummary
from harness.text import canonical_json

__all__ = ["COLUMNS", "FIELDS", "PUBLIC"]

NANOSECONDS: tuple[Kind, str] = "INTEGER", "ns"
SECONDS: tuple[Kind, str] = "REAL", "s"
MEGABYTE = 1_000_000  # bytes; the SI prefix, as in df -H, not 2^20


def _seconds(value_ns: float | None) -> float | None:
    return None if value_ns is None else value_ns / 1e9


def _share(value: float | None, whole: float) -> float | None:
    return None if value is None or not whole else value / whole


def _latency_ns(trial: TrialSummary, times: Histogram, percent: float) -> int | None:
    """None without samples, and where only the time limit is known."""
    found = percentile(times, percent, trial.censored, trial.timeout_ns)
    return found if isinstance(found, int) else None


def _service_s(trial: TrialSummary, percent: float) -> float | None:
    return _seconds(_latency_ns(trial, trial.service, percent))


def _response_ns(trial: TrialSummary, percent: float) -> int | None:
    loop = trial.open_loop
    return None if loop is None else _latency_ns(trial, loop.response, percent)


def _queue_wait_ns(trial: TrialSummary, percent: float) -> int | None:
    return None if trial.open_loop is None else trial.open_loop.queue_wait.percentile(percent)


def _pacer_lag_ns(trial: TrialSummary, percent: float) -> int | None:
    return None if trial.open_loop is None else trial.open_loop.pacer_lag.percentile(percent)


def _percentiles(name: str, of: Callable[..., float | None], **meanings: str) -> Iterator[Field]:
    """A field for each of ``meanings``, as ``p99``, which is ``of(trial, percent=99)``; ``max`` is 100."""
    kind, unit = NANOSECONDS if name.endswith("_ns") else SECONDS
    for which, meaning in meanings.items():
        percent = 100 if which == "max" else int(which.removeprefix("p"))
        yield Field(f"{which}_{name}", kind, meaning, unit=unit, of=partial(of, percent=percent))


# People's queries depend on these columns, on their order and on their units: none may change.
PUBLIC = (
    Field("id", "TEXT", "identifies the trial; primary key"),
    Field("name", "TEXT", "name of the run", of_run=True),
    Field("client_library", "TEXT", "`requests`, `httpx`, …", csv=True),
    Field("client_type", "TEXT", "`sync` or `async`", csv=True),
    Field("http_method", "TEXT", "`GET`, `POST`, …", csv=True),
    Field("url", "TEXT", "URL requested", csv=True),
    Field(
        "start_time",
        "TEXT",
        "when the trial started, its processes included",
        unit="UTC",
        path="started_at",
    ),
    Field("end_time", "TEXT", "when it ended", unit="UTC", path="ended_at"),
    Field(
        "duration",
        "REAL",
        "total length of the measured windows; warm-up, set-up and tear-down are not in it",
        unit="s",
        of=lambda trial: trial.window_ns / 1e9,
    ),
    Field(
        "requests_count",
        "INTEGER",
        "requests that ended inside the windows, errors included",
        path="completed",
    ),
    Field(
        "requests_per_second",
        "REAL",
        "throughput: correct responses per second of the windows; NULL where nothing ended in "
        "them, 0 where only errors did",
        unit="1/s",
        json=True,
        csv=True,
    ),
    Field(
        "avg_response_time",
        "REAL",
        "mean service time of the correct responses",
        unit="s",
        of=lambda trial: _seconds(trial.mean_service_ns),
    ),
    *_percentiles(
        "response_time",
        _service_s,
        p95="95th percentile of the service time; NULL where it is censored",
        p99="99th percentile, likewise",
    ),
    Field(
        "cpu_usage_avg",
        "REAL",
        "CPU time of the worker processes ÷ elapsed time; 100 is one core busy",
        unit="%",
        of=lambda trial: _share(100 * trial.cpu_ns, trial.cpu_wall_ns),
    ),
    Field(
        "memory_usage_avg",
        "REAL",
        "mean resident set of the worker processes, without the recorder's own pages",
        unit="MB",
        of=lambda trial: _share(trial.mean_rss_bytes, MEGABYTE),
    ),
    Field("error_count", "INTEGER", "failed requests of the population", path="errors", csv=True),
    Field(
        "error_rate",
        "REAL",
        "`error_count` ÷ `population`",
        unit="%",
        of=lambda trial: None if trial.error_rate is None else 100 * trial.error_rate,
    ),
    Field(
        "concurrency_level", "INTEGER", "requests in flight at most", path="concurrency", csv=True
    ),
    Field("config_snapshot", "TEXT", "the run's scenario", unit="JSON", of_run=True),
    Field("created_at", "TEXT", "when the row was stored", unit="UTC", of_run=True),
)

# Ours, in the order in which they came: provenance, and the whole numbers from which the others follow.
OWN = (
    Field("run_id", "TEXT", "the run (→ `runs.id`); NULL in rows of an older tool", of_run=True),
    Field("label", "TEXT", "the competitor, as tables name it", csv=True),
    Field("round", "INTEGER", "number of the round, from 1"),
    Field(
        "state",
        "TEXT",
        "`complete`, `partial` or `failed`; `unmeasured`: nobody failed, but no request fell into "
        "a window",
        csv=True,
    ),
    Field("reason", "TEXT", "why it is not complete, one line"),
    Field(
        "client_version",
        "TEXT",
        "version of the library; `0.28.1 (editable)`, `(local folder)` or `(git 0123456789ab)` if "
        "it does not come from an index; `0.28.1, in fact 0.29.0` where its code says otherwise "
        "than its metadata",
        csv=True,
    ),
    Field(
        "versions",
        "TEXT",
        "versions of everything the worker could import, native libraries included; `2.8.0, in "
        "fact urllib3-future 2.25.904` where [another "
        "package](doctor.md#contaminated-environments) was written over it",
        unit="JSON",
        write=canonical_json,
        read=json.loads,
    ),
    Field("python_version", "TEXT", "version of the worker's interpreter", csv=True),
    Field("event_loop", "TEXT", "`asyncio`, `uvloop`; NULL for sync clients", csv=True),
    Field("profile", "TEXT", "`parity` or `defaults`", csv=True),
    Field(
        "unequal",
        "TEXT",
        "parity settings the library has no switch for",
        unit="JSON",
        write=canonical_json,
        read=lambda text: tuple(json.loads(text)),
    ),
    Field("processes", "INTEGER", "worker processes", csv=True),
    Field("body_bytes", "INTEGER", "length of the request body", unit="bytes", csv=True),
    *_percentiles(
        "response_time", _service_s, p50="median service time; NULL where it is censored"
    ),
    Field(
        "completions_per_second",
        "REAL",
        "all completions, errors included, per second of the windows",
        unit="1/s",
        csv=True,
    ),
    Field(
        "cpu_per_request_ns",
        "REAL",
        "CPU time of the workers ÷ `cpu_requests`, gross",
        unit="ns",
        json=True,
        csv=True,
    ),
    Field("window_ns", "INTEGER", "total length of the measured windows", unit="ns", csv=True),
    Field("correct", "INTEGER", "correct responses that ended inside the windows"),
    Field("population", "INTEGER", "requests whose intended start lies in a window", csv=True),
    Field("censored", "INTEGER", "how many of the samples timed out", csv=True),
    Field("timeout_ns", "INTEGER", "the time limit of a request", unit="ns"),
    Field(
        "mean_service_ns", "REAL", "mean service time of the correct responses", unit="ns", csv=True
    ),
    Field(
        "cpu_ns",
        "INTEGER",
        "CPU time (user and system) of the workers between the edges of the windows",
        unit="ns",
    ),
    Field("cpu_wall_ns", "INTEGER", "elapsed time between the same edges", unit="ns"),
    Field("cpu_requests", "INTEGER", "requests completed between the same edges"),
    Field(
        "idle_cpu_ns",
        "INTEGER",
        "CPU time of the workers while others were measured; should be close to nothing",
        unit="ns",
    ),
    Field(
        "idle_rss_bytes",
        "INTEGER",
        "resident set with the session open and one request done",
        unit="bytes",
        csv=True,
    ),
    Field(
        "peak_rss_bytes",
        "INTEGER",
        "the largest resident set, as the kernel saw it",
        unit="bytes",
        csv=True,
    ),
    Field("mean_rss_bytes", "INTEGER", "mean resident set", unit="bytes"),
    Field(
        "orchestrator_cpu_ns",
        "INTEGER",
        "CPU time of clientbench itself beside the workers",
        unit="ns",
    ),
    Field(
        "target_cpu_share",
        "REAL",
        "how much of the CPUs it [can keep busy](method.md#cost) the target used inside the "
        "windows",
        unit="0 to 1",
    ),
    Field("sent", "INTEGER", "every request sent, warm-up and lead-in included", csv=True),
    Field(
        "lost_rows",
        "INTEGER",
        "samples the recorder had to overwrite before they were read; should be 0",
    ),
    *(
        Field(name, "INTEGER", meaning, path=f"open_loop.{name}", csv=True)
        for name, meaning in {
            "planned": "intended starts in the windows; NULL, as all that follow, for a closed loop",
            "dropped": "intended starts that found all slots taken and were given up",
            "missed": "intended starts that still waited for a slot a quarter of the window's length "
            "after its end",
            "late": "requests that started a millisecond or more after their intended start",
        }.items()
    ),
    Field(
        "mean_response_ns",
        "REAL",
        "mean response time (end − intended start) of the correct responses",
        unit="ns",
        path="open_loop.mean_response_ns",
        csv=True,
    ),
    *_percentiles(
        "response_ns",
        _response_ns,
        p50="median response time; NULL where it is censored",
        p95="95th percentile, likewise",
        p99="99th percentile, likewise",
    ),
    *_percentiles(
        "queue_wait_ns",
        _queue_wait_ns,
        p50="median of the time a request that was due waited for a slot",
        p99="its 99th percentile",
    ),
    *_percentiles(
        "pacer_lag_ns",
        _pacer_lag_ns,
        p50="median of the time from due, with a slot free, to the start: our own lateness",
        p99="its 99th percentile",
        max="its maximum",
    ),
    Field(
        "trace_share",
        "REAL",
        "share of the requests that were traced; above 0, throughput and CPU are those of tracing",
        unit="0 to 1",
    ),
    Field(
        "target",
        "TEXT",
        "name of the target; `url` for a server of somebody else's; NULL, as all that follow, in "
        "rows stored before targets were a factor",
        path="target.name",
        csv=True,
    ),
    Field(
        "runtime",
        "TEXT",
        "`native`, `docker` (a published port) or `docker-host` (the host's network)",
        path="target.runtime",
        csv=True,
    ),
    Field(
        "instances",
        "INTEGER",
        "servers behind a proxy, worker processes of an origin",
        path="target.instances",
        csv=True,
    ),
    Field("tls", "INTEGER", "1 for HTTPS", path="target.tls", csv=True, write=int, read=bool),
    Field(
        "upstream",
        "TEXT",
        "what is behind a proxy; empty for an origin",
        path="target.upstream",
        csv=True,
    ),
    Field(
        "proxy_cpu_ns",
        "INTEGER",
        "CPU time of the target's proxy in the windows; NULL without one, and where it cannot be "
        "seen",
        unit="ns",
    ),
    Field("origin_cpu_ns", "INTEGER", "CPU time of the servers that answer, likewise", unit="ns"),
    Field(
        "client_environment_id",
        "TEXT",
        "what the client ran in (→ `client_environments.id`); NULL in rows stored before it was "
        "recorded",
        path="client_environment.digest",
        csv=True,
    ),
    Field(
        "http_version",
        "TEXT",
        "`1.1` or `2`: what the target chooses of what the client offers; NULL where that is not "
        "known, of clients that ask no target, and in rows stored before it was recorded",
    ),
    Field(
        "early_correct",
        "INTEGER",
        "of an open loop: correct responses that ended in the first half of a window; NULL in a "
        "closed one, and where a count of requests ends the run",
        path="open_loop.early_correct",
    ),
    Field(
        "condition",
        "TEXT",
        "the level of the factor that clients are crossed with, as `c=16` or `POST`, with which "
        "`label` ends; NULL where a run has no conditions",
        csv=True,
    ),
)

# What a trial has in other tables; whole in JSON.
BESIDE = (
    Field("service", None, "its service times", key="service_histogram"),
    Field("status_counts", None, "responses of the population, by status"),
    Field("error_counts", None, "failed requests of the population, by kind"),
    Field("target", None, "everything that was asked for of its target"),
    Field("open_loop", None, "how its starts came about (null for a closed loop)"),
    Field("client_environment", None, "what its client ran in"),
    Field("slices", None, "its windows"),
)

COLUMNS = (*PUBLIC, *OWN)  # of benchmark_results, in their order
FIELDS = (*COLUMNS, *BESIDE)
