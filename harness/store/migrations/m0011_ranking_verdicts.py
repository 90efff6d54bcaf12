"""A ratio in the view that allows no verdict says so; a user may have dropped the view."""

STATEMENTS = (
    "DROP VIEW IF EXISTS ranking",
    """CREATE VIEW ranking AS
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
  RANK() OVER (
    PARTITION BY client_summary.run_id ORDER BY client_summary.requests_per_second DESC
  ) AS place
FROM client_summary
LEFT JOIN comparisons
  ON comparisons.run_id = client_summary.run_id
  AND comparisons.label = client_summary.label
  AND comparisons.metric = 'throughput'""",
)
