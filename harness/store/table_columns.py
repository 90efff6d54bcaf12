"""Names in the database that several modules need."""

from __future__ import annotations

__all__ = ["OF_GROUP", "RESULTS", "TRACE_COLUMNS"]

RESULTS = "benchmark_results"  # its columns are in harness.records.fields

# Metrics of histograms begin like this, and end with the first block of a group.
OF_GROUP = "latency_from_block_"

TRACE_COLUMNS = (  # the same as in harness.worker.tracing
    "number",
    "batch",
    "local_port",
    "hold_point",
    "planned_ns",
    "arrived_ns",
    "held_ns",
    "start_ns",
    # the points of adapters.trace.POINTS, in their order
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
    "outcome",
    "received_bytes",
    "end_ns",
)
