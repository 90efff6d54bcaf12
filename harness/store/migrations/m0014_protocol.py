"""The HTTP version of a trial, as the target negotiates it; NULL where that is not known."""

STATEMENTS = ("ALTER TABLE benchmark_results ADD COLUMN http_version TEXT",)
