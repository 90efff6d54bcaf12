"""The results of null under each entry's open loop."""

STATEMENTS = (
    """CREATE TABLE held_plans (
  run_id TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
  sequence INTEGER NOT NULL,
  label TEXT NOT NULL,
  planned INTEGER NOT NULL,
  dropped INTEGER NOT NULL,
  missed INTEGER NOT NULL,
  p99_pacer_lag_ns INTEGER,
  PRIMARY KEY (run_id, sequence)
)""",
)
