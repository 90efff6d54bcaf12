"""The endpoints of a mixture: one row per trial and endpoint, and their comparisons."""

STATEMENTS = (
    """CREATE TABLE endpoint_results (
  trial_id TEXT NOT NULL REFERENCES benchmark_results(id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  name TEXT NOT NULL,
  http_method TEXT NOT NULL,
  url TEXT NOT NULL,
  share REAL NOT NULL,
  body_bytes INTEGER NOT NULL,
  population INTEGER NOT NULL,
  correct INTEGER NOT NULL,
  error_count INTEGER NOT NULL,
  censored INTEGER NOT NULL,
  timeout_ns INTEGER NOT NULL,
  p50_ns INTEGER,
  p99_ns INTEGER,
  status_counts TEXT NOT NULL,
  error_counts TEXT NOT NULL,
  service_time TEXT NOT NULL,
  response_time TEXT,
  PRIMARY KEY (trial_id, sequence)
)""",
    """CREATE TABLE endpoint_comparisons (
  run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  endpoint TEXT NOT NULL,
  label TEXT NOT NULL,
  baseline TEXT NOT NULL,
  metric TEXT NOT NULL,
  ratio REAL,
  low REAL,
  high REAL,
  rounds INTEGER NOT NULL,
  verdict TEXT,
  reason TEXT,
  family INTEGER,
  condition TEXT,
  PRIMARY KEY (run_id, sequence)
)""",
)
