"""The columns of tables that have grown: those of a release, and those that later ones have added, as data.

docs/results.md explains each; ``migrations.py`` adds them.
"""

from __future__ import annotations

__all__ = [
    "CLIENT_ENVIRONMENT_COLUMN",
    "HELD_PLAN_COLUMNS",
    "NULLABLE",
    "OPEN_LOOP_COLUMNS",
    "OWN_COLUMNS",
    "POINT_COLUMNS",
    "PROTOCOL_COLUMN",
    "PUBLIC_COLUMNS",
    "READING_COLUMNS",
    "RESULTS",
    "SELFTEST_COLUMN",
    "TARGET_COLUMNS",
    "TRACE_COLUMNS",
    "WAITING_COLUMNS",
]

RESULTS = "benchmark_results"

# People's queries depend on these names and on this order (DESIGN §6): neither may change.
PUBLIC_COLUMNS = (
    ("id", "TEXT PRIMARY KEY"),
    ("name", "TEXT"),
    ("client_library", "TEXT"),
    ("client_type", "TEXT"),
    ("http_method", "TEXT"),
    ("url", "TEXT"),
    ("start_time", "TEXT"),
    ("end_time", "TEXT"),
    ("duration", "REAL"),
    ("requests_count", "INTEGER"),
    ("requests_per_second", "REAL"),
    ("avg_response_time", "REAL"),
    ("p95_response_time", "REAL"),
    ("p99_response_time", "REAL"),
    ("cpu_usage_avg", "REAL"),
    ("memory_usage_avg", "REAL"),
    ("error_count", "INTEGER"),
    ("error_rate", "REAL"),
    ("concurrency_level", "INTEGER"),
    ("config_snapshot", "TEXT"),
    ("created_at", "TEXT"),
)

# A trial without a value has NULL here, which SQL's AVG leaves out; 0 would distort it.
NULLABLE = frozenset(
    {
        "requests_per_second",
        "avg_response_time",
        "p95_response_time",
        "p99_response_time",
        "cpu_usage_avg",
        "memory_usage_avg",
        "error_rate",
    }
)

OWN_COLUMNS = (
    ("run_id", "TEXT REFERENCES runs(id) ON DELETE CASCADE"),
    ("label", "TEXT"),
    ("round", "INTEGER"),
    ("state", "TEXT"),
    ("reason", "TEXT"),
    ("client_version", "TEXT"),
    ("versions", "TEXT"),
    ("python_version", "TEXT"),
    ("event_loop", "TEXT"),
    ("profile", "TEXT"),
    ("unequal", "TEXT"),
    ("processes", "INTEGER"),
    ("body_bytes", "INTEGER"),
    ("p50_response_time", "REAL"),
    ("completions_per_second", "REAL"),
    ("cpu_per_request_ns", "REAL"),
    ("window_ns", "INTEGER"),
    ("correct", "INTEGER"),
    ("population", "INTEGER"),
    ("censored", "INTEGER"),
    ("timeout_ns", "INTEGER"),
    ("mean_service_ns", "REAL"),
    ("cpu_ns", "INTEGER"),
    ("cpu_wall_ns", "INTEGER"),
    ("cpu_requests", "INTEGER"),
    ("idle_cpu_ns", "INTEGER"),
    ("idle_rss_bytes", "INTEGER"),
    ("peak_rss_bytes", "INTEGER"),
    ("mean_rss_bytes", "INTEGER"),
    ("orchestrator_cpu_ns", "INTEGER"),
    ("target_cpu_share", "REAL"),
    ("sent", "INTEGER"),
    ("lost_rows", "INTEGER"),
)

# NULL for a closed loop.
OPEN_LOOP_COLUMNS = (
    ("planned", "INTEGER"),
    ("dropped", "INTEGER"),
    ("missed", "INTEGER"),
    ("late", "INTEGER"),
    ("mean_response_ns", "REAL"),
    ("p50_response_ns", "INTEGER"),
    ("p95_response_ns", "INTEGER"),
    ("p99_response_ns", "INTEGER"),
    ("p50_queue_wait_ns", "INTEGER"),
    ("p99_queue_wait_ns", "INTEGER"),
    ("p50_pacer_lag_ns", "INTEGER"),
    ("p99_pacer_lag_ns", "INTEGER"),
    ("max_pacer_lag_ns", "INTEGER"),
)

# Which target a trial was measured against; CPU is NULL where it could not be seen.
TARGET_COLUMNS = (
    ("target", "TEXT"),
    ("runtime", "TEXT"),
    ("instances", "INTEGER"),
    ("tls", "INTEGER"),
    ("upstream", "TEXT"),
    ("proxy_cpu_ns", "INTEGER"),
    ("origin_cpu_ns", "INTEGER"),
)

# As the target negotiates it; NULL where that is not known.
PROTOCOL_COLUMN = ("http_version", "TEXT")

# One column per point of adapters.trace.POINTS, in their order.
POINT_COLUMNS = (
    "get_conn_ns",
    "dns_start_ns",
    "dns_done_ns",
    "connect_start_ns",
    "connect_done_ns",
    "tls_handshake_start_ns",
    "tls_handshake_done_ns",
    "got_conn_ns",
    "wrote_headers_ns",
    "wrote_request_ns",
    "got_100_continue_ns",
    "got_first_response_byte_ns",
    "wait_100_continue_ns",
)

TRACE_COLUMNS = (  # as harness.worker.tracing has them
    *("number", "batch", "local_port", "hold_point", "planned_ns", "arrived_ns", "held_ns"),
    *("start_ns", *POINT_COLUMNS, "outcome", "received_bytes", "end_ns"),
)

# Of the machine; NULL for the other sources, and where it is not known.
READING_COLUMNS = (("steal_percent", "REAL"), ("frequency_mhz", "REAL"))

# Of results: what the client ran in; NULL where it was not recorded yet.
CLIENT_ENVIRONMENT_COLUMN = "client_environment_id TEXT REFERENCES client_environments(id)"

# Of rows stored before it was looked at: no drain, and NULL.
WAITING_COLUMNS = {
    "slices": (("drain_ns", "INTEGER NOT NULL DEFAULT 0"), ("parts", "TEXT")),
    RESULTS: (("early_correct", "INTEGER"),),
    "runs": (("prepared", "INTEGER NOT NULL DEFAULT 0"),),
}

# What null did in a competitor's place: NULL in rows of older versions, and where it did not fail.
HELD_PLAN_COLUMNS = (("late", "INTEGER"), ("failure", "TEXT"))

# Of runs: the self-test that a run cites.
SELFTEST_COLUMN = "selftest_id TEXT REFERENCES selftests(id) ON DELETE SET NULL"
