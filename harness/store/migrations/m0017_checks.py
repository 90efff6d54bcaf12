"""The results of checks."""

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
)
