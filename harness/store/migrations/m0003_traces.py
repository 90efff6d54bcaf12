"""Traced requests, and their share of a trial's requests."""

STATEMENTS = (
    "ALTER TABLE benchmark_results ADD COLUMN trace_share REAL NOT NULL DEFAULT 0",
    """CREATE TABLE traces (
  trial_id TEXT NOT NULL REFERENCES benchmark_results(id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  number INTEGER NOT NULL,
  batch INTEGER NOT NULL,
  local_port INTEGER NOT NULL,
  hold_point INTEGER NOT NULL,
  planned_ns INTEGER NOT NULL,
  arrived_ns INTEGER NOT NULL,
  held_ns INTEGER NOT NULL,
  start_ns INTEGER NOT NULL,
  get_conn_ns INTEGER NOT NULL, dns_start_ns INTEGER NOT NULL, dns_done_ns INTEGER NOT NULL, \
connect_start_ns INTEGER NOT NULL, connect_done_ns INTEGER NOT NULL, \
tls_handshake_start_ns INTEGER NOT NULL, tls_handshake_done_ns INTEGER NOT NULL, \
got_conn_ns INTEGER NOT NULL, wrote_headers_ns INTEGER NOT NULL, \
wrote_request_ns INTEGER NOT NULL, got_100_continue_ns INTEGER NOT NULL, \
got_first_response_byte_ns INTEGER NOT NULL, wait_100_continue_ns INTEGER NOT NULL,
  outcome INTEGER NOT NULL,
  received_bytes INTEGER NOT NULL,
  end_ns INTEGER NOT NULL,
  PRIMARY KEY (trial_id, sequence)
)""",
)
