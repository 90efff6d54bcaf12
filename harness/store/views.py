"""The views of a database: created again after every migration, because views hold no data.

So migrations do not contain views. A step that only changes a view has no statements.
"""

from __future__ import annotations

from typing import Any

__all__ = ["VIEWS", "create", "drop"]

# Totals of the rows of a group, defined as harness.records.totals defines them.
REQUESTS_PER_SECOND = (
    "SUM(correct) * 1e9 / NULLIF(SUM(window_ns) * (SUM(requests_count) > 0), 0)"
    " AS requests_per_second"
)
CPU_PER_REQUEST_US = "SUM({cpu_ns}) / 1e3 / NULLIF(SUM(cpu_requests), 0)"
CLIENT_CPU_PER_REQUEST_US = CPU_PER_REQUEST_US.format(cpu_ns="cpu_ns")
AVG_RESPONSE_TIME = """\
SUM(mean_service_ns * (population - error_count))
    / NULLIF(SUM(CASE WHEN mean_service_ns IS NOT NULL THEN population - error_count END), 0)
    / 1e9 AS avg_response_time"""
MEMORY_AND_ERRORS = """\
MAX(peak_rss_bytes) / 1e6 AS peak_memory_mb,
  SUM(error_count) AS error_count,
  100.0 * SUM(error_count) / NULLIF(SUM(population), 0) AS error_rate"""

# The kinds of warnings that say that other programs used the machine.
DISTURBED = "('disturbed', 'busy machine')"
METRICS = ("throughput", "cpu_per_request", "p50", "p99", "peak_memory")
RATIOS = ",\n  ".join(
    f"results.{metric}_{part}"
    for metric in METRICS
    for part in ("ratio", "low", "high", "rounds", "verdict", "reason")
)

