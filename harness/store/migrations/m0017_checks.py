"""What checks found; where nothing was measured the views have NULL, and no place without a verdict."""

STATEMENTS = (
    "ALTER TABLE held_plans ADD COLUMN late INTEGER",
    "ALTER TABLE held_plans ADD COLUMN failure TEXT",
    """CREATE TABLE other_loads (
  run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  length_ns INTEGER NOT NULL,
  used_ns INTEGER,
  steal_ns INTEGER,
  load_average REAL,
  targets_apart INTEGER NOT NULL,
  PRIMARY KEY (run_id, sequence)
)""",
    "DROP VIEW IF EXISTS client_summary",
    "DROP VIEW IF EXISTS target_summary",
    "DROP VIEW IF EXISTS library_summary",
    "DROP VIEW IF EXISTS ranking",
    """CREATE VIEW client_summary AS
SELECT
  run_id,
  label,
  MIN(client_library) AS client_library,
  MIN(client_type) AS client_type,
  MIN(client_version) AS client_version,
  MIN(http_method) AS http_method,
  MIN(concurrency_level) AS concurrency_level,
  MIN(body_bytes) AS body_bytes,
  COUNT(*) AS rounds,
  SUM(state = 'complete') AS rounds_complete,
  SUM(window_ns) / 1e9 AS duration,
  SUM(correct) * 1e9 / NULLIF(SUM(window_ns) * (SUM(requests_count) > 0), 0) AS requests_per_second,
  SUM(requests_count) * 1e9 / NULLIF(SUM(window_ns) * (SUM(requests_count) > 0), 0) AS completions_per_second,
  MIN(requests_per_second) AS slowest_round,
  MAX(requests_per_second) AS fastest_round,
  SUM(mean_service_ns * (population - error_count))
    / NULLIF(SUM(CASE WHEN mean_service_ns IS NOT NULL THEN population - error_count END), 0)
    / 1e9 AS avg_response_time,
  SUM(cpu_ns) / 1e3 / NULLIF(SUM(cpu_requests), 0) AS cpu_per_request_us,
  MAX(idle_rss_bytes) / 1e6 AS idle_memory_mb,
  MAX(peak_rss_bytes) / 1e6 AS peak_memory_mb,
  SUM(error_count) AS error_count,
  100.0 * SUM(error_count) / NULLIF(SUM(population), 0) AS error_rate
FROM benchmark_results
WHERE run_id IS NOT NULL
GROUP BY run_id, label""",
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
  SUM(correct) * 1e9 / NULLIF(SUM(window_ns) * (SUM(requests_count) > 0), 0) AS requests_per_second,
  SUM(cpu_ns) / 1e3 / NULLIF(SUM(cpu_requests), 0) AS client_cpu_per_request_us,
  SUM(proxy_cpu_ns) / 1e3 / NULLIF(SUM(cpu_requests), 0) AS proxy_cpu_per_request_us,
  SUM(origin_cpu_ns) / 1e3 / NULLIF(SUM(cpu_requests), 0) AS origin_cpu_per_request_us,
  AVG(target_cpu_share) AS target_cpu_share
FROM benchmark_results
WHERE run_id IS NOT NULL
GROUP BY run_id, label""",
    """CREATE VIEW library_summary AS
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
    json_set(json_remove(runs.scenario, '$.competitors', '$.axis', '$.baseline', '$.seed', '$.rounds', \
'$.duration_s', '$.requests', '$.precision'), '$.competitor', json((
      SELECT json_remove(value, '$.label', '$.client', '$.method', '$.body_bytes', '$.concurrency') \
FROM json_each(runs.scenario, '$.competitors')
      WHERE json_extract(value, '$.label') = results.label
    ))) AS settings
  FROM benchmark_results AS results
  JOIN runs ON runs.id = results.run_id
  JOIN environments ON environments.id = runs.environment_id
  WHERE results.state = 'complete' AND results.trace_share = 0
)
SELECT
  environment_id,
  environment,
  client_library,
  client_type,
  client_version,
  event_loop,
  http_method,
  concurrency_level,
  body_bytes,
  profile,
  target,
  runtime,
  instances,
  tls,
  upstream,
  versions,
  client_environment_id, http_version, target_versions,
  settings,
  COUNT(DISTINCT run_id) AS runs,
  COUNT(*) AS rounds,
  SUM(window_ns) / 1e9 AS duration,
  SUM(correct) * 1e9 / NULLIF(SUM(window_ns) * (SUM(requests_count) > 0), 0) AS requests_per_second,
  SUM(mean_service_ns * (population - error_count))
    / NULLIF(SUM(CASE WHEN mean_service_ns IS NOT NULL THEN population - error_count END), 0)
    / 1e9 AS avg_response_time,
  SUM(cpu_ns) / 1e3 / NULLIF(SUM(cpu_requests), 0) AS cpu_per_request_us,
  MAX(peak_rss_bytes) / 1e6 AS peak_memory_mb,
  SUM(error_count) AS error_count,
  100.0 * SUM(error_count) / NULLIF(SUM(population), 0) AS error_rate
FROM known
GROUP BY
  environment_id, environment, client_library, client_type, client_version, event_loop, http_method,
  concurrency_level, body_bytes, profile, target, runtime, instances, tls, upstream, versions,
  client_environment_id, http_version, target_versions, settings""",
    """CREATE VIEW ranking AS
WITH known AS (
  SELECT
    client_summary.run_id,
    client_summary.label,
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
  run_id, label, requests_per_second, ratio, low, high, verdict, reason, rounds, baseline,
  CASE WHEN is_judged THEN RANK() OVER (
    PARTITION BY run_id, is_judged ORDER BY requests_per_second DESC
  ) END AS place
FROM known""",
)
