"""Comparisons of several metrics, with verdicts; earlier ones are kept as they are.

A comparison without a value has no ratio, but a reason; SQLite cannot relax a column in place.
"""

STATEMENTS = (
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
