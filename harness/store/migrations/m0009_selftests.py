"""Self-tests, and the self-test that a run refers to."""

STATEMENTS = (
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
    "ALTER TABLE runs ADD COLUMN selftest_id TEXT REFERENCES selftests(id) ON DELETE SET NULL",
)
