"""The views of the database, as data: everyday questions as tables. docs/results.md explains each."""

from __future__ import annotations

__all__ = [
    "LIBRARY_VIEWS",
    "LIBRARY_VIEWS_BY_ENVIRONMENT",
    "NOTHING_IS_NOT_ZERO",
    "RANKING_WITH_VERDICTS",
    "TARGET_VIEWS",
    "VIEWS",
]


def _ranking(*columns: str) -> str:
    """The view with these columns of the throughput's comparison."""
    compared = "".join(f"\n  comparisons.{name}," for name in columns)
    return f"""CREATE VIEW ranking AS
SELECT
  client_summary.run_id,
  client_summary.label,
  client_summary.requests_per_second,{compared}
  RANK() OVER (
    PARTITION BY client_summary.run_id ORDER BY client_summary.requests_per_second DESC
  ) AS place
FROM client_summary
LEFT JOIN comparisons
  ON comparisons.run_id = client_summary.run_id
  AND comparisons.label = client_summary.label
  AND comparisons.metric = 'throughput'"""


VIEWS = (
    """CREATE VIEW latest_run AS
SELECT * FROM runs ORDER BY started_at DESC, rowid DESC LIMIT 1""",
    # Sums first, one division last: a mean of rates would weigh a short round like a long one.
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
  SUM(correct) * 1e9 / NULLIF(SUM(window_ns), 0) AS requests_per_second,
  SUM(requests_count) * 1e9 / NULLIF(SUM(window_ns), 0) AS completions_per_second,
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
    """CREATE VIEW run_overview AS
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
    _ranking("ratio", "low", "high", "rounds", "baseline"),
)

# From when there were verdicts; a user may have dropped the view.
RANKING_WITH_VERDICTS = (
    "DROP VIEW IF EXISTS ranking",
    _ranking("ratio", "low", "high", "verdict", "reason", "rounds", "baseline"),
)

TARGET_VIEWS = (
    # Sums first, one division last, as in client_summary.
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

# What says which competitors a run had, and how long it measured them, not how.
_NOT_OF_A_TRIAL = (
    "'$.competitors', '$.axis', '$.baseline', '$.seed', '$.rounds', '$.duration_s', '$.requests', "
    "'$.precision'"
)
# Of a competitor, what has columns of its own.
_HAS_COLUMNS = "'$.label', '$.client', '$.method', '$.body_bytes', '$.concurrency'"


# long: one SQL statement
def _library_summary(apart: str) -> str:
    """The view; ``apart``: what it keeps apart beside all that its first version did.

    Everything that could make two trials unlike is grouped by, so that rows of other machines, versions or
    settings are never added up. Sums first, one division last, as in client_summary.
    """
    return f"""CREATE VIEW library_summary AS
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
    json_set(json_remove(runs.scenario, {_NOT_OF_A_TRIAL}), '$.competitor', json((
      SELECT json_remove(value, {_HAS_COLUMNS}) FROM json_each(runs.scenario, '$.competitors')
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
  {apart}target_versions,
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
  {apart}target_versions, settings"""


LIBRARY_VIEWS = (_library_summary(""),)

# From when environments had an identity; a user may have dropped the view.
LIBRARY_VIEWS_BY_ENVIRONMENT = (
    "DROP VIEW IF EXISTS library_summary",
    _library_summary("client_environment_id, "),
)

# Where nothing ended in the windows there is no rate. A place needs a rate and a verdict; that of the baseline
# is one that another has against it.
_RANKING_OF_JUDGED = """CREATE VIEW ranking AS
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
FROM known"""


def _unmeasured_is_null(view: str) -> str:
    measured = "NULLIF(SUM(window_ns) * (SUM(requests_count) > 0), 0)"
    return view.replace("NULLIF(SUM(window_ns), 0)", measured)


_LIBRARY_BY_HTTP_VERSION = _library_summary("client_environment_id, http_version, ")
_NAMES = ("client_summary", "target_summary", "library_summary")
NOTHING_IS_NOT_ZERO = (
    *(f"DROP VIEW IF EXISTS {name}" for name in (*_NAMES, "ranking")),
    *(
        _unmeasured_is_null(view)
        for view in (*VIEWS, *TARGET_VIEWS, _LIBRARY_BY_HTTP_VERSION)
        if view.split()[2] in _NAMES
    ),
    _RANKING_OF_JUDGED,
)
