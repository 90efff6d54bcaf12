"""Runs and trials to store, compare and render: built by hand, or drawn by hypothesis."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from harness.analysis.comparison import compare
from harness.records.client_environment import Environment, Installed, Interpreter
from harness.records.endpoint_summary import EndpointSummary
from harness.records.gate_result import GateFinding
from harness.records.histogram import Histogram
from harness.records.model import (
    METRICS,
    Ceiling,
    Comparison,
    Doubt,
    HeldPlan,
    OtherLoad,
    Reading,
    RunRecord,
    SliceRecord,
    Spread,
    TargetRecord,
    TrialSummary,
)
from servers.spec import RUNTIMES, TargetSpec

SECOND = 1_000_000_000
TIMEOUT_NS = 10 * SECOND


CLIENT_ENVIRONMENT = Environment(
    Interpreter("3.11.7", "3.11.7 (main)", "--enable-optimizations", "OpenSSL 3.0.18", gil=True),
    (Installed("requests", "2.32.3", "a" * 32), Installed("urllib3", "2.2.3", "b" * 32)),
    code="c" * 32,
)


def histogram(values_ns: Iterable[int]) -> Histogram:
    made = Histogram()
    made.record(np.fromiter(values_ns, np.int64))
    return made


def trial(
    label: str = "requests", round: int = 1, rate: int = 1000, **changes: Any
) -> TrialSummary:
    """A complete trial of one second with ``rate`` correct responses of 1 ms each."""
    values: dict[str, Any] = {
        "id": f"trial-{label}-{round}",
        "label": label,
        "round": round,
        "state": "complete",
        "reason": None,
        "client_library": label.partition(":")[0],
        "client_type": "async" if ":async" in label else "sync",
        "client_version": "2.32.3",
        "versions": {"requests": "2.32.3", "urllib3": "2.2.3"},
        "python_version": "3.11.7",
        "client_environment": CLIENT_ENVIRONMENT,
        "event_loop": "asyncio" if ":async" in label else None,
        "profile": "parity",
        "unequal": (),
        "http_method": "GET",
        "url": "http://127.0.0.1:8080/",
        "body_bytes": 0,
        "concurrency": 10,
        "processes": 1,
        "started_at": "2025-03-01T10:00:00+00:00",
        "ended_at": "2025-03-01T10:00:02+00:00",
        "window_ns": SECOND,
        "completed": rate,
        "correct": rate,
        "population": rate,
        "censored": 0,
        "timeout_ns": TIMEOUT_NS,
        "mean_service_ns": 1e6,
        "status_counts": {200: rate},
        "error_counts": {},
        "cpu_ns": SECOND // 2,
        "cpu_wall_ns": SECOND,
        "cpu_requests": rate,
        "idle_rss_bytes": 30_000_000,
        "peak_rss_bytes": 45_000_000,
        "mean_rss_bytes": 40_000_000,
        "sent": rate + 100,
        "slices": (SliceRecord(0, 0, 5, 5 + SECOND, rate, rate, SECOND // 2, rate, 7),),
        "readings": (
            Reading(10, "worker", 99.5, 40_000_000, 3, 12),
            Reading(10, "machine", 150.25),
        ),
    }
    if "service" not in changes:  # a million of them take a while
        values["service"] = histogram([1_000_000] * rate)
    return TrialSummary(**(values | changes))


def failed(label: str, round: int = 1, reason: str = "connection refused") -> TrialSummary:
    """A trial that never got to measure anything."""
    return trial(
        label,
        round,
        rate=0,
        state="failed",
        reason=reason,
        client_version="",
        window_ns=0,
        mean_service_ns=None,
        status_counts={},
        cpu_ns=0,
        cpu_wall_ns=0,
        idle_rss_bytes=None,
        peak_rss_bytes=None,
        mean_rss_bytes=None,
        slices=(),
        readings=(),
    )


def unmeasured(label: str, round: int = 1) -> TrialSummary:
    """A trial in whose window of a second there was no request."""
    return trial(
        label,
        round,
        rate=0,
        state="unmeasured",
        reason="no request fell into the measured time of 1 s",
        mean_service_ns=None,
        status_counts={},
    )


def run(id: str = "run-1", **changes: Any) -> RunRecord:
    values: dict[str, Any] = {
        "id": id,
        "name": "compare",
        "started_at": "2025-03-01T10:00:00+00:00",
        "ended_at": "2025-03-01T10:01:00+00:00",
        "state": "complete",
        "axis": "client",
        "baseline": "requests",
        "seed": 7,
        "scenario": {"concurrency": 10, "clients": ["requests", "aiohttp:async"]},
        "environment": {"host": "bench", "cpus": 2},
        "target": {"kind": "embedded", "version": "1"},
    }
    return RunRecord(**(values | changes))


def two_clients(rounds: int = 3) -> list[TrialSummary]:
    """``aiohttp:async`` at four times the throughput of ``requests``."""
    return [
        made
        for round in range(1, rounds + 1)
        for made in (trial("requests", round), trial("aiohttp:async", round, rate=4000))
    ]


def finished(trials: list[TrialSummary], **changes: Any) -> RunRecord:
    """A run with the comparisons of its trials and one doubt."""
    doubt = Doubt("disturbed", "run", "another process used 40 % of a CPU", "stop it and repeat")
    record = run(doubts=(doubt,), **changes)
    return replace(record, comparisons=tuple(compare(trials, record.baseline)))


# what a gate has found about ``two_clients``
FINDING = GateFinding(
    "throughput >= 0.95 of baseline",
    "aiohttp:async",
    "throughput",
    0.95,
    "requests",
    "kept",
    *[4.0] * 3,
)


def by_rounds(trials: Iterable[TrialSummary]) -> dict[int, list[TrialSummary]]:
    grouped: dict[int, list[TrialSummary]] = {}
    for made in trials:
        grouped.setdefault(made.round, []).append(made)
    return grouped


def save(store: Any, record: RunRecord, trials: Iterable[TrialSummary]) -> None:
    """A whole run as the orchestrator stores it, except for its end."""
    store.begin(record)
    store.save_checks(record)
    for round, made in by_rounds(trials).items():
        store.save_round(
            record.id,
            round,
            order=[one.label for one in made],
            started_at="2025-03-01T10:00:00+00:00",
            ended_at=f"2025-03-01T10:00:{round:02}+00:00",
            trials=made,
        )


def same(one: TrialSummary, other: TrialSummary) -> bool:
    """Equality that looks into the histograms."""
    return (
        np.array_equal(one.service.counts, other.service.counts)
        and _looked_into(one) == _looked_into(other)
        and one == replace(other, service=one.service, endpoints=one.endpoints)
    )


def _looked_into(one: TrialSummary) -> list[dict[str, Any]]:
    return [
        {
            name: value.encode() if isinstance(value, Histogram) else value
            for name, value in vars(endpoint).items()
        }
        for endpoint in one.endpoints
    ]


# hypothesis ------------------------------------------------------------------------------------

TEXT = st.text(max_size=20)
COUNT = st.integers(0, 2**59)  # the sum of a few has to fit into the database
OPTIONAL_COUNT = st.none() | COUNT
REAL = st.floats(allow_nan=False, allow_infinity=False)
PLAIN_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | REAL | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
JSON_OBJECT = st.dictionaries(TEXT, PLAIN_JSON, max_size=4)

slices = st.builds(
    SliceRecord,
    *[st.integers(0, 1000)] * 2,
    *[COUNT] * 6,
    target_cpu_ns=OPTIONAL_COUNT,
)
readings = st.builds(
    Reading,
    at_ns=COUNT,
    source=st.sampled_from(["worker", "target", "orchestrator", "machine"]),
    cpu_percent=REAL,
    rss_bytes=OPTIONAL_COUNT,
    threads=OPTIONAL_COUNT,
    open_files=OPTIONAL_COUNT,
    steal_percent=st.none() | REAL,
    frequency_mhz=st.none() | REAL,
)


names = st.sampled_from(["embedded", "nginx", "traefik", "url"])
factors = st.builds(
    TargetSpec,
    name=names,
    runtime=st.sampled_from(RUNTIMES),
    instances=st.integers(1, 64),
    tls=st.booleans(),
    upstream=st.sampled_from(["", "embedded", "httpbin"]),
)
specs = st.builds(
    replace,
    factors,
    port=st.integers(0, 65535),
    cpus=st.lists(st.integers(0, 4095), max_size=3).map(tuple),
    memory_bytes=COUNT,
    url=TEXT,
)
target_records = st.builds(TargetRecord, specs, st.dictionaries(TEXT, TEXT, max_size=3))
ceilings = st.builds(
    Ceiling,
    TEXT,
    *[st.none() | REAL] * 6,
)
held_plans = st.builds(HeldPlan, TEXT, *[COUNT] * 3, *[OPTIONAL_COUNT] * 2, st.none() | TEXT)
other_loads = st.builds(
    OtherLoad, COUNT, OPTIONAL_COUNT, OPTIONAL_COUNT, st.none() | REAL, st.booleans()
)
spreads = st.builds(Spread, st.integers(0, 3), st.integers(1, 100), TEXT, COUNT)


def endpoint(name: str = "read", **changes: Any) -> EndpointSummary:
    """One endpoint of a trial, with ten correct responses of 1 ms each."""
    values: dict[str, Any] = {
        "name": name,
        "http_method": "GET",
        "url": "http://127.0.0.1/",
        "share": 0.5,
        "body_bytes": 0,
        "population": 10,
        "correct": 10,
        "service": histogram([1_000_000] * 10),
        "censored": 0,
        "timeout_ns": TIMEOUT_NS,
        "status_counts": {200: 10},
    }
    return EndpointSummary(**(values | changes))


endpoints = st.builds(
    EndpointSummary,
    name=TEXT,
    http_method=TEXT,
    url=TEXT,
    share=st.floats(0, 1),
    body_bytes=COUNT,
    population=COUNT,
    correct=COUNT,
    service=st.lists(st.integers(0, 900), max_size=3).map(histogram),  # long ones take long
    censored=st.just(0),
    timeout_ns=COUNT,
    response=st.none() | st.lists(st.integers(0, 900), max_size=3).map(histogram),
    status_counts=st.dictionaries(st.integers(100, 599), COUNT, max_size=3),
    error_counts=st.dictionaries(st.sampled_from(["dns", "body"]), COUNT),
)


@st.composite
def trials(draw: Any, **fixed: Any) -> TrialSummary:
    """Any trial the model allows, sensible or not: what goes in must come out."""
    values = draw(st.lists(st.integers(0, 2 * 3600 * SECOND), max_size=30))
    counts = {name: draw(COUNT) for name in COUNTS}
    optional = {name: draw(OPTIONAL_COUNT) for name in OPTIONAL_COUNTS}
    texts = {name: draw(TEXT) for name in TEXTS}
    drawn: dict[str, Any] = {
        "label": draw(TEXT),
        "round": 1,
        "state": draw(st.sampled_from(["complete", "partial", "failed", "unmeasured"])),
        "reason": draw(st.none() | TEXT),
        "client_type": draw(st.sampled_from(["sync", "async"])),
        "event_loop": draw(st.none() | TEXT),
        "versions": draw(st.dictionaries(TEXT, TEXT, max_size=4)),
        "unequal": tuple(draw(st.lists(TEXT, max_size=3))),
        "service": histogram(values),
        "censored": draw(st.integers(0, len(values))),
        "mean_service_ns": draw(st.none() | st.floats(0, 1e13)),
        "target_cpu_share": draw(st.none() | st.floats(0, 1)),
        "target": draw(factors),
        "status_counts": draw(st.dictionaries(st.integers(100, 599), COUNT, max_size=4)),
        "error_counts": draw(
            st.dictionaries(st.sampled_from(["dns", "connect", "body"]), st.integers(0, 10**9))
        ),
        "slices": tuple(draw(st.lists(slices, max_size=3))),
        "endpoints": tuple(draw(st.lists(endpoints, max_size=1))),
        "readings": tuple(draw(st.lists(readings, max_size=3))),
    }
    return TrialSummary(**(drawn | counts | optional | texts | fixed))


COUNTS = (
    *("body_bytes", "concurrency", "processes", "window_ns", "completed", "correct"),
    *("population", "timeout_ns", "cpu_ns", "cpu_wall_ns", "cpu_requests", "idle_cpu_ns"),
    *("orchestrator_cpu_ns", "sent", "lost_rows"),
)
OPTIONAL_COUNTS = (
    *("idle_rss_bytes", "peak_rss_bytes", "mean_rss_bytes", "proxy_cpu_ns", "origin_cpu_ns"),
)
TEXTS = (
    *("client_library", "client_version", "python_version", "profile", "http_method", "url"),
    *("started_at", "ended_at"),
)

comparisons = st.builds(
    Comparison,
    label=TEXT,
    baseline=TEXT,
    metric=st.sampled_from(METRICS),
    ratio=st.none() | REAL,
    low=st.none() | REAL,
    high=st.none() | REAL,
    rounds=st.integers(0, 1000),
    verdict=st.none() | st.sampled_from(["faster", "slower", "equivalent", "inconclusive"]),
    reason=st.none() | TEXT,
    family=st.none() | st.integers(1, 1000),
)


def runs(**fixed: Any) -> st.SearchStrategy[RunRecord]:
    """Any run the model allows."""
    drawn: dict[str, Any] = {
        "name": TEXT,
        "started_at": TEXT,
        "ended_at": TEXT,
        "state": st.sampled_from(["complete", "interrupted", "failed"]),
        "axis": TEXT,
        "targets": st.lists(target_records, max_size=3).map(tuple),
        "spreads": st.lists(spreads, max_size=3).map(tuple),
        "ceilings": st.lists(ceilings, max_size=3).map(tuple),
        "held": st.lists(held_plans, max_size=3).map(tuple),
        "other_load": st.none() | other_loads,
        "baseline": TEXT,
        "seed": st.integers(-(2**63), 2**63 - 1),
        "scenario": JSON_OBJECT,
        "environment": JSON_OBJECT,
        "target": st.dictionaries(TEXT, TEXT, max_size=4),
        "doubts": st.lists(st.builds(Doubt, TEXT, TEXT, TEXT, TEXT), max_size=3).map(tuple),
        "comparisons": st.lists(comparisons, max_size=3).map(tuple),
    }
    return st.builds(RunRecord, **(drawn | {key: st.just(value) for key, value in fixed.items()}))