VIEWS = {
    "latest_run": "SELECT * FROM runs ORDER BY started_at DESC, rowid DESC LIMIT 1",
    "run_overview": """
SELECT
  runs.id,
  runs.name,
  runs.started_at,
  runs.ended_at,
  runs.state,
  runs.axis,
  runs.baseline,
  (SELECT COUNT(*) FROM rounds WHERE run_id = runs.id) AS rounds,
  (SELECT COUNT(DISTINCT label) FROM benchmark_results WHERE run_id = runs.id) AS competitors,
  (SELECT COUNT(*) FROM benchmark_results WHERE run_id = runs.id AND state != 'complete')
    AS trials_not_complete,
  (SELECT COUNT(*) FROM doubts WHERE run_id = runs.id) AS doubts
FROM runs""",
    # Rates are NULL if nothing was measured.
    "client_summary": f"""
SELECT
  run_id,
  label,
  MIN(condition) AS condition,
  MIN(client_library) AS client_library,
  MIN(client_type) AS client_type,
  MIN(client_version) AS client_version,
  MIN(http_method) AS http_method,
  MIN(concurrency_level) AS concurrency_level,
  MIN(body_bytes) AS body_bytes,
  COUNT(*) AS rounds,
  SUM(state = 'complete') AS rounds_complete,
  SUM(window_ns) / 1e9 AS duration,
  {REQUESTS_PER_SECOND},
  SUM(requests_count) * 1e9 / NULLIF(SUM(window_ns) * (SUM(requests_count) > 0), 0) AS completions_per_second,
  MIN(requests_per_second) AS slowest_round,
  MAX(requests_per_second) AS fastest_round,
  {AVG_RESPONSE_TIME},
  {CLIENT_CPU_PER_REQUEST_US} AS cpu_per_request_us,
  MAX(idle_rss_bytes) / 1e6 AS idle_memory_mb,
  {MEMORY_AND_ERRORS}
FROM benchmark_results
WHERE run_id IS NOT NULL
GROUP BY run_id, label""",
    "target_summary": f"""
SELECT
  run_id,
  label,
  target,
  runtime,
  instances,
  tls,
  upstream,
  COUNT(*) AS rounds,
  {REQUESTS_PER_SECOND},
  {CLIENT_CPU_PER_REQUEST_US} AS client_cpu_per_request_us,
  {CPU_PER_REQUEST_US.format(cpu_ns="proxy_cpu_ns")} AS proxy_cpu_per_request_us,
  {CPU_PER_REQUEST_US.format(cpu_ns="origin_cpu_ns")} AS origin_cpu_per_request_us,
  AVG(target_cpu_share) AS target_cpu_share
FROM benchmark_results
WHERE run_id IS NOT NULL
GROUP BY run_id, label""",
    # Results over several runs, but never over different machines, versions or settings. The sums
    # are of trials, because competitor_results has those that are not complete as well.
    "library_summary": """
WITH sums AS (
  SELECT
    run_id,
    label,
    COUNT(*) AS rounds,
    SUM(window_ns) AS window_ns,
    SUM(requests_count) AS requests_count,
    SUM(correct) AS correct,
    SUM(population) AS population,
    SUM(error_count) AS error_count,
    SUM(mean_service_ns * (population - error_count)) AS service_sum_ns,
    SUM(CASE WHEN mean_service_ns IS NOT NULL THEN population - error_count END) AS responses,
    SUM(cpu_ns) AS cpu_ns,
    SUM(cpu_requests) AS cpu_requests,
    MAX(peak_rss_bytes) AS peak_rss_bytes
  FROM benchmark_results
  WHERE run_id IS NOT NULL AND state = 'complete' AND trace_share = 0
  GROUP BY run_id, label
)
SELECT
  environments.machine,
  results.series,
  results.software,
  MIN(COALESCE(json_extract(environments.environment, '$.host'), '?') || ' · '
    || COALESCE(json_extract(environments.environment, '$.cpu'), '?') || ' · Python '
    || results.python_version) AS environment,
  MIN(results.client_library) AS client_library,
  MIN(results.client_type) AS client_type,
  MIN(results.client_version) AS client_version,
  MIN(results.python_version) AS python_version,
  MIN(results.event_loop) AS event_loop,
  MIN(results.http_method) AS http_method,
  MIN(results.url) AS url,
  MIN(results.concurrency_level) AS concurrency_level,
  MIN(results.body_bytes) AS body_bytes,
  MIN(results.connection) AS connection,
  MIN(results.profile) AS profile,
  MIN(results.target) AS target,
  MIN(results.runtime) AS runtime,
  MIN(results.instances) AS instances,
  MIN(results.tls) AS tls,
  MIN(results.upstream) AS upstream,
  COUNT(DISTINCT sums.run_id) AS runs,
  SUM(sums.rounds) AS rounds,
  SUM(sums.window_ns) / 1e9 AS duration,
  SUM(sums.correct) * 1e9 / NULLIF(SUM(sums.window_ns) * (SUM(sums.requests_count) > 0), 0)
    AS requests_per_second,
  SUM(sums.service_sum_ns) / NULLIF(SUM(sums.responses), 0) / 1e9 AS avg_response_time,
  SUM(sums.cpu_ns) / 1e3 / NULLIF(SUM(sums.cpu_requests), 0) AS cpu_per_request_us,
  MAX(sums.peak_rss_bytes) / 1e6 AS peak_memory_mb,
  SUM(sums.error_count) AS error_count,
  100.0 * SUM(sums.error_count) / NULLIF(SUM(sums.population), 0) AS error_rate
FROM sums
JOIN competitor_results AS results USING (run_id, label)
JOIN runs ON runs.id = sums.run_id
JOIN environments ON environments.id = runs.environment_id
GROUP BY environments.machine, results.series, results.software""",
    # One line per machine, series and name; what else changed from point to point is marked.
    "trend": f"""
SELECT
  runs.started_at,
  environments.machine,
  results.series,
  results.software,
  results.run_id,
  runs.name AS run_name,
  runs.state AS run_state,
  results.label,
  results.name,
  results.condition,
  results.client_library,
  results.client_type,
  results.client_version,
  results.python_version,
  json_extract(environments.environment, '$.kernel') AS kernel,
  runs.git_commit,
  runs.git_branch,
  runs.git_dirty,
  runs.tags,
  results.baseline,
  results.rounds,
  results.state,
  results.trace_share,
  results.requests_per_second,
  results.cpu_per_request_ns,
  results.p50_response_ns,
  results.p95_response_ns,
  results.p99_response_ns,
  results.p999_response_ns,
  results.response_samples,
  results.peak_rss_bytes,
  results.error_rate,
  {RATIOS},
  (
    SELECT COUNT(*) FROM doubts
    WHERE doubts.run_id = results.run_id AND doubts.grave AND (
      doubts.subject IN ('run', results.label) OR doubts.subject NOT IN (
        SELECT label FROM competitor_results WHERE run_id = results.run_id
      )
    )
  ) AS grave_doubts,
  EXISTS (
    SELECT 1 FROM doubts
    WHERE doubts.run_id = results.run_id AND doubts.kind IN {DISTURBED}
      AND doubts.subject IN ('run', results.label)
  ) AS disturbed
FROM competitor_results AS results
JOIN runs ON runs.id = results.run_id
JOIN environments ON environments.id = runs.environment_id""",
    "latest": """
SELECT trend.*
FROM trend
JOIN (
  SELECT run_id, label, ROW_NUMBER() OVER (
    PARTITION BY machine, series, name ORDER BY started_at DESC, run_id
  ) AS age
  FROM trend
) AS aged USING (run_id, label)
WHERE age = 1""",
    # Ranks are within a condition; without a verdict there is no rank.
    "ranking": """
WITH known AS (
  SELECT
    *,
    requests_per_second IS NOT NULL AND (
      throughput_verdict IS NOT NULL OR EXISTS (
        SELECT 1 FROM competitor_results AS others
        WHERE others.run_id = results.run_id AND others.baseline = results.label
          AND others.throughput_verdict IS NOT NULL
      )
    ) AS is_judged
  FROM competitor_results AS results
)
SELECT
  run_id,
  label,
  condition,
  requests_per_second,
  throughput_ratio AS ratio,
  throughput_low AS low,
  throughput_high AS high,
  throughput_verdict AS verdict,
  throughput_reason AS reason,
  throughput_rounds AS rounds,
  CASE WHEN throughput_rounds IS NOT NULL THEN baseline END AS baseline,
  CASE WHEN is_judged THEN RANK() OVER (
    PARTITION BY run_id, condition, is_judged ORDER BY requests_per_second DESC
  ) END AS place
FROM known""",
}


def drop(db: Any) -> None:
    """Remove the views from a ``sqlite_utils.Database``; a user may have dropped some."""
    for name in VIEWS:
        db.execute(f"DROP VIEW IF EXISTS {name}")


def create(db: Any) -> None:
    """Create all views in a ``sqlite_utils.Database`` that has every table."""
    for name, query in VIEWS.items():
        db.execute(f"CREATE VIEW {name} AS {query.strip()}")
