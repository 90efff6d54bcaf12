"""The HTTP version that the target negotiated in a trial; NULL if it is unknown."""

STATEMENTS = ("ALTER TABLE benchmark_results ADD COLUMN http_version TEXT",)
