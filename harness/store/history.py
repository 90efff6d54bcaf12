"""Earlier results of the competitors of a run: same machine, same series, same name."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from harness.store import files

__all__ = ["VALUES", "check_has_trend", "earlier_values"]

# The columns that hold the value of each metric.
VALUES = {
    "throughput": "requests_per_second",
    "cpu_per_request": "cpu_per_request_ns",
    "p50": "p50_response_ns",
    "p99": "p99_response_ns",
    "peak_memory": "peak_rss_bytes",
}
EARLIER = f"""SELECT now.label, earlier.run_id, earlier.started_at,
  {", ".join(f"earlier.{column} AS {metric}" for metric, column in VALUES.items())}
FROM trend AS now
JOIN trend AS earlier
  ON earlier.machine = now.machine AND earlier.series = now.series AND earlier.name = now.name
WHERE now.run_id = ? AND earlier.started_at < now.started_at
  AND earlier.run_state = 'complete' AND earlier.state = 'complete' AND earlier.trace_share = 0
  AND earlier.grave_doubts = 0 AND earlier.disturbed = 0
ORDER BY earlier.started_at, earlier.run_id"""


Values = dict[str, float | None]  # by metric, in the units of the database


def earlier_values(
    path: str | Path, run_id: str, waiting: files.Waiting | None = None
) -> dict[str, list[Values]]:
    """Return the values of earlier runs, complete and undisturbed, by label, oldest first.

    Raises StoreError, also for a database without the view ``trend``, as of an older version.
    """
    path = Path(path)
    found: dict[str, list[Values]] = {}
    with files.reading(path, waiting) as connection:
        check_has_trend(path, connection)
        connection.row_factory = sqlite3.Row
        for row in connection.execute(EARLIER, (run_id,)):
            found.setdefault(row["label"], []).append({metric: row[metric] for metric in VALUES})
    return found


def check_has_trend(path: Path, connection: sqlite3.Connection) -> None:
    """Raise StoreError unless the database has the view ``trend``."""
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'trend'").fetchone():
        problem = "has no view 'trend': it is of an older clientbench, or was edited"
        raise files.refusal(path, f"{problem}; copy its runs with `clientbench results merge`")
