"""``benchmark_results`` (an older tool's table is kept and extended) and the other tables."""

from __future__ import annotations

from typing import Any

# An older tool's columns: people's queries depend on these names and on this order.
COLUMNS = {
    "id": "TEXT PRIMARY KEY",
    "name": "TEXT",
    "client_library": "TEXT",
    "client_type": "TEXT",
    "http_method": "TEXT",
    "url": "TEXT",
    "start_time": "TEXT",
    "end_time": "TEXT",
    "duration": "REAL",
    "requests_count": "INTEGER",
    "requests_per_second": "REAL",
    "avg_response_time": "REAL",
    "p95_response_time": "REAL",
    "p99_response_time": "REAL",
    "cpu_usage_avg": "REAL",
    "memory_usage_avg": "REAL",
    "error_count": "INTEGER",
    "error_rate": "REAL",
    "concurrency_level": "INTEGER",
    "config_snapshot": "TEXT",
    "created_at": "TEXT",
}

# A trial without a value has NULL here, which SQL's AVG leaves out; 0 would distort it.
NULLABLE = {
    "requests_per_second",
    "avg_response_time",
    "p95_response_time",
    "p99_response_time",
    "cpu_usage_avg",
    "memory_usage_avg",
    "error_rate",
}

STATEMENTS = (
    """CREATE TABLE environments (
  id TEXT PRIMARY KEY,
  environment TEXT NOT NULL,
  first_seen_at TEXT NOT NULL
)""",
    """CREATE TABLE runs (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  started_at TEXT NOT NULL,
  ended_at TEXT,
  state TEXT NOT NULL,
  axis TEXT NOT NULL,
  baseline TEXT NOT NULL,
  seed INTEGER NOT NULL,
  scenario TEXT NOT NULL,
  target TEXT NOT NULL,
  environment_id TEXT NOT NULL REFERENCES environments(id)
)""",
    f"CREATE TABLE IF NOT EXISTS benchmark_results ({', '.join(map(' '.join, COLUMNS.items()))})",
    "ALTER TABLE benchmark_results ADD COLUMN run_id TEXT REFERENCES runs(id) ON DELETE CASCADE",
    "ALTER TABLE benchmark_results ADD COLUMN label TEXT",
    "ALTER TABLE benchmark_results ADD COLUMN round INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN state TEXT",
    "ALTER TABLE benchmark_results ADD COLUMN reason TEXT",
    "ALTER TABLE benchmark_results ADD COLUMN client_version TEXT",
    "ALTER TABLE benchmark_results ADD COLUMN versions TEXT",
    "ALTER TABLE benchmark_results ADD COLUMN python_version TEXT",
    "ALTER TABLE benchmark_results ADD COLUMN event_loop TEXT",
    "ALTER TABLE benchmark_results ADD COLUMN profile TEXT",
    "ALTER TABLE benchmark_results ADD COLUMN unequal TEXT",
    "ALTER TABLE benchmark_results ADD COLUMN processes INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN body_bytes INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN p50_response_time REAL",
    "ALTER TABLE benchmark_results ADD COLUMN completions_per_second REAL",
    "ALTER TABLE benchmark_results ADD COLUMN cpu_per_request_ns REAL",
    "ALTER TABLE benchmark_results ADD COLUMN window_ns INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN correct INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN population INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN censored INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN timeout_ns INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN mean_service_ns REAL",
    "ALTER TABLE benchmark_results ADD COLUMN cpu_ns INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN cpu_wall_ns INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN cpu_requests INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN idle_cpu_ns INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN idle_rss_bytes INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN peak_rss_bytes INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN mean_rss_bytes INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN orchestrator_cpu_ns INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN target_cpu_share REAL",
    "ALTER TABLE benchmark_results ADD COLUMN sent INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN lost_rows INTEGER",
    """CREATE TABLE rounds (
  run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  round INTEGER NOT NULL,
  started_at TEXT NOT NULL,
  ended_at TEXT NOT NULL,
  competitors TEXT NOT NULL,
  PRIMARY KEY (run_id, round)
)""",
    """CREATE TABLE slices (
  trial_id TEXT NOT NULL REFERENCES benchmark_results(id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  block INTEGER NOT NULL,
  position INTEGER NOT NULL,
  start_ns INTEGER NOT NULL,
  end_ns INTEGER NOT NULL,
  completed INTEGER NOT NULL,
  correct INTEGER NOT NULL,
  cpu_ns INTEGER NOT NULL,
  cpu_requests INTEGER NOT NULL,
  target_cpu_ns INTEGER,
  PRIMARY KEY (trial_id, sequence)
)""",
    """CREATE TABLE resource_readings (
  trial_id TEXT NOT NULL REFERENCES benchmark_results(id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  at_ns INTEGER NOT NULL,
  source TEXT NOT NULL,
  cpu_percent REAL NOT NULL,
  rss_bytes INTEGER,
  threads INTEGER,
  open_files INTEGER,
  PRIMARY KEY (trial_id, sequence)
)""",
    """CREATE TABLE status_counts (
  trial_id TEXT NOT NULL REFERENCES benchmark_results(id) ON DELETE CASCADE,
  status INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (trial_id, status)
)""",
    """CREATE TABLE error_counts (
  trial_id TEXT NOT NULL REFERENCES benchmark_results(id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (trial_id, kind)
)""",
    """CREATE TABLE histograms (
  trial_id TEXT NOT NULL REFERENCES benchmark_results(id) ON DELETE CASCADE,
  metric TEXT NOT NULL,
  unit TEXT NOT NULL,
  total INTEGER NOT NULL,
  censored INTEGER NOT NULL,
  encoded TEXT NOT NULL,
  PRIMARY KEY (trial_id, metric)
)""",
    """CREATE TABLE comparisons (
  run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  label TEXT NOT NULL,
  baseline TEXT NOT NULL,
  metric TEXT NOT NULL,
  ratio REAL NOT NULL,
  low REAL,
  high REAL,
  rounds INTEGER NOT NULL,
  PRIMARY KEY (run_id, sequence)
)""",
    """CREATE TABLE doubts (
  run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  message TEXT NOT NULL,
  remedy TEXT NOT NULL,
  PRIMARY KEY (run_id, sequence)
)""",
    "CREATE INDEX runs_by_start ON runs (started_at)",
    "CREATE INDEX runs_by_environment ON runs (environment_id)",
    "CREATE INDEX results_by_run ON benchmark_results (run_id, label, round)",
    "CREATE INDEX results_by_client ON benchmark_results (client_library, client_type, start_time)",
    "CREATE INDEX results_by_start ON benchmark_results (start_time)",
)


def prepare(db: Any) -> None:
    """Let an older tool's table accept our rows: text ids as the key, NULL for missing values."""
    if "benchmark_results" not in db.table_names():
        return
    table = db["benchmark_results"]
    strict = {column.name for column in table.columns if column.notnull} & NULLABLE
    text_key = table.pks == ["id"] and table.columns_dict["id"] is str
    if strict or not text_key:
        types = {name: kind.split()[0] for name, kind in COLUMNS.items()}
        table.transform(pk="id", types=types, not_null=dict.fromkeys(strict, False))
