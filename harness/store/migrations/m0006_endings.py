"""The precision reached by runs with a --precision."""

STATEMENTS = (
    """CREATE TABLE endings (
  run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  reason TEXT NOT NULL,
  metric TEXT NOT NULL,
  wanted REAL NOT NULL,
  half_width REAL,
  rounds INTEGER NOT NULL,
  PRIMARY KEY (run_id, sequence)
)""",
)
