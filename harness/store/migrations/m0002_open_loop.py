"""Columns of a trial with an open loop; NULL for a closed loop."""

STATEMENTS = (
    "ALTER TABLE benchmark_results ADD COLUMN planned INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN dropped INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN missed INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN late INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN mean_response_ns REAL",
    "ALTER TABLE benchmark_results ADD COLUMN p50_response_ns INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN p95_response_ns INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN p99_response_ns INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN p50_queue_wait_ns INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN p99_queue_wait_ns INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN p50_pacer_lag_ns INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN p99_pacer_lag_ns INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN max_pacer_lag_ns INTEGER",
)
