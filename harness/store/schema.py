"""What the database looks like: tables and indices, as data. docs/results.md explains each.

Views are in ``views.py``. Migrations (``migrations.py``) put this in place; nothing here is executed on import.
"""

from __future__ import annotations

from harness.store import views

__all__ = [
    "CEILINGS",
    "ENDINGS",
    "INDICES",
    "MIGRATIONS",
    "MIGRATION_SET",
    "NULLABLE",
    "OPEN_LOOP_COLUMNS",
    "OWN_COLUMNS",
    "PUBLIC_COLUMNS",
    "READING_COLUMNS",
    "RESULTS",
    "SELFTESTS",
    "SELFTEST_COLUMN",
    "TABLES_AFTER",
    "TABLES_BEFORE",
    "TARGET_COLUMNS",
    "TARGET_TABLES",
    "TRACES",
    "TRACE_COLUMNS",
    "VERDICTS",
    "own_names",
]

RESULTS = "benchmark_results"

MIGRATION_SET = "clientbench"
MIGRATIONS = (
    "0001_results",
    "0002_open_loop",
    "0003_traces",
    "0004_targets",
    "0005_verdicts",
    "0006_endings",
    "0007_library_summary",
    "0008_ceilings",
    "0009_selftests",
)  # every name ever given, oldest first; never rename or reorder

# People's queries depend on these names and on this order (DESIGN §6): neither may change.
PUBLIC_COLUMNS = (
    ("id", "TEXT PRIMARY KEY"),
    ("name", "TEXT"),
    ("client_library", "TEXT"),
    ("client_type", "TEXT"),
    ("http_method", "TEXT"),
    ("url", "TEXT"),
    ("start_time", "TEXT"),
    ("end_time", "TEXT"),
    ("duration", "REAL"),
    ("requests_count", "INTEGER"),
    ("requests_per_second", "REAL"),
    ("avg_response_time", "REAL"),
    ("p95_response_time", "REAL"),
    ("p99_response_time", "REAL"),
    ("cpu_usage_avg", "REAL"),
    ("memory_usage_avg", "REAL"),
    ("error_count", "INTEGER"),
    ("error_rate", "REAL"),
    ("concurrency_level", "INTEGER"),
    ("config_snapshot", "TEXT"),
    ("created_at", "TEXT"),
)

# A trial without a value has NULL here, which SQL's AVG leaves out; 0 would distort it.
NULLABLE = frozenset(
    {
        "requests_per_second",
        "avg_response_time",
        "p95_response_time",
        "p99_response_time",
        "cpu_usage_avg",
        "memory_usage_avg",
        "error_rate",
    }
)

OWN_COLUMNS = (
    ("run_id", "TEXT REFERENCES runs(id) ON DELETE CASCADE"),
    ("label", "TEXT"),
    ("round", "INTEGER"),
    ("state", "TEXT"),
    ("reason", "TEXT"),
    ("client_version", "TEXT"),
    ("versions", "TEXT"),
    ("python_version", "TEXT"),
    ("event_loop", "TEXT"),
    ("profile", "TEXT"),
    ("unequal", "TEXT"),
    ("processes", "INTEGER"),
    ("body_bytes", "INTEGER"),
    ("p50_response_time", "REAL"),
    ("completions_per_second", "REAL"),
    ("cpu_per_request_ns", "REAL"),
    ("window_ns", "INTEGER"),
    ("correct", "INTEGER"),
    ("population", "INTEGER"),
    ("censored", "INTEGER"),
    ("timeout_ns", "INTEGER"),
    ("mean_service_ns", "REAL"),
    ("cpu_ns", "INTEGER"),
    ("cpu_wall_ns", "INTEGER"),
    ("cpu_requests", "INTEGER"),
    ("idle_cpu_ns", "INTEGER"),
    ("idle_rss_bytes", "INTEGER"),
    ("peak_rss_bytes", "INTEGER"),
    ("mean_rss_bytes", "INTEGER"),
    ("orchestrator_cpu_ns", "INTEGER"),
    ("target_cpu_share", "REAL"),
    ("sent", "INTEGER"),
    ("lost_rows", "INTEGER"),
)

# NULL for a closed loop.
OPEN_LOOP_COLUMNS = (
    ("planned", "INTEGER"),
    ("dropped", "INTEGER"),
    ("missed", "INTEGER"),
    ("late", "INTEGER"),
    ("mean_response_ns", "REAL"),
    ("p50_response_ns", "INTEGER"),
    ("p95_response_ns", "INTEGER"),
    ("p99_response_ns", "INTEGER"),
    ("p50_queue_wait_ns", "INTEGER"),
    ("p99_queue_wait_ns", "INTEGER"),
    ("p50_pacer_lag_ns", "INTEGER"),
    ("p99_pacer_lag_ns", "INTEGER"),
    ("max_pacer_lag_ns", "INTEGER"),
)

# Which target a trial was measured against; CPU is NULL where it could not be seen.
TARGET_COLUMNS = (
    ("target", "TEXT"),
    ("runtime", "TEXT"),
    ("instances", "INTEGER"),
    ("tls", "INTEGER"),
    ("upstream", "TEXT"),
    ("proxy_cpu_ns", "INTEGER"),
    ("origin_cpu_ns", "INTEGER"),
)

