"""How the requests of a trial used connections; before it could be asked for, they were kept."""

STATEMENTS = (
    "ALTER TABLE benchmark_results ADD COLUMN connection TEXT",
    "UPDATE benchmark_results SET connection = 'keep-alive' WHERE run_id IS NOT NULL",
)
