"""Conditions of trials and comparisons, and the factor that clients are crossed with."""

STATEMENTS = (
    "ALTER TABLE benchmark_results ADD COLUMN condition TEXT",
    "ALTER TABLE comparisons ADD COLUMN condition TEXT",
    "ALTER TABLE runs ADD COLUMN condition_factor TEXT",
)
