"""How the requests of a trial used connections; in earlier versions they were always kept."""

STATEMENTS = (
    "ALTER TABLE benchmark_results ADD COLUMN connection TEXT",
    "UPDATE benchmark_results SET connection = 'keep-alive' WHERE run_id IS NOT NULL",
)
