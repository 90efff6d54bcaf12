"""What slots waited for after slices, and what windows of half the length would have found."""

STATEMENTS = (
    "ALTER TABLE slices ADD COLUMN drain_ns INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE slices ADD COLUMN parts TEXT",
    "ALTER TABLE benchmark_results ADD COLUMN early_correct INTEGER",
    "ALTER TABLE runs ADD COLUMN prepared INTEGER NOT NULL DEFAULT 0",
)
