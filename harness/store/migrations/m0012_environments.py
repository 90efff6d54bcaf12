"""Client environments have ids, by which views keep results apart."""

STATEMENTS = (
    """CREATE TABLE client_environments (
  id TEXT PRIMARY KEY,
  environment TEXT NOT NULL,
  first_seen_at TEXT NOT NULL
)""",
    "ALTER TABLE benchmark_results ADD COLUMN client_environment_id TEXT REFERENCES client_environments(id)",
)
