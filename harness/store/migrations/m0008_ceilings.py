"""The figures behind warnings: raw's results under each entry's load, use by other programs."""

STATEMENTS = (
    """CREATE TABLE ceilings (
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
)""",
    "ALTER TABLE resource_readings ADD COLUMN steal_percent REAL",
    "ALTER TABLE resource_readings ADD COLUMN frequency_mhz REAL",
)
