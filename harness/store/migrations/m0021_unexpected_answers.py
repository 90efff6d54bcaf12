"""The beginning of one answer of a trial whose status was not expected; NULL where there was none."""

STATEMENTS = ("ALTER TABLE benchmark_results ADD COLUMN unexpected_answer TEXT",)
