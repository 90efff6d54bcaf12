"""Conditions: a trial's and a comparison's, and what clients are crossed with."""

STATEMENTS = (
    "ALTER TABLE benchmark_results ADD COLUMN condition TEXT",
    "ALTER TABLE comparisons ADD COLUMN condition TEXT",
    "ALTER TABLE runs ADD COLUMN condition_factor TEXT",
)
