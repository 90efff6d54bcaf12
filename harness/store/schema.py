"""What the database looks like: tables and indices, as data. docs/results.md explains each.

Columns that tables have gained are in ``table_columns.py``, views in ``views.py``. ``migrations.py`` puts all
of it in place; nothing here is executed on import.
"""

from __future__ import annotations

from harness.store import views
from harness.store.table_columns import POINT_COLUMNS

__all__ = [
    "CEILINGS",
    "CLIENT_ENVIRONMENTS",
    "ENDINGS",
    "HELD_PLANS",
    "INDICES",
    "MIGRATIONS",
    "MIGRATION_SET",
    "OTHER_LOADS",
    "SELFTESTS",
    "TABLES_AFTER",
    "TABLES_BEFORE",
    "TARGET_TABLES",
    "TRACES",
    "VERDICTS",
    "own_names",
]

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
    "0010_held_plans",
    "0011_ranking_verdicts",
    "0012_environments",
    "0014_protocol",
    "0017_checks",
    "0018_waiting",
    "0019_conditions",
)  # every name ever given, oldest first; never rename or reorder

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

# How null held the plan of an open loop in each competitor's place before the first round.
HELD_PLANS = """CREATE TABLE held_plans (
  run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  label TEXT NOT NULL,
  planned INTEGER NOT NULL,
  dropped INTEGER NOT NULL,
  missed INTEGER NOT NULL,
  p99_pacer_lag_ns INTEGER,
  PRIMARY KEY (run_id, sequence)
)"""

# What clients ran in: interpreter, distributions and our own code, with the digests of their files.
CLIENT_ENVIRONMENTS = """CREATE TABLE client_environments (
  id TEXT PRIMARY KEY,
  environment TEXT NOT NULL,
  first_seen_at TEXT NOT NULL
)"""

# What other programs took of the machine while a run went on.
OTHER_LOADS = """CREATE TABLE other_loads (
  run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  length_ns INTEGER NOT NULL,
  used_ns INTEGER,
  steal_ns INTEGER,
  load_average REAL,
  targets_apart INTEGER NOT NULL,
  PRIMARY KEY (run_id, sequence)
)"""

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
        HELD_PLANS,
        OTHER_LOADS,
        CLIENT_ENVIRONMENTS,
        *INDICES,
        *views.VIEWS,
        *views.TARGET_VIEWS,
        *views.LIBRARY_VIEWS,
    )
    return frozenset(statement.split()[2] for statement in statements)
