"""Targets as a factor: the target of a trial, its description, and requests per instance."""

STATEMENTS = (
    "ALTER TABLE benchmark_results ADD COLUMN target TEXT",
    "ALTER TABLE benchmark_results ADD COLUMN runtime TEXT",
    "ALTER TABLE benchmark_results ADD COLUMN instances INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN tls INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN upstream TEXT",
    "ALTER TABLE benchmark_results ADD COLUMN proxy_cpu_ns INTEGER",
    "ALTER TABLE benchmark_results ADD COLUMN origin_cpu_ns INTEGER",
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
