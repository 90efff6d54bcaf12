"""The columns of tables that have grown: those of a release, and those that later ones have added, as data.

docs/results.md explains each; migrations add them.
"""

from __future__ import annotations

__all__ = [
    "OPEN_LOOP_COLUMNS",
    "POINT_COLUMNS",
    "PUBLIC_COLUMNS",
    "RESULTS",
    "TRACE_COLUMNS",
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
