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

# The columns by which results over several runs are kept apart.
KIND = """\
environment_id, environment, client_library, client_type, client_version, event_loop, http_method,
  concurrency_level, body_bytes, connection, profile, target, runtime, instances, tls, upstream, versions,
  client_environment_id, http_version, target_versions, settings"""

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
    # Results over several runs, but never over different machines, versions or settings.
    "library_summary": f"""
WITH known AS (
  SELECT
    results.*,
    runs.environment_id,
    COALESCE(json_extract(environments.environment, '$.host'), '?') || ' · '
      || COALESCE(json_extract(environments.environment, '$.cpu'), '?') || ' · Python '
      || results.python_version AS environment,
    CASE WHEN results.target IS NULL THEN runs.target ELSE (
      SELECT description FROM targets
      WHERE targets.run_id = runs.id AND targets.name = results.target
        AND targets.runtime = results.runtime AND targets.instances = results.instances
        AND targets.tls = results.tls AND targets.upstream = results.upstream
    ) END AS target_versions,
    json_set(json_remove(
      runs.scenario, '$.competitors', '$.axis', '$.condition_factor', '$.baseline', '$.seed',
      '$.rounds', '$.duration_s', '$.requests', '$.precision'
    ), '$.competitor', json((
      SELECT json_remove(
        value, '$.label', '$.client', '$.method', '$.body_bytes', '$.concurrency', '$.condition',
        '$.connection'
      ) FROM json_each(runs.scenario, '$.competitors')
      WHERE json_extract(value, '$.label') = results.label
    ))) AS settings
  FROM benchmark_results AS results
  JOIN runs ON runs.id = results.run_id
  JOIN environments ON environments.id = runs.environment_id
  WHERE results.state = 'complete' AND results.trace_share = 0
)
SELECT
  {KIND},
  COUNT(DISTINCT run_id) AS runs,
  COUNT(*) AS rounds,
  SUM(window_ns) / 1e9 AS duration,
  {REQUESTS_PER_SECOND},
  {AVG_RESPONSE_TIME},
  {CLIENT_CPU_PER_REQUEST_US} AS cpu_per_request_us,
  {MEMORY_AND_ERRORS}
FROM known
GROUP BY {KIND}""",
    # Ranks are within a condition; without a verdict there is no rank.
    "ranking": """
WITH known AS (
  SELECT
    client_summary.run_id,
    client_summary.label,
    client_summary.condition,
    client_summary.requests_per_second,
    comparisons.ratio,
    comparisons.low,
    comparisons.high,
    comparisons.verdict,
    comparisons.reason,
    comparisons.rounds,
    comparisons.baseline,
    client_summary.requests_per_second IS NOT NULL AND (
      comparisons.verdict IS NOT NULL OR EXISTS (
        SELECT 1 FROM comparisons AS others
        WHERE others.run_id = client_summary.run_id AND others.baseline = client_summary.label
          AND others.metric = 'throughput' AND others.verdict IS NOT NULL
      )
    ) AS is_judged
  FROM client_summary
  LEFT JOIN comparisons
    ON comparisons.run_id = client_summary.run_id
    AND comparisons.label = client_summary.label
    AND comparisons.metric = 'throughput'
)
SELECT
  run_id, label, condition, requests_per_second, ratio, low, high, verdict, reason, rounds, baseline,
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
