"""All fields of a trial, in one table.

Rows of ``benchmark_results`` and what is read back of them, trials in JSON, columns in CSV and the table in
docs/results.md are made from it. A new column is an entry at the end of ``OWN``, and a migration.
"""

from __future__ import annotations

import json

from harness.records.field import Field
from harness.records.histogram import percentile
from harness.records.model import TrialSummary
from harness.text import canonical_json

__all__ = ["COLUMNS", "FIELDS", "PUBLIC"]

MEGABYTE = 1_000_000  # bytes; the SI prefix, as in df -H, not 2^20


def _seconds(value_ns: float | None) -> float | None:
    return None if value_ns is None else value_ns / 1e9


def _share(value: float | None, whole: float) -> float | None:
    return None if value is None or not whole else value / whole


def _service_ns(trial: TrialSummary, percent: float) -> int | None:
    """None without samples, and where only the time limit is known."""
    found = percentile(trial.service, percent, trial.censored, trial.timeout_ns)
    return found if isinstance(found, int) else None


def _response_ns(trial: TrialSummary, percent: float) -> int | None:
    """As ``_service_ns``; None also in a closed loop."""
    if trial.open_loop is None:
        return None
    found = percentile(trial.open_loop.response, percent, trial.censored, trial.timeout_ns)
    return found if isinstance(found, int) else None


def _of_starts(trial: TrialSummary, name: str, percent: float) -> int | None:
    """A percentile of ``queue_wait`` or ``pacer_lag``; None in a closed loop."""
    if trial.open_loop is None:
        return None
    found: int | None = getattr(trial.open_loop, name).percentile(percent)
    return found


# People's queries depend on these columns, on their order and on their units: none may change.
PUBLIC = (
    Field("id", "TEXT", "identifies the trial; primary key"),
    Field("name", "TEXT", "name of the run", of_run=True),
    Field("client_library", "TEXT", "`requests`, `httpx`, …", csv="client_library"),
    Field("client_type", "TEXT", "`sync` or `async`", csv="client_type"),
    Field("http_method", "TEXT", "`GET`, `POST`, …", csv="http_method"),
    Field("url", "TEXT", "URL requested", csv="url"),
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
        "throughput: correct responses per second of the windows; NULL where nothing ended "
        "in them, 0 where only errors did",
        unit="1/s",
        json="requests_per_second",
        csv="requests_per_second",
    ),
    Field(
        "avg_response_time",
        "REAL",
        "mean service time of the correct responses",
        unit="s",
        of=lambda trial: _seconds(trial.mean_service_ns),
    ),
    Field(
        "p95_response_time",
        "REAL",
        "95th percentile of the service time; NULL where it is censored",
        unit="s",
        of=lambda trial: _seconds(_service_ns(trial, 95)),
    ),
    Field(
        "p99_response_time",
        "REAL",
        "99th percentile, likewise",
        unit="s",
        of=lambda trial: _seconds(_service_ns(trial, 99)),
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
    Field(
        "error_count", "INTEGER", "failed requests of the population", path="errors", csv="errors"
    ),
    Field(
        "error_rate",
        "REAL",
        "`error_count` ÷ `population`",
        unit="%",
        of=lambda trial: _share(100 * trial.errors, trial.population),
    ),
    Field(
        "concurrency_level",
        "INTEGER",
        "requests in flight at most",
        path="concurrency",
        csv="concurrency",
    ),
    Field("config_snapshot", "TEXT", "the run's scenario", unit="JSON", of_run=True),
    Field("created_at", "TEXT", "when the row was stored", unit="UTC", of_run=True),
)

