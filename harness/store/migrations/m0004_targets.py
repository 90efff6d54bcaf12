"""Targets as a factor: which one a trial had, what it was, and how requests were spread."""

STATEMENTS = (
    "ALTER TABLE benchmark_results ADD COLUMN target TEXT",
    "ALTER TABLE benchmark_results ADD COLUMN runtime TEXT",
    "ALTER TABLE benchmark_results ADD COLUMN instances INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN tls INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN upstream TEXT",
    "ALTER TABLE benchmark_results ADD COLUMN proxy_cpu_ns INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN origin_cpu_ns INTEGER",
    """CREATE TABLE targets (
  run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  name TEXT NOT NULL,
  runtime TEXT NOT NULL,
  instances INTEGER NOT NULL,
  tls INTEGER NOT NULL,
  upstream TEXT NOT NULL,
  spec TEXT NOT NULL,
  description TEXT NOT NULL,
  PRIMARY KEY (run_id, sequence)
)""",
    """CREATE TABLE spreads (
  run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  target INTEGER NOT NULL,
  round INTEGER NOT NULL,
  instance TEXT NOT NULL,
  requests INTEGER NOT NULL,
  PRIMARY KEY (run_id, sequence)
)""",
    """CREATE VIEW target_summary AS
SELECT
  run_id,
  label,
  target,
  runtime,
  instances,
  tls,
  upstream,
  COUNT(*) AS rounds,
  SUM(correct) * 1e9 / NULLIF(SUM(window_ns), 0) AS requests_per_second,
  SUM(cpu_ns) / 1e3 / NULLIF(SUM(cpu_requests), 0) AS client_cpu_per_request_us,
  SUM(proxy_cpu_ns) / 1e3 / NULLIF(SUM(cpu_requests), 0) AS proxy_cpu_per_request_us,
  SUM(origin_cpu_ns) / 1e3 / NULLIF(SUM(cpu_requests), 0) AS origin_cpu_per_request_us,
  AVG(target_cpu_share) AS target_cpu_share
FROM benchmark_results
WHERE run_id IS NOT NULL
GROUP BY run_id, label""",
)
