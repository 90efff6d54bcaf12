"""Locks of the environments that were made for clients, and sources of libraries not released."""

STATEMENTS = (
    "ALTER TABLE client_environments ADD COLUMN lock TEXT",
    "ALTER TABLE benchmark_results ADD COLUMN client_source TEXT",
)