# Ours, in the order in which they came: provenance, and the whole numbers from which the others follow.
OWN = (
    Field("run_id", "TEXT", "the run (→ `runs.id`); NULL in rows of an older tool", of_run=True),
    Field("label", "TEXT", "the competitor, as tables name it", csv="label"),
    Field("round", "INTEGER", "number of the round, from 1"),
    Field(
        "state",
        "TEXT",
        "`complete`, `partial` or `failed`; `unmeasured`: nobody failed, but no request fell "
        "into a window",
        csv="state",
    ),
    Field("reason", "TEXT", "why it is not complete, one line"),
    Field(
        "client_version",
        "TEXT",
        "version of the library; `0.28.1 (editable)`, `(local folder)` or `(git "
        "0123456789ab)` if it does not come from an index; `0.28.1, in fact 0.29.0` where "
        "its code says otherwise than its metadata",
        csv="client_version",
    ),
    Field(
        "versions",
        "TEXT",
        "versions of everything the worker could import, native libraries included; `2.8.0, "
        "in fact urllib3-future 2.25.904` where [another "
        "package](doctor.md#contaminated-environments) was written over it",
        unit="JSON",
        write=canonical_json,
        read=json.loads,
    ),
    Field("python_version", "TEXT", "version of the worker's interpreter", csv="python_version"),
    Field("event_loop", "TEXT", "`asyncio`, `uvloop`; NULL for sync clients", csv="event_loop"),
    Field("profile", "TEXT", "`parity` or `defaults`", csv="profile"),
    Field(
        "unequal",
        "TEXT",
        "parity settings the library has no switch for",
        unit="JSON",
        write=canonical_json,
        read=lambda text: tuple(json.loads(text)),
    ),
    Field("processes", "INTEGER", "worker processes", csv="processes"),
    Field("body_bytes", "INTEGER", "length of the request body", unit="bytes", csv="body_bytes"),
    Field(
        "p50_response_time",
        "REAL",
        "median service time; NULL where it is censored",
        unit="s",
        of=lambda trial: _seconds(_service_ns(trial, 50)),
    ),
    Field(
        "completions_per_second",
        "REAL",
        "all completions, errors included, per second of the windows",
        unit="1/s",
        csv="completions_per_second",
    ),
    Field(
        "cpu_per_request_ns",
        "REAL",
        "CPU time of the workers ÷ `cpu_requests`, gross",
        unit="ns",
        json="cpu_per_request_ns",
        csv="cpu_per_request_ns",
    ),
    Field(
        "window_ns", "INTEGER", "total length of the measured windows", unit="ns", csv="window_ns"
    ),
    Field("correct", "INTEGER", "correct responses that ended inside the windows"),
    Field(
        "population", "INTEGER", "requests whose intended start lies in a window", csv="population"
    ),
    Field("censored", "INTEGER", "how many of the samples timed out", csv="censored"),
    Field("timeout_ns", "INTEGER", "the time limit of a request", unit="ns"),
    Field(
        "mean_service_ns",
        "REAL",
        "mean service time of the correct responses",
        unit="ns",
        csv="mean_service_ns",
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
        csv="idle_rss_bytes",
    ),
    Field(
        "peak_rss_bytes",
        "INTEGER",
        "the largest resident set, as the kernel saw it",
        unit="bytes",
        csv="peak_rss_bytes",
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
    Field("sent", "INTEGER", "every request sent, warm-up and lead-in included", csv="sent"),
    Field(
        "lost_rows",
        "INTEGER",
        "samples the recorder had to overwrite before they were read; should be 0",
    ),
    Field(
        "planned",
        "INTEGER",
        "intended starts in the windows; NULL, as all that follow, for a closed loop",
        path="open_loop.planned",
        csv="planned",
    ),
    Field(
        "dropped",
        "INTEGER",
        "intended starts that found all slots taken and were given up",
        path="open_loop.dropped",
        csv="dropped",
    ),
    Field(
        "missed",
        "INTEGER",
        "intended starts that still waited for a slot a quarter of the window's length after "
        "its end",
        path="open_loop.missed",
        csv="missed",
    ),
    Field(
        "late",
        "INTEGER",
        "requests that started a millisecond or more after their intended start",
        path="open_loop.late",
        csv="late",
    ),
    Field(
        "mean_response_ns",
        "REAL",
        "mean response time (end − intended start) of the correct responses",
        unit="ns",
        path="open_loop.mean_response_ns",
        csv="mean_response_ns",
    ),
    Field(
        "p50_response_ns",
        "INTEGER",
        "median response time; NULL where it is censored",
        unit="ns",
        of=lambda trial: _response_ns(trial, 50),
    ),
    Field(
        "p95_response_ns",
        "INTEGER",
        "95th percentile, likewise",
        unit="ns",
        of=lambda trial: _response_ns(trial, 95),
    ),
    Field(
        "p99_response_ns",
        "INTEGER",
        "99th percentile, likewise",
        unit="ns",
        of=lambda trial: _response_ns(trial, 99),
    ),
    Field(
        "p50_queue_wait_ns",
        "INTEGER",
        "median of the time a request that was due waited for a slot",
        unit="ns",
        of=lambda trial: _of_starts(trial, "queue_wait", 50),
    ),
    Field(
        "p99_queue_wait_ns",
        "INTEGER",
        "its 99th percentile",
        unit="ns",
        of=lambda trial: _of_starts(trial, "queue_wait", 99),
    ),
    Field(
        "p50_pacer_lag_ns",
        "INTEGER",
        "median of the time from due, with a slot free, to the start: our own lateness",
        unit="ns",
        of=lambda trial: _of_starts(trial, "pacer_lag", 50),
    ),
    Field(
        "p99_pacer_lag_ns",
        "INTEGER",
        "its 99th percentile",
        unit="ns",
        of=lambda trial: _of_starts(trial, "pacer_lag", 99),
    ),
    Field(
        "max_pacer_lag_ns",
        "INTEGER",
        "its maximum",
        unit="ns",
        of=lambda trial: _of_starts(trial, "pacer_lag", 100),
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
        "name of the target; `url` for a server of somebody else's; NULL, as all that "
        "follow, in rows stored before targets were a factor",
        path="target.name",
        csv="target",
    ),
    Field(
        "runtime",
        "TEXT",
        "`native`, `docker` (a published port) or `docker-host` (the host's network)",
        path="target.runtime",
        csv="runtime",
    ),
    Field(
        "instances",
        "INTEGER",
        "servers behind a proxy, worker processes of an origin",
        path="target.instances",
        csv="instances",
    ),
    Field("tls", "INTEGER", "1 for HTTPS", path="target.tls", csv="tls", write=int, read=bool),
    Field(
        "upstream",
        "TEXT",
        "what is behind a proxy; empty for an origin",
        path="target.upstream",
        csv="upstream",
    ),
    Field(
        "proxy_cpu_ns",
        "INTEGER",
        "CPU time of the target's proxy in the windows; NULL without one, and where it "
        "cannot be seen",
        unit="ns",
    ),
    Field("origin_cpu_ns", "INTEGER", "CPU time of the servers that answer, likewise", unit="ns"),
    Field(
        "client_environment_id",
        "TEXT",
        "what the client ran in (→ `client_environments.id`); NULL in rows stored before it "
        "was recorded",
        path="client_environment.digest",
        csv="client_environment_id",
    ),
    Field(
        "http_version",
        "TEXT",
        "`1.1` or `2`: what the target chooses of what the client offers; NULL where that is "
        "not known, of clients that ask no target, and in rows stored before it was recorded",
    ),
    Field(
        "early_correct",
        "INTEGER",
        "of an open loop: correct responses that ended in the first half of a window; NULL "
        "in a closed one, and where a count of requests ends the run",
        path="open_loop.early_correct",
    ),
    Field(
        "condition",
        "TEXT",
        "the level of the factor that clients are crossed with, as `c=16` or `POST`, with which "
        "`label` ends; NULL where a run has no conditions",
        csv="condition",
    ),
)

# What a trial has in other tables; whole in JSON.
BESIDE = (
    Field("service", None, "its service times", json="service_histogram"),
    Field("status_counts", None, "responses of the population, by status"),
    Field("error_counts", None, "failed requests of the population, by kind"),
    Field("target", None, "everything that was asked for of its target"),
    Field("open_loop", None, "how its starts came about; None for a closed loop"),
    Field("client_environment", None, "what its client ran in"),
    Field("slices", None, "its windows"),
)

COLUMNS = (*PUBLIC, *OWN)  # of benchmark_results, in their order
FIELDS = (*COLUMNS, *BESIDE)
