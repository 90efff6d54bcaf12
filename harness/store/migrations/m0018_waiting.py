"""The waits of slots after slices, and the results of the first half of each window."""

STATEMENTS = (
    "ALTER TABLE slices ADD COLUMN drain_ns INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE slices ADD COLUMN parts TEXT",
    "ALTER TABLE benchmark_results ADD COLUMN early_correct INTEGER",
    "ALTER TABLE runs ADD COLUMN prepared INTEGER NOT NULL DEFAULT 0",
)
