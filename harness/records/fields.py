"""All fields of a trial, in one table.

Rows of ``benchmark_results`` and what is read back of them, trials in JSON, columns in CSV and the
table in docs/results.md are made from it. A new column is an entry at the end of ``OWN``, and a
migration.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from typing import Any

from harness.records.client_environment import ClientSource
from harness.records.field import Field, Kind
from harness.records.histogram import Histogram, percentile
from harness.records.model import TrialSummary, UnexpectedAnswer
from harness.text import canonical_json

__all__ = ["COLUMNS", "FIELDS", "PUBLIC"]

TEXT = Kind("TEXT")
UTC = Kind("TEXT", "UTC")
JSON = Kind("TEXT", "JSON", canonical_json, json.loads)
JSON_TUPLE = Kind("TEXT", "JSON", canonical_json, lambda text: tuple(json.loads(text)))
COUNT = Kind("INTEGER")
FLAG = Kind("INTEGER", write=int, read=bool)


def _record(type_: type[Any]) -> Kind:
    """Return the kind of a dataclass that is stored as one JSON object."""
    return Kind(
        "TEXT",
        "JSON",
        lambda value: canonical_json(asdict(value)),
        lambda text: None if text is None else type_(**json.loads(text)),
    )


ANSWER = _record(UnexpectedAnswer)
SOURCE = _record(ClientSource)
NS = Kind("INTEGER", "ns")
MEAN_NS = Kind("REAL", "ns")
BYTES = Kind("INTEGER", "bytes")
SECONDS = Kind("REAL", "s")
RATE = Kind("REAL", "1/s")
PERCENT = Kind("REAL", "%")
SHARE = Kind("REAL", "0 to 1")
MEGABYTES = Kind("REAL", "MB")
RATIO = Kind("REAL", "×")
WHOLE = Kind(None)  # it has no column

MEGABYTE = 1_000_000  # bytes; the SI prefix, as in df -H, not 2^20


def _seconds(value_ns: float | None) -> float | None:
    return None if value_ns is None else value_ns / 1e9


def _share(value: float | None, whole: float) -> float | None:
    return None if value is None or not whole else value / whole


def _latency_ns(trial: TrialSummary, times: Histogram, percent: float) -> int | None:
    """Return a percentile in ns; None without samples, or if only the time limit is known."""
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
    """A field for each of ``meanings``, as ``p99``, which is ``of(trial, percent=99)``; ``max`` is
    100.
    """
    kind = NS if name.endswith("_ns") else SECONDS
    for which, meaning in meanings.items():
        percent = 100 if which == "max" else int(which.removeprefix("p"))
        yield Field(f"{which}_{name}", kind, meaning, of=partial(of, percent=percent))


# People's queries depend on these columns, on their order and on their units: none may change.
PUBLIC = (
    Field("id", TEXT, "identifies the trial; primary key"),
    Field("name", TEXT, "name of the run", of_run=True),
    Field("client_library", TEXT, "`requests`, `httpx`, …", csv=True),
    Field("client_type", TEXT, "`sync` or `async`", csv=True),
    Field("http_method", TEXT, "`GET`, `POST`, …", csv=True),
    Field("url", TEXT, "URL requested; of a target of ours without its port", csv=True),
    Field("start_time", UTC, "when the trial started, its processes included", path="started_at"),
    Field("end_time", UTC, "when it ended", path="ended_at"),
    Field(
        "duration",
        SECONDS,
        "total length of the measured windows; warm-up, set-up and tear-down are not in it",
        of=lambda trial: trial.window_ns / 1e9,
    ),
    Field(
        "requests_count",
        COUNT,
        "requests that ended inside the windows, errors included",
        path="completed",
    ),
    Field(
        "requests_per_second",
        RATE,
        "throughput: correct responses per second of the windows; NULL where nothing ended in "
        "them, 0 where only errors did",
        json=True,
        csv=True,
    ),
    Field(
        "avg_response_time",
        SECONDS,
        "mean service time of the correct responses",
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
        PERCENT,
        "CPU time of the worker processes ÷ elapsed time; 100 is one core busy",
        of=lambda trial: _share(100 * trial.cpu_ns, trial.cpu_wall_ns),
    ),
    Field(
        "memory_usage_avg",
        MEGABYTES,
        "mean resident set of the worker processes, without the recorder's own pages",
        of=lambda trial: _share(trial.mean_rss_bytes, MEGABYTE),
    ),
    Field("error_count", COUNT, "failed requests of the population", path="errors", csv=True),
    Field(
        "error_rate",
        PERCENT,
        "`error_count` ÷ `population`",
        of=lambda trial: None if trial.error_rate is None else 100 * trial.error_rate,
    ),
    Field("concurrency_level", COUNT, "requests in flight at most", path="concurrency", csv=True),
    Field("config_snapshot", JSON, "the run's scenario", of_run=True),
    Field("created_at", UTC, "when the row was stored", of_run=True),
)

# Our own, in order of introduction: provenance, and the integers from which the others follow.
OWN = (
    Field("run_id", TEXT, "the run (→ `runs.id`); NULL in rows of an older tool", of_run=True),
    Field("label", TEXT, "the competitor, as tables name it", csv=True),
    Field("round", COUNT, "number of the round, from 1"),
    Field(
        "state",
        TEXT,
        "`complete`, `partial` or `failed`; `unmeasured`: no failure, but no request fell into "
        "a window",
        csv=True,
    ),
    Field("reason", TEXT, "why it is not complete, one line"),
    Field(
        "client_version",
        TEXT,
        "version of the library; then `(editable)`, `(local folder)` or `(git 0123456789ab)` "
        "if it is not from an index, `in fact 0.29.0` if its code says so",
        csv=True,
    ),
    Field(
        "versions",
        JSON,
        "versions of all that it could import, native libraries included; `in fact …` "
        "where [another package](doctor.md#contaminated-environments) was written over it",
    ),
    Field("python_version", TEXT, "version of the worker's interpreter", csv=True),
    Field(
        "event_loop",
        TEXT,
        "such as `asyncio`, `uvloop`, `trio`, `gevent`; NULL for sync clients in threads",
        csv=True,
    ),
    Field("profile", TEXT, "`parity` or `defaults`", csv=True),
    Field("unequal", JSON_TUPLE, "parity settings the library has no switch for"),
    Field("processes", COUNT, "worker processes", csv=True),
    Field("body_bytes", BYTES, "length of the request body", csv=True),
    *_percentiles(
        "response_time", _service_s, p50="median service time; NULL where it is censored"
    ),
    Field(
        "completions_per_second",
        RATE,
        "all completions, errors included, per second of the windows",
        csv=True,
    ),
    Field(
        "cpu_per_request_ns",
        MEAN_NS,
        "CPU time of the workers ÷ `cpu_requests`, gross",
        json=True,
        csv=True,
    ),
    Field("window_ns", NS, "total length of the measured windows", csv=True),
    Field("correct", COUNT, "correct responses that ended inside the windows"),
    Field("population", COUNT, "requests whose intended start lies in a window", csv=True),
    Field("censored", COUNT, "how many of the samples timed out", csv=True),
    Field("timeout_ns", NS, "the time limit of a request"),
    Field("mean_service_ns", MEAN_NS, "mean service time of the correct responses", csv=True),
    Field(
        "cpu_ns", NS, "CPU time (user and system) of the workers between the edges of the windows"
    ),
    Field("cpu_wall_ns", NS, "elapsed time between the same edges"),
    Field("cpu_requests", COUNT, "requests completed between the same edges"),
    Field(
        "idle_cpu_ns",
        NS,
        "CPU time of the workers while others were measured; should be close to nothing",
    ),
    Field(
        "idle_rss_bytes", BYTES, "resident set with the session open and one request done", csv=True
    ),
    Field("peak_rss_bytes", BYTES, "the largest resident set, as the kernel saw it", csv=True),
    Field("mean_rss_bytes", BYTES, "mean resident set"),
    Field("orchestrator_cpu_ns", NS, "CPU time of clientbench itself beside the workers"),
    Field(
        "target_cpu_share",
        SHARE,
        "share of the CPUs it [can keep busy](method.md#cost) that the target used inside the "
        "windows",
    ),
    Field("sent", COUNT, "every request sent, warm-up and lead-in included", csv=True),
    Field(
        "lost_rows",
        COUNT,
        "samples the recorder had to overwrite before they were read; should be 0",
    ),
    *(
        Field(name, COUNT, meaning, path=f"open_loop.{name}", csv=True)
        for name, meaning in {
            "planned": "intended starts in the windows; NULL, as all that follow, for a closed "
            "loop",
            "dropped": "intended starts that found all slots taken and were given up",
            "missed": "intended starts that still waited for a slot a quarter of the window's "
            "length after its end",
            "late": "requests that started a millisecond or more after their intended start",
        }.items()
    ),
    Field(
        "mean_response_ns",
        MEAN_NS,
        "mean response time (end − intended start) of the correct responses",
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
        p50="median of the time from due, with a slot free, to the start: clientbench itself was late",
        p99="its 99th percentile",
        max="its maximum",
    ),
    Field(
        "trace_share",
        SHARE,
        "share of the requests that were traced; above 0, throughput and CPU are those of tracing",
    ),
    Field(
        "target",
        TEXT,
        "the target: its name, its alias where it has one, or `url`; NULL, as all that follow, in "
        "rows stored before targets were a factor",
        path="target.name",
        csv=True,
    ),
    *(
        Field(name, kind, meaning, path=f"target.{name}", csv=True)
        for name, kind, meaning in (
            (
                "runtime",
                TEXT,
                "`native`, `docker` (a published port) or `docker-host` (the host's network)",
            ),
            ("instances", COUNT, "servers behind a proxy, worker processes of an origin"),
            ("tls", FLAG, "1 for HTTPS"),
            ("upstream", TEXT, "what is behind a proxy; empty for an origin"),
        )
    ),
    Field(
        "proxy_cpu_ns",
        NS,
        "CPU time of the target's proxy in the windows; NULL without one, and where it cannot be "
        "seen",
    ),
    Field("origin_cpu_ns", NS, "CPU time of the servers that answer, likewise"),
    Field(
        "client_environment_id",
        TEXT,
        "environment of the client (→ `client_environments.id`); NULL in rows stored before it was "
        "recorded",
        path="client_environment.digest",
        csv=True,
    ),
    Field(
        "http_version",
        TEXT,
        "`1.1` or `2`, as the target chooses; NULL where that is not known, of clients that ask no "
        "target, and in rows stored before it was recorded",
    ),
    Field(
        "early_correct",
        COUNT,
        "open loops: correct responses that ended in the first half of a window; NULL in a "
        "closed one, and where a count of requests ends the run",
        path="open_loop.early_correct",
    ),
    Field(
        "condition",
        TEXT,
        "the level of the factor that clients are crossed with, as `c=16` or `POST`, with which "
        "`label` ends; NULL where a run has no conditions",
        csv=True,
    ),
    Field(
        "connection",
        TEXT,
        "`keep-alive`, or `close` where each request had a connection of its own",
        csv=True,
    ),
    Field(
        "unexpected_answer",
        ANSWER,
        "one answer whose status was not expected: its `status` and the `beginning` of its body "
        "(at most 200 bytes, no secrets); NULL if none was seen",
    ),
    Field(
        "client_source",
        SOURCE,
        "a library that is no release: `kind` (checkout, wheel, sdist, url), `name`, `digest`, and "
        "`commit` and `dirty` of a checkout; NULL for a release",
    ),
)

# Parts of a trial that are stored in other tables; whole in JSON.
BESIDE = (
    Field("service", WHOLE, "its service times", key="service_histogram"),
    Field("status_counts", WHOLE, "responses of the population, by status"),
    Field("error_counts", WHOLE, "failed requests of the population, by kind"),
    Field("target", WHOLE, "the whole specification of its target"),
    Field(
        "open_loop", WHOLE, "counts and latencies of its planned starts (null for a closed loop)"
    ),
    Field("client_environment", WHOLE, "the environment of its client"),
    Field("slices", WHOLE, "its windows"),
    Field("endpoints", WHOLE, "counts and latencies of each endpoint, of a mixture"),
    Field("groups", WHOLE, "its latencies in each group of its round, if there were several"),
)

COLUMNS = (*PUBLIC, *OWN)  # columns of benchmark_results, in their order
FIELDS = (*COLUMNS, *BESIDE)