TARGET_TABLES = (
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
)

# Referred to by benchmark_results, so they come first.
TABLES_BEFORE = (
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
)

TABLES_AFTER = (
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
)

# One column per point of adapters.trace.POINTS, in their order.
POINT_COLUMNS = (
    "get_conn_ns",
    "dns_start_ns",
    "dns_done_ns",
    "connect_start_ns",
    "connect_done_ns",
    "tls_handshake_start_ns",
    "tls_handshake_done_ns",
    "got_conn_ns",
    "wrote_headers_ns",
    "wrote_request_ns",
    "got_100_continue_ns",
    "got_first_response_byte_ns",
    "wait_100_continue_ns",
)

TRACES = f"""CREATE TABLE traces (
  trial_id TEXT NOT NULL REFERENCES benchmark_results(id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  number INTEGER NOT NULL,
  batch INTEGER NOT NULL,
  local_port INTEGER NOT NULL,
  hold_point INTEGER NOT NULL,
  planned_ns INTEGER NOT NULL,
  arrived_ns INTEGER NOT NULL,
  held_ns INTEGER NOT NULL,
  start_ns INTEGER NOT NULL,
  {", ".join(f"{name} INTEGER NOT NULL" for name in POINT_COLUMNS)},
  outcome INTEGER NOT NULL,
  received_bytes INTEGER NOT NULL,
  end_ns INTEGER NOT NULL,
  PRIMARY KEY (trial_id, sequence)
)"""
TRACE_COLUMNS = (  # as harness.worker.tracing has them
    *("number", "batch", "local_port", "hold_point", "planned_ns", "arrived_ns", "held_ns"),
    *("start_ns", *POINT_COLUMNS, "outcome", "received_bytes", "end_ns"),
)

# A comparison without a value has no ratio, but a reason; SQLite cannot relax a column in place.
VERDICTS = (
    # Otherwise no table can be given a name that a view already uses, ours or a user's.
    "PRAGMA legacy_alter_table = ON",
    """CREATE TABLE comparisons_0005 (
  run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
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
  PRIMARY KEY (run_id, sequence)
)""",
    """INSERT INTO comparisons_0005
SELECT run_id, sequence, label, baseline, metric, ratio, low, high, rounds, NULL, NULL, NULL
FROM comparisons""",
    "DROP TABLE comparisons",
    "ALTER TABLE comparisons_0005 RENAME TO comparisons",
    "PRAGMA legacy_alter_table = OFF",
)

# How precise a run was that measured until it was precise enough.
ENDINGS = """CREATE TABLE endings (
  run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  reason TEXT NOT NULL,
  metric TEXT NOT NULL,
  wanted REAL NOT NULL,
  half_width REAL,
  rounds INTEGER NOT NULL,
  PRIMARY KEY (run_id, sequence)
)"""

# What raw did in each competitor's place before the first round.
CEILINGS = """CREATE TABLE ceilings (
  run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  label TEXT NOT NULL,
  service_ns REAL,
  cpu_ns REAL,
  target_cpu_ns REAL,
  rate REAL,
  doubled_rate REAL,
  worker_share REAL,
  PRIMARY KEY (run_id, sequence)
)"""

# Of the machine; NULL for the other sources, and where it is not known.
READING_COLUMNS = (("steal_percent", "REAL"), ("frequency_mhz", "REAL"))

# What was found out about the machine and this program, and which of it a run cites.
SELFTESTS = (
    """CREATE TABLE selftests (
  id TEXT PRIMARY KEY,
  started_at TEXT NOT NULL,
  ended_at TEXT NOT NULL,
  environment_id TEXT NOT NULL REFERENCES environments(id),
  full INTEGER NOT NULL,
  passed INTEGER NOT NULL,
  resolution REAL NOT NULL
)""",
    """CREATE TABLE selftest_figures (
  selftest_id TEXT NOT NULL REFERENCES selftests(id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  part TEXT NOT NULL,
  name TEXT NOT NULL,
  value REAL,
  bound REAL,
  better TEXT NOT NULL,
  unit TEXT NOT NULL,
  detail TEXT NOT NULL,
  missed INTEGER NOT NULL,
  PRIMARY KEY (selftest_id, sequence)
)""",
)
SELFTEST_COLUMN = "selftest_id TEXT REFERENCES selftests(id) ON DELETE SET NULL"

INDICES = (
    "CREATE INDEX runs_by_start ON runs (started_at)",
    "CREATE INDEX runs_by_environment ON runs (environment_id)",
    "CREATE INDEX results_by_run ON benchmark_results (run_id, label, round)",
    "CREATE INDEX results_by_client ON benchmark_results (client_library, client_type, start_time)",
    "CREATE INDEX results_by_start ON benchmark_results (start_time)",
)


def own_names() -> frozenset[str]:
    """Every table, view and index that a migration creates, ``benchmark_results`` apart."""
    statements = (
        *TABLES_BEFORE,
        *TABLES_AFTER,
        TRACES,
        *TARGET_TABLES,
        ENDINGS,
        CEILINGS,
        *SELFTESTS,
        *INDICES,
        *views.VIEWS,
        *views.TARGET_VIEWS,
        *views.LIBRARY_VIEWS,
    )
    return frozenset(statement.split()[2] for statement in statements)
