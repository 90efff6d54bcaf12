"""The start of one answer with an unexpected status in a trial; NULL if there was none."""

STATEMENTS = ("ALTER TABLE benchmark_results ADD COLUMN unexpected_answer TEXT",)
