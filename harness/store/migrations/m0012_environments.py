"""What a client ran in has an identity, by which views keep results apart."""

STATEMENTS = (
    """CREATE TABLE client_environments (
  id TEXT PRIMARY KEY,
  environment TEXT NOT NULL,
  first_seen_at TEXT NOT NULL
)""",
    "ALTER TABLE benchmark_results ADD COLUMN client_environment_id TEXT REFERENCES client_environments(id)",
    "DROP VIEW IF EXISTS library_summary",
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
  client_environment_id, target_versions,
  settings,
  COUNT(DISTINCT run_id) AS runs,
  COUNT(*) AS rounds,
  SUM(window_ns) / 1e9 AS duration,
  SUM(correct) * 1e9 / NULLIF(SUM(window_ns), 0) AS requests_per_second,
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
  client_environment_id, target_versions, settings""",
)
